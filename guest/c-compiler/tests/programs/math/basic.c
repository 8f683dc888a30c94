#include <math.h>
#include <stdio.h>
/* Rounding and splitting: exact in every implementation. */
int run(void) {
    double v[] = {0.0, -0.0, 0.4, 0.5, 0.6, 1.5, 2.5, -0.5, -1.5, -2.4, 1e15 + 0.5, 4503599627370497.5, -1e300, 0.49999999999999994}; int n = 0;
    for (int i = 0; i < 14; i++) { double x = v[i], w; printf("%g %g %g %g %g %g ", floor(x), ceil(x), trunc(x), round(x), rint(x), nearbyint(x)); double f = modf(x, &w); printf("%g %g ", f, w); if (fabs(x) < 1e18) { printf("%ld %lld ", lround(x), llrint(x)); n += (int)lrint(x) % 100; } printf("%d\n", !!signbit(round(x))); }
    printf("%g %g %g %g\n", fmod(7, 3), fmod(-7, 3), fmod(7.5, -2), fmod(1e300, 7)); printf("%g %g %g\n", remainder(7, 4), remainder(-9, 4), remainder(5, 2)); int q; double r = remquo(29, 3, &q); printf("%g %d\n", r, q & 7);
    printf("%g %g %g %g\n", fabs(-3.5), copysign(2, -0.0), fdim(5, 3), fdim(3, 5)); printf("%.17g %.17g %.17g\n", fma(0.1, 10, -1), sqrt(2), hypot(3, 4)); printf("%g %g %g\n", fmax(-1, 2), fmin(-1, 2), cbrt(27)); printf("%.9g %.9g %.9g\n", floorf(-2.5f), sqrtf(2), fabsf(-0.1f)); return n;
}
