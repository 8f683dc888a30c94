#include <stdio.h>
/* Rounding without the library: to integers, to cents, banker's, and by adding 0.5. */
static long nearest(double x) { return (long)(x < 0 ? x - 0.5 : x + 0.5); }
static long bankers(double x) { long n = (long)x; double r = x - n; if (r > 0.5 || (r == 0.5 && n & 1)) n++; if (r < -0.5 || (r == -0.5 && n & 1)) n--; return n; }
static double cents(double x) { return nearest(x * 100) / 100.0; }
static int floor_of(double x) { int i = (int)x; return i > x ? i - 1 : i; }
double run(void) { double v[] = {0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 2.4999, -7.2, 1e6 + 0.5, 0.49999999999999994}; double s = 0; for (int i = 0; i < 10; i++) { printf("%ld %ld %.2f %d %d\n", nearest(v[i]), bankers(v[i]), cents(v[i] / 3), floor_of(v[i]), (int)v[i]); s += cents(v[i] * 1.01); } double magic = 6755399441055744.0; volatile double x = 2.5; printf("%g %g\n", x + magic - magic, x + 1 + magic - magic); return s; }
