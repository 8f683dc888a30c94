/* %a: normal, subnormal, precision with rounding, flags. */
#include <stdio.h>
int run(void) {
    double v[] = {0, -0.0, 1, 0.1, -2.5, 1e308, 5e-324, 0x1.fffffp0, 0x1.8p0, 3};
    int n = 0;
    for (int i = 0; i < 10; i++)
        n += printf("%a|%A|%.0a|%.1a|%.5a|%.15a|%#a|%20a|%-20a|%+a|%020a\n", v[i], v[i], v[i], v[i], v[i], v[i], v[i], v[i], v[i], v[i], v[i]);
    n += printf("%a %a\n", (double)0.1f, (double)1e-45f);
    return n;
}
