#include <stdio.h>
/* Comparisons and logical operators give int 0 or 1, for every type of operand. */
static int truths(double d, float f, long l, char c, void *p) { return !d * 1 + !f * 2 + !l * 4 + !c * 8 + !p * 16; }
int run(void) {
    int x = 5; printf("%zu %zu %zu\n", sizeof(1.0 == 1.0), sizeof(1L && 1L), sizeof !1L);
    printf("%d %d\n", truths(0, 0, 0, 0, 0), truths(1e-310, 1e-40f, 1L << 40, 1, &x)); printf("%d %d\n", truths(-0.0, 0.5f, 0, (char)256, &x), !!x);
    printf("%d %d %d\n", (3 < 2) - (2 < 3), (x > 1) + (x > 2) + (x > 9), -(x == 5)); printf("%d %d %d\n", 1 < 2 < 3, 3 > 2 > 1, 5 == 5 == 1);
    printf("%d %d\n", 0.5 && 0.1f, 0.0 || -0.0f); unsigned char m = !x; m = ~!x; printf("%d %d\n", m, ~!!x); long big = 1L << 32; if (big) puts("true"); if ((int)big) puts("never"); int n = big ? 1 : 2; while (big) { big >>= 16; n++; } for (double d = 1; d; d = d > 0.1 ? d / 4 : 0) n++; do n += 10; while (n < 0.5); return n + !big;
}
