/* %e, and carries into the exponent. */
#include <stdio.h>
int run(void) {
    double v[] = {0, 1, -1, 9.5, 9.95, 9.999999, 99999.5, 1e100, 1e-100, 123456789, 5e-324, 1.7976931348623157e308, 0.00012345, 2.5};
    int n = 0;
    for (int i = 0; i < 14; i++)
        n += printf("%e|%.0e|%.1e|%.3E|%.15e|%#.0e|%14.2e|%-14.2e|%+014.2e\n", v[i], v[i], v[i], v[i], v[i], v[i], v[i], v[i], v[i]);
    n += printf("%.40e\n", 0.1);
    n += printf("%.0e %.0e %.0e\n", 2.5, 3.5, 25.0);
    return n;
}
