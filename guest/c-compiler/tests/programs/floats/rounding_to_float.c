/* double to float: nearest, ties to even, subnormals, overflow. */
#include <stdio.h>
static float narrow(double d) { return (float)d; }
double run(void) {
    double v[] = {0.1, 1.0 + 0x1p-24, 1.0 + 0x1.8p-24, 1.0 + 0x1p-23, 1.0 + 0x3p-24, 16777217.0, 3.4028235e38, 3.4028236e38,
                  1e-40, 1e-45, 7e-46, 7.1e-46, 1e-50, 0x1p-149, 0x1.8p-149, 0x1p-150, 0x1.000001p-150};
    for (int i = 0; i < 17; i++) printf("%a ", narrow(v[i]));
    printf("\n");
    float sum = 0; double wide = 0;
    for (int i = 0; i < 1000; i++) { sum += 0.1f; wide += 0.1f; }
    printf("%.9g %.17g\n", sum, wide);
    float x = 0.1f, y = 0.2f;
    printf("%.9g %.17g %d\n", x + y, (double)x + y, x + y == 0.3f);
    return (double)(x * y) - (double)x * (double)y;
}
