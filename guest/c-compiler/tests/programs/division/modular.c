/* Modular arithmetic: power, inverse, gcd, Chinese remainders. */
#include <stdio.h>
typedef unsigned long u64;
static u64 mulmod(u64 a, u64 b, u64 m) { u64 r = 0; a %= m; while (b) { if (b & 1) r = (r + a) % m; a = (a + a) % m; b >>= 1; } return r; }
static u64 powmod(u64 a, u64 e, u64 m) { u64 r = 1; for (; e; e >>= 1) { if (e & 1) r = mulmod(r, a, m); a = mulmod(a, a, m); } return r; }
static long gcd(long a, long b) { while (b) { long t = a % b; a = b; b = t; } return a < 0 ? -a : a; }
static long extended(long a, long b, long *x, long *y) {
    if (b == 0) { *x = 1; *y = 0; return a; }
    long x1, y1, g = extended(b, a % b, &x1, &y1);
    *x = y1; *y = x1 - a / b * y1;
    return g;
}
static long inverse(long a, long m) { long x, y; extended(a, m, &x, &y); return (x % m + m) % m; }
int run(void) {
    printf("%lu %lu\n", powmod(2, 1000, 1000000007), powmod(3, 1000000006, 1000000007));
    printf("%lu\n", powmod(123456789, 987654321, 1000000000039));
    printf("%ld %ld %ld\n", gcd(1071, 462), gcd(-48, 18), gcd(0, 5));
    long x, y; long g = extended(240, 46, &x, &y);
    printf("%ld %ld %ld\n", g, x, y);
    long i = inverse(17, 3120);
    printf("%ld %ld\n", i, i * 17 % 3120);
    long m[] = {3, 5, 7}, r[] = {2, 3, 2}, product = 105, sum = 0;
    for (int k = 0; k < 3; k++) { long p = product / m[k]; sum += r[k] * p * inverse(p % m[k], m[k]); }
    return (int)(sum % product);
}
