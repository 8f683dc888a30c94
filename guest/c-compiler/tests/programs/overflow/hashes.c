/* Hash functions that live on wrapping: FNV-1a, djb2, sdbm, Jenkins, murmur's mixer. */
#include <stdint.h>
#include <stdio.h>
static uint32_t fnv1a(const char *s) { uint32_t h = 2166136261u; while (*s) { h ^= (unsigned char)*s++; h *= 16777619u; } return h; }
static uint64_t fnv1a_64(const char *s) { uint64_t h = 14695981039346656037ull; while (*s) { h ^= (unsigned char)*s++; h *= 1099511628211ull; } return h; }
static unsigned djb2(const char *s) { unsigned h = 5381; int c; while ((c = *s++)) h = ((h << 5) + h) + c; return h; }
static unsigned long sdbm(const char *s) { unsigned long h = 0; for (; *s; s++) h = *s + (h << 6) + (h << 16) - h; return h; }
static uint32_t jenkins(const char *s) {
    uint32_t h = 0;
    for (; *s; s++) { h += *s; h += h << 10; h ^= h >> 6; }
    h += h << 3; h ^= h >> 11; h += h << 15;
    return h;
}
static uint32_t mix(uint32_t h) { h ^= h >> 16; h *= 0x85ebca6b; h ^= h >> 13; h *= 0xc2b2ae35; h ^= h >> 16; return h; }
int run(void) {
    const char *words[] = {"", "a", "foobar", "The quick brown fox", "\xff\x80 signed chars matter"};
    uint32_t all = 0;
    for (int i = 0; i < 5; i++) {
        printf("%08x %016lx %u %lu %u\n", fnv1a(words[i]), fnv1a_64(words[i]), djb2(words[i]), sdbm(words[i]), jenkins(words[i]));
        all = mix(all ^ fnv1a(words[i]));
    }
    return (int)all;
}
