/* Conversion to _Bool is a comparison with zero, not a cut. */
#include <stdbool.h>
#include <stdio.h>
static bool from_double(double d) { return d; }
static bool from_long(long l) { return l; }
static int as_int(bool b) { return b; }
struct flags { bool a, b, c; };
int run(void) {
    double tiny = 1e-300, zero = 0.0, minus_zero = -0.0;
    printf("%d%d%d%d ", from_double(tiny), from_double(zero), from_double(minus_zero), from_double(0.5));
    printf("%d%d%d\n", from_long(1L << 40), from_long(256), from_long(0));
    int x = 0;
    int *p = &x, *null = 0;
    bool from_pointer = p, from_null = null;
    printf("%d%d ", from_pointer, from_null);
    printf("%d %d %d\n", as_int(300), (bool)0.1f, (int)(bool)-7);
    struct flags f = {2, 0x100, 0.25};
    printf("%d%d%d ", f.a, f.b, f.c);
    bool b = true;
    printf("%d ", b + b + b);
    b = b << 3; printf("%d ", b);
    printf("%d ", ~b);
    b++; printf("%d ", b);
    printf("%d %d\n", -b, !b);
    bool grid[3] = {[1] = 5};
    return grid[0] + 2 * grid[1] + 4 * grid[2];
}
