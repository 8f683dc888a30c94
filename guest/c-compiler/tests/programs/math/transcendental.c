#include <math.h>
#include <stdio.h>
/* Ten digits of every function, which all good libraries agree upon. */
#define ONE(f) for (int i = 0; i < 6; i++) { double y = f(v[i]); printf("%.10g ", y); s += y; } printf(#f "\n");
double run(void) {
    double v[] = {0.1, 0.5, 0.9, 0.25, 0.7, 0.3}, s = 0; ONE(sin) ONE(cos) ONE(tan) ONE(asin) ONE(acos) ONE(atan) ONE(sinh) ONE(cosh) ONE(tanh) ONE(asinh) ONE(atanh) ONE(exp) ONE(exp2) ONE(expm1) ONE(log) ONE(log2) ONE(log10) ONE(log1p) ONE(sqrt) ONE(cbrt) ONE(erf) ONE(erfc) ONE(tgamma) ONE(lgamma)
    for (int i = 0; i < 6; i++) v[i] = v[i] * 30 + 1; ONE(sin) ONE(cos) ONE(tan) ONE(atan) ONE(acosh) ONE(exp) ONE(log) ONE(log10) ONE(log2) ONE(tgamma) ONE(lgamma)
    printf("%.10g %.10g %.10g %.10g %.10g\n", pow(2, 0.5), pow(10, -3), pow(1.0001, 10000), pow(-2, 3), pow(9, 0.5)); printf("%.10g %.10g %.10g %.10g\n", atan2(1, 1), atan2(-1, -1), atan2(0, -1), atan2(1, 0)); printf("%.6g %.6g %.6g %.6g %.6g\n", sinf(1), cosf(1), expf(1), logf(10), powf(2, 0.25f)); printf("%d\n", s > 0); return floor(M_PI * 1e9);
}
