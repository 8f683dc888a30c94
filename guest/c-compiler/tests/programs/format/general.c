/* %g chooses between %e and %f, and drops trailing zeros unless # is there. */
#include <stdio.h>
int run(void) {
    double v[] = {0, 1, 100000, 1000000, 999999.25, 0.0001, 0.00001, 0.00012345678, 123456789, 1e10, 3.14159265358979, 1e-5, 0.1, 100, 1.5e300, -0.0};
    int n = 0;
    for (int i = 0; i < 16; i++)
        n += printf("%g|%G|%.0g|%.1g|%.3g|%.10g|%.17g|%#g|%#.3g|%10.4g|%-10.4g|%+g|%010g\n", v[i], v[i], v[i], v[i], v[i], v[i], v[i],
                    v[i], v[i], v[i], v[i], v[i], v[i]);
    return n;
}
