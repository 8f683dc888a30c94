/* Integers that a float or a double cannot hold are rounded to the nearest, ties to even. */
#include <stdio.h>
#include <limits.h>
double run(void) {
    long values[] = {16777215, 16777216, 16777217, 16777218, 16777219, 33554435, 9007199254740991, 9007199254740992,
                     9007199254740993, 9007199254740995, LONG_MAX, LONG_MIN, -16777217, -9007199254740993};
    for (int i = 0; i < 14; i++) {
        float f = values[i];
        double d = values[i];
        printf("%ld: %.1f %.1f %.1f\n", values[i], f, d, (float)d);
    }
    unsigned long us[] = {ULONG_MAX, 1ul << 63, (1ul << 63) + 1024, (1ul << 63) + 1025, 0xfffffffffffffbff, 0xfffffffffffffc00};
    for (int i = 0; i < 6; i++) printf("%lu: %.1f %.1f\n", us[i], (float)us[i], (double)us[i]);
    unsigned u = UINT_MAX;
    printf("%.1f %.1f\n", (float)u, (double)u);
    /* Once rounded, not twice. */
    long twice = 0x4000004000000001;
    printf("%a %a\n", (float)twice, (double)twice);
    return (float)16777217 + (double)u;
}
