/* Infinities, NaN, zeros of both signs, and what comparisons say of them. */
#include <math.h>
#include <stdio.h>
static double zero(void) { static volatile double z = 0.0; return z; }
int run(void) {
    double inf = 1 / zero(), nan = zero() / zero(), minus = -zero();
    printf("%f %f %f\n", inf, -inf, minus);
    printf("%d%d%d%d%d%d\n", nan == nan, nan != nan, nan < 1, nan > 1, nan <= nan, !(nan >= nan));
    printf("%d%d%d%d\n", inf > 1e308, -inf < -1e308, inf == inf, inf - inf == 0);
    printf("%d %d %d\n", minus == 0.0, 1 / minus < 0, signbit(minus) != 0);
    printf("%d %d %d %d\n", isnan(nan), isinf(inf) != 0, isfinite(1e308), isfinite(inf));
    printf("%d %d\n", isnan(inf - inf), isnan(inf * zero()));
    printf("%f %f\n", inf + 1, 1e308 * 10);
    printf("%g %g\n", fmin(nan, 2), fmax(1, nan));
    printf("%d %d\n", nan ? 1 : 2, minus ? 1 : 2);
    float f = 1e39;
    printf("%f\n", f);
    return isunordered(nan, 1) + 2 * isgreater(inf, 1) + 4 * isless(nan, inf);
}
