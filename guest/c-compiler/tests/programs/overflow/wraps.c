/* Arithmetic beyond a type's range wraps, in each width (gcc: -fwrapv). */
#include <limits.h>
#include <stdio.h>
static int add(int a, int b) { return a + b; }
static int mul(int a, int b) { return a * b; }
static long addl(long a, long b) { return a + b; }
static long mull(long a, long b) { return a * b; }
static int negate(int a) { return -a; }
int run(void) {
    printf("%d %d %d\n", add(INT_MAX, 1), add(INT_MIN, -1), add(INT_MAX, INT_MAX));
    printf("%d %d %d\n", mul(INT_MAX, 2), mul(65536, 65536), mul(123456789, 987654321));
    printf("%ld %ld\n", addl(LONG_MAX, 1), addl(LONG_MIN, LONG_MIN));
    printf("%ld %ld\n", mull(LONG_MAX, 3), mull(1L << 33, (1L << 33) + 1));
    printf("%d %d\n", negate(INT_MIN), negate(INT_MAX));
    int i = INT_MAX; i++; printf("%d ", i); i--; printf("%d\n", i);
    unsigned u = 0; u--; printf("%u ", u); u++; printf("%u\n", u);
    signed char c = CHAR_MAX; c++; printf("%d ", c); c--; printf("%d\n", c);
    short s = SHRT_MIN; s--; printf("%d ", s); ++s; printf("%d\n", s);
    unsigned short us = 65535; printf("%d ", us * us); us++; printf("%d\n", us);
    unsigned long ul = ULONG_MAX; printf("%lu %lu\n", ul * ul, ul + ul);
    return INT_MIN == -INT_MIN;
}
