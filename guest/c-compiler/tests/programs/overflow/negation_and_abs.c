#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
/* The least value has no opposite; absolute values through unsigned; sign functions. */
static unsigned magnitude(int x) { return x < 0 ? 0u - (unsigned)x : (unsigned)x; } static int sign(long x) { return (x > 0) - (x < 0); } static int branchless(int x) { int m = x >> 31; return (x ^ m) - m; }
int run(void) { int v[] = {0, 5, -5, INT_MAX, INT_MIN, INT_MIN + 1}; for (int i = 0; i < 6; i++) printf("%u %d %d %d %d\n", magnitude(v[i]), sign(v[i]), branchless(v[i]), -v[i], v[i] == INT_MIN ? 0 : abs(v[i])); long l = LONG_MIN; printf("%ld %lu %d\n", -l, 0ul - (unsigned long)l, sign(l)); short s = SHRT_MIN; s = -s; signed char c = -128; printf("%d %d %d\n", s, -c, (signed char)-c); c = -c; return c + s; }
