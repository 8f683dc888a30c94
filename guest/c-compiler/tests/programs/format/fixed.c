/* %f of values and precisions: correctly rounded, ties to even on the exact binary value. */
#include <stdio.h>
int run(void) {
    double v[] = {0, 1, -1, 0.5, 1.5, 2.5, 0.125, 0.375, 1.005, 2.675, 1e15, 123456.789, 0.1, 1.0 / 3, 99.9999, 9.5, 1e-7};
    int n = 0;
    for (int i = 0; i < 17; i++) {
        n += printf("%f|%.0f|%.1f|%.2f|%.3f|%.10f|%.20f|%#.0f|", v[i], v[i], v[i], v[i], v[i], v[i], v[i], v[i]);
        n += printf("%12.4f|%-12.4f|%012.4f|%+.2f|% .2f\n", v[i], v[i], v[i], v[i], v[i]);
    }
    n += printf("%.0f %.0f %.0f %.0f\n", 0.5000001, 3.5, 4.5, 1e22);
    n += printf("%f\n%.3f\n", 1e300, -1.7976931348623157e308);
    n += printf("%.60f\n", 0x1p-50);
    return n;
}
