/* float, double and integers in one expression: in which precision is each step? */
#include <stdio.h>
int run(void) {
    float f = 0.1f, g = 3.0f; double d = 0.1; int i = 3; long l = 9007199254740993; unsigned char c = 200;
    printf("%.17g\n", f * i);
    printf("%.17g\n", f * i + d);
    printf("%.17g\n", f + d * i);
    printf("%.17g\n", (double)(f / g));
    printf("%.17g\n", f / (double)g);
    printf("%.17g\n", l + f);
    printf("%.17g\n", l + d);
    printf("%.17g\n", (double)(c * 1.5f));
    printf("%.17g\n", 1 / 3 * d + 1 / 3.0 + 1 / 3.0f);
    printf("%.17g\n", (double)(16777216.0f + 1.0f - 1.0f));
    printf("%.17g\n", 16777216.0f + 1.0 - 1.0f);
    printf("%d %d\n", f == 0.1, f == 0.1f);
    printf("%d\n", (int)(0.1f * 10) + (int)(0.7 * 10));
    f += d; f *= 3; d -= f; g++; --g;
    printf("%.9g %.17g %.9g\n", f, d, g);
    f = i++ + d; printf("%.9g %d\n", f, i);
    return (int)(d * 1e6) + i;
}
