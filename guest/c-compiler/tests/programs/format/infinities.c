/* Infinity and NaN in every conversion. */
#include <math.h>
#include <stdio.h>
int run(void) {
    double inf = INFINITY, nan = NAN;
    int n = 0;
    n += printf("%f %F %e %E %g %G %a %A\n", inf, inf, inf, inf, inf, inf, inf, inf);
    n += printf("%f %F %e %E %g %G\n", fabs(nan), fabs(nan), fabs(nan), fabs(nan), fabs(nan), fabs(nan));
    n += printf("[%10f] [%-10f] [%010f] [%+f] [% f] [%.1f]\n", inf, inf, inf, inf, inf, inf);
    n += printf("[%10f] [%-10f] [%+f]\n", -inf, -inf, -inf);
    n += printf("[%8.3f] [%08f]\n", fabs(nan), fabs(nan));
    return n;
}
