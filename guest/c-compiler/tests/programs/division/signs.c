/* Quotients are cut towards zero, remainders have the sign of the dividend. */
#include <stdio.h>
#include <limits.h>
static int floor_div(int a, int b) { int q = a / b; return q - (a % b != 0 && (a < 0) != (b < 0)); }
static int floor_mod(int a, int b) { int r = a % b; return r + (r != 0 && (r < 0) != (b < 0) ? b : 0); }
int run(void) {
    int v[] = {7, -7, 1, -1, 2147483647, INT_MIN + 1, 100, -100}, d[] = {2, -2, 3, -3, 10, 1, 7, -1};
    int good = 0;
    for (int i = 0; i < 8; i++)
        for (int j = 0; j < 8; j++) {
            int q = v[i] / d[j], r = v[i] % d[j];
            good += q * d[j] + r == v[i];
            if (i < 2) printf("%d %d %d %d; ", q, r, floor_div(v[i], d[j]), floor_mod(v[i], d[j]));
        }
    printf("\n%ld %ld %ld\n", -7L / 2, -7L % 2, LONG_MIN / 10);
    printf("%u %u\n", -7 / 2u, -7 % 2u);
    printf("%ld %lu\n", -7L / 2u, -7 / 2ul);
    signed char c = -128; unsigned char u = 200;
    printf("%d %d %d %d\n", c / 3, c % 3, u / -7, u % -7);
    printf("%d %d\n", (char)-128 / -1, (short)-32768 / -1);
    return good;
}
