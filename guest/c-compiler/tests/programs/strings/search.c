#include <stdio.h>
#include <string.h>
/* Functions that find: their results as offsets, -1 for none. */
static const char *text = "the cat sat on the mat, the end";
static long at(const char *p) { return p ? p - text : -1; }
int run(void) {
    printf("%ld %ld %ld %ld\n", at(strchr(text, 't')), at(strchr(text, 'z')), at(strrchr(text, 't')), at(strchr(text, 0)));
    printf("%ld %ld %ld %ld\n", at(strstr(text, "the")), at(strstr(text, "the mat")), at(strstr(text, "dog")), at(strstr(text, "")));
    printf("%ld %ld\n", at(strpbrk(text, ",o")), at(strpbrk(text, "xyz")));
    printf("%zu %zu %zu %zu\n", strspn(text, "eht "), strcspn(text, "s"), strspn(text, ""), strcspn(text, "#"));
    printf("%ld %ld\n", at(memchr(text, 'c', 5)), at(memchr(text, 'c', 4)));
    printf("%ld\n", at(strstr(text + 1, "the")));
    int n = 0; for (const char *p = text; (p = strstr(p, "at")); p += 2) n++;
    printf("%zu %zu\n", strnlen(text, 5), strnlen("ab", 5));
    return n * 100 + (int)at(strrchr(text, ' '));
}
