#include <stdio.h>
/* Large precisions and widths; numbers with all their digits. */
int run(void) {
    int n = 0; n += printf("%.50f\n%.55e\n%.60g\n", 0.1, 0.1, 0.1); n += printf("%.0f\n%f\n", 1.7976931348623157e308, 1e100); n += printf("%.1074f\n", 5e-324); n += printf("%60d|%-60d|%060d\n", 7, 7, 7); n += printf("%.40d %.20x %#.20o\n", 123, 255, 8); n += printf("%100s|%-100s|\n", "x", "y"); n += printf("%.100f\n", 1.0); n += printf("%.30a\n", 0.1); n += printf("%.25g %.25g %#.25g\n", 123.456, 1e-10, 1.0); return n;
}
