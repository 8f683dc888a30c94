/* Roots by Newton's method and bisection, to the last bit where that is certain. */
#include <math.h>
#include <stdio.h>
static double root(double x) { double r = x > 1 ? x : 1; for (int i = 0; i < 60; i++) r = (r + x / r) / 2; return r; }
static double bisect(double (*f)(double), double a, double b) {
    for (int i = 0; i < 100; i++) { double m = (a + b) / 2; if ((f(a) < 0) == (f(m) < 0)) a = m; else b = m; }
    return a;
}
static double cubic(double x) { return x * x * x - 2 * x - 5; }
static double line(double x) { return 3 * x - 1; }
double run(void) {
    for (double x = 1; x < 1e6; x *= 7) printf("%.12g %.12g\n", root(x), sqrt(x));
    printf("%.14g %.14g\n", bisect(cubic, 2, 3), bisect(line, 0, 1));
    return root(2.25) + sqrt(144);
}
