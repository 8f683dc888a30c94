/* A floating-point number taken apart by its bits. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
static uint64_t bits(double d) { uint64_t u; memcpy(&u, &d, sizeof u); return u; }
static double number(uint64_t u) { double d; memcpy(&d, &u, sizeof d); return d; }
static uint32_t fbits(float f) { uint32_t u; memcpy(&u, &f, 4); return u; }
static void show(double d) {
    uint64_t u = bits(d);
    printf("%lu %ld %013lx\n", u >> 63, (long)(u >> 52 & 2047) - 1023, u & 0xfffffffffffff);
}
int run(void) {
    show(1); show(-2); show(0.1); show(1e308); show(5e-324); show(0);
    printf("%08x %08x %08x\n", fbits(1), fbits(-0.1f), fbits(3.4e38f));
    printf("%.17g %.17g\n", number(0x3ff0000000000001), number(0x7fefffffffffffff));
    double x = 1; int steps = 0;
    while (x + 1 != x) { x *= 2; steps++; }
    float y = 1; int fsteps = 0;
    while (y + 1.0f != y) { y *= 2; fsteps++; }
    double ulp = number(bits(1e10) + 1) - 1e10;
    printf("%d %d %g\n", steps, fsteps, ulp);
    /* The well-known inverse square root. */
    float half = 0.5f * 7, r = 7; uint32_t i = 0x5f3759df - (fbits(r) >> 1);
    memcpy(&r, &i, 4); r = r * (1.5f - half * r * r);
    printf("%.7g\n", r);
    return steps;
}
