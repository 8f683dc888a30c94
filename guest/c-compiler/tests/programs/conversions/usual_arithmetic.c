/* The type of a sum by the types of its operands, seen through the sign of the result. */
#include <stdio.h>
#define SIGNED_RESULT(a, b) (((a) * 0 + (b) * 0 - 1) < 0)
int run(void) {
    char c = 1; signed char sc = 1; unsigned char uc = 1; short s = 1; unsigned short us = 1;
    int i = 1; unsigned u = 1; long l = 1; unsigned long ul = 1; long long ll = 1; unsigned long long ull = 1; _Bool b = 1;
    int bits = 0;
#define PAIR(x, y) bits = bits * 2 + SIGNED_RESULT(x, y); printf("%d", SIGNED_RESULT(x, y));
#define ROW(x) PAIR(x, c) PAIR(x, sc) PAIR(x, uc) PAIR(x, s) PAIR(x, us) PAIR(x, i) PAIR(x, u) PAIR(x, l) PAIR(x, ul) \
    PAIR(x, ll) PAIR(x, ull) PAIR(x, b) printf("\n"); bits %= 1000003;
    ROW(c) ROW(sc) ROW(uc) ROW(s) ROW(us) ROW(i) ROW(u) ROW(l) ROW(ul) ROW(ll) ROW(ull) ROW(b)
    return bits;
}
