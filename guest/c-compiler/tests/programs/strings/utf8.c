#include <stdint.h>
#include <stdio.h>
/* UTF-8 decoded, checked and encoded. */
static int decode(const unsigned char **p) {
    const unsigned char *s = *p; int c = *s++, n = c < 0x80 ? 0 : (c & 0xe0) == 0xc0 ? 1 : (c & 0xf0) == 0xe0 ? 2 : (c & 0xf8) == 0xf0 ? 3 : -1;
    if (n < 0) { *p = s; return -1; }
    uint32_t v = n ? c & (0x3f >> n) : c; for (int i = 0; i < n; i++) { if ((*s & 0xc0) != 0x80) { *p = s; return -1; } v = v << 6 | (*s++ & 0x3f); }
    *p = s; return v;
}
static int encode(uint32_t v, char *to) {
    if (v < 0x80) { to[0] = v; return 1; }
    int n = v < 0x800 ? 2 : v < 0x10000 ? 3 : 4; for (int i = n - 1; i > 0; i--) { to[i] = 0x80 | (v & 0x3f); v >>= 6; }
    to[0] = (0xf00 >> n & 0xff) | v; return n;
}
int run(void) {
    const unsigned char *s = (const unsigned char *)"a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80z\xff\xc3q"; int count = 0, bad = 0;
    while (*s) { int v = decode(&s); if (v < 0) { bad++; continue; } count++; char b[5] = {0}; int n = encode(v, b); printf("U+%04X %d ", v, n); for (int i = 0; i < n; i++) printf("%02x", (unsigned char)b[i]); printf("\n"); }
    return count * 10 + bad;
}
