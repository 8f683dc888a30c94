#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
/* strtod: forms, where it stops, rounding, ranges. */
int run(void) {
    const char *t[] = {"1", "-2.5", "  3e2x", ".5", "5.", ".", "e5", "1e", "1e+", "1e-3", "0x1.8p1", "0x", "0x.8", "inf", "-INFINITY", "infx", "nan", "1e400", "-1e400", "1e-400", "4.9e-324", "2.4e-324", "0.1", "123456789012345678901234567890",
        "9007199254740993", "9007199254740992.5000000000000000000000001", "1.7976931348623159e308", "2.2250738585072011e-308", "", "+", "-.e", "1.2.3", "0e9999999999", "1e-9999999999", "00012"};
    for (unsigned i = 0; i < sizeof t / sizeof *t; i++) { char *e; errno = 0; double d = strtod(t[i], &e); if (isnan(d)) printf("nan"); else printf("%.17g", d); printf(" %d %d\n", (int)(e - t[i]), errno == ERANGE && (isinf(d) || d == 0)); }
    printf("%.9g %.9g %.17g %g\n", strtof("0.1", NULL), strtof("16777217", NULL), atof("2.5e1abc"), strtof("1e39", NULL));
    return (int)(atof("1e3") + strtod("0x10", NULL));
}
