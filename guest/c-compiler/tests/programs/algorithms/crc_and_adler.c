#include <stdint.h>
#include <stdio.h>
#include <string.h>
/* Checksums: CRC-32, CRC-16, CRC-8, Adler-32, Fletcher, Luhn, ISBN. */
static uint32_t table[256]; static uint32_t crc32(const void *data, size_t n) { if (!table[1]) for (uint32_t i = 0; i < 256; i++) { uint32_t c = i; for (int k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ c >> 1 : c >> 1; table[i] = c; } const uint8_t *p = data; uint32_t c = ~0u; while (n--) c = table[(c ^ *p++) & 255] ^ c >> 8; return ~c; }
static uint16_t crc16(const uint8_t *p, size_t n) { uint16_t c = 0xffff; while (n--) { c ^= *p++ << 8; for (int i = 0; i < 8; i++) c = c & 0x8000 ? c << 1 ^ 0x1021 : c << 1; } return c; }
static uint8_t crc8(const char *s) { uint8_t c = 0; for (; *s; s++) { c ^= *s; for (int i = 0; i < 8; i++) c = c & 0x80 ? c << 1 ^ 7 : c << 1; } return c; }
static uint32_t adler(const uint8_t *p, size_t n) { uint32_t a = 1, b = 0; while (n--) { a = (a + *p++) % 65521; b = (b + a) % 65521; } return b << 16 | a; }
static uint16_t fletcher(const uint8_t *p, size_t n) { uint16_t a = 0, b = 0; for (; n; n--) { a = (a + *p++) % 255; b = (b + a) % 255; } return b << 8 | a; }
static int luhn(const char *s) { int sum = 0, odd = strlen(s) & 1; for (int i = 0; s[i]; i++) { int d = s[i] - '0'; if ((i & 1) == odd && (d *= 2) > 9) d -= 9; sum += d; } return sum % 10 == 0; }
int run(void) { const char *t[] = {"", "a", "123456789", "The quick brown fox jumps over the lazy dog"}; for (int i = 0; i < 4; i++) { size_t n = strlen(t[i]); const uint8_t *p = (const uint8_t *)t[i]; printf("%08x %04x %02x %08x %04x\n", crc32(p, n), crc16(p, n), crc8(t[i]), adler(p, n), fletcher(p, n)); } printf("%d%d\n", luhn("79927398713"), luhn("79927398710")); uint8_t big[1000]; for (int i = 0; i < 1000; i++) big[i] = i * i; return (int)(crc32(big, 1000) & 0xffffff); }
