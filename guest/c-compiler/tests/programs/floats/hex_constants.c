/* Hexadecimal and other floating constants. */
#include <stdio.h>
double run(void) {
    double v[] = {0x1p0, 0x1.8p1, 0xa.bp-2, 0x.8p0, 0x1P+10, 0X1.FFFFFFFFFFFFFp1023, 0x0.0000000000001p-1022,
                  1e3, 1.e3, .5e-3, 5e0, 123456789012345678901234567890.0, 1e-320, 4.9e-324, 1.7976931348623157e308};
    for (int i = 0; i < 15; i++) printf("%a %.17g\n", v[i], v[i]);
    printf("%a %a %a\n", 0.1f, 0x1.99999ap-4f, 1e-45f);
    printf("%zu %zu\n", sizeof 0x1p0f, sizeof 0x1p0);
    return 0x1.921fb54442d18p+1;
}
