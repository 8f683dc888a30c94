/* Population count, reversal, isolation, powers of two. */
#include <stdio.h>
static int popcount(unsigned x) {
    x = x - ((x >> 1) & 0x55555555);
    x = (x & 0x33333333) + ((x >> 2) & 0x33333333);
    x = (x + (x >> 4)) & 0x0f0f0f0f;
    return (x * 0x01010101) >> 24;
}
static unsigned reverse(unsigned x) {
    x = (x >> 1 & 0x55555555) | (x & 0x55555555) << 1;
    x = (x >> 2 & 0x33333333) | (x & 0x33333333) << 2;
    x = (x >> 4 & 0x0f0f0f0f) | (x & 0x0f0f0f0f) << 4;
    return x >> 24 | (x >> 8 & 0xff00) | (x << 8 & 0xff0000) | x << 24;
}
static unsigned next_power(unsigned x) {
    x--;
    for (int s = 1; s < 32; s <<= 1) x |= x >> s;
    return x + 1;
}
static int log2i(unsigned long x) { int n = -1; while (x) { x >>= 1; n++; } return n; }
static int leading_zeros(unsigned x) { int n = 32; while (x) { n--; x >>= 1; } return n; }
int run(void) {
    unsigned v[] = {0, 1, 2, 3, 0xff, 0x100, 0x80000000, 0xffffffff, 0x12345678};
    int total = 0;
    for (int i = 0; i < 9; i++) {
        printf("%u %08x %u %d %d %u\n", popcount(v[i]), reverse(v[i]), next_power(v[i]), log2i(v[i]), leading_zeros(v[i]), v[i] & -v[i]);
        total += popcount(v[i]);
    }
    printf("%d\n", log2i(~0ul));
    return total;
}
