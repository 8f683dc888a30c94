#include <float.h>
#include <math.h>
#include <stdio.h>
/* frexp, ldexp, scalbn, logb, ilogb, nextafter, classification. */
int run(void) {
    double v[] = {1, 0.75, -10, 1e308, 5e-324, 2.2250738585072014e-308, 0.1, 1024}; int sum = 0;
    for (int i = 0; i < 8; i++) { int e; double m = frexp(v[i], &e); printf("%.17g %d %.17g %g %d %a %a\n", m, e, ldexp(m, e), logb(v[i]), ilogb(v[i]), nextafter(v[i], 10), nextafter(v[i], -INFINITY)); sum += e; }
    printf("%g %g %g %g\n", ldexp(1, 1023) * 1.5, ldexp(1, -1074), ldexp(1, -1075), ldexp(3, 2000)); printf("%g %g\n", scalbn(1.5, 4), scalbln(1, -3)); printf("%a %a\n", nextafterf(1, 2), nextafter(0, 1));
    double c[] = {0, 1, 1e-310, INFINITY, NAN}; for (int i = 0; i < 5; i++) printf("%d%d%d%d%d ", fpclassify(c[i]) == FP_ZERO, fpclassify(c[i]) == FP_NORMAL, fpclassify(c[i]) == FP_SUBNORMAL, fpclassify(c[i]) == FP_INFINITE, fpclassify(c[i]) == FP_NAN);
    for (int i = 0; i < 5; i++) printf("%d%d%d%d ", !!isnan(c[i]), !!isinf(c[i]), !!isfinite(c[i]), !!isnormal(c[i])); printf("\n%d%d%d%d%d\n", isgreater(1.0, 2.0), isgreaterequal(2.0, 2.0), isless(1.0, NAN), islessequal(1.0, 2.0), islessgreater(1.0, 2.0)); return sum;
}
