#include <math.h>
#include <stdio.h>
/* What the functions give at their edges (C11 annex F). */
static void show(double x) { if (isnan(x)) printf("nan "); else printf("%g ", x); }
int run(void) {
    double inf = INFINITY, nan = NAN, z = 0.0, m = -z;
    show(pow(z, 0)); show(pow(nan, 0)); show(pow(1, nan)); show(pow(z, -1)); show(pow(m, -1)); show(pow(m, 3)); show(pow(-8, 1.0 / 3)); show(pow(inf, -1)); show(pow(-1, inf)); show(pow(0.5, inf)); printf("\n");
    show(sqrt(-1)); show(sqrt(m)); show(log(0)); show(log(-1)); show(log(1)); show(exp(-inf)); show(exp(1000)); show(exp(-1000)); show(log1p(-1)); show(log2(8)); show(log10(1000)); printf("\n");
    show(sin(m)); show(sin(inf)); show(atan(inf) > 1.57); show(atan2(m, -1) < -3.1); show(atan2(z, z)); show(acos(2)); show(asin(1) > 1.57); show(tanh(inf)); show(atanh(1)); show(cosh(-inf)); printf("\n");
    show(fmod(1, 0)); show(fmod(inf, 1)); show(fmod(m, 1)); show(fmod(5, inf)); show(fmax(nan, nan)); show(hypot(inf, nan)); show(floor(-inf)); show(ceil(-0.5)); show(round(-0.2)); show(cbrt(-8)); show(fabs(m)); show(ldexp(m, 5)); printf("\n");
    show(tgamma(5)); show(tgamma(-1)); show(lgamma(1)); show(erf(inf)); show(erfc(-inf)); show(remainder(1, 0)); show(copysign(nan, 1)); show(nextafter(1, 1)); show(fma(inf, 0, 1)); show(exp2(10)); show(exp2(-1074)); show(expm1(m)); printf("\n"); return !!signbit(sin(m)) + 2 * !!signbit(ceil(-0.5)) + 4 * (HUGE_VAL == inf);
}
