/* Compound assignment computes in the common type and converts back to the left one. */
#include <stdio.h>
int run(void) {
    unsigned char uc = 250; uc += 10; printf("%d ", uc);
    uc *= 100; printf("%d ", uc);
    uc -= 300; printf("%d\n", uc);
    signed char sc = 100; sc += 100; printf("%d ", sc);
    sc >>= 1; printf("%d ", sc);
    sc <<= 3; printf("%d ", sc);
    sc /= 3; printf("%d\n", sc);
    short s = 1000; s *= 1000; printf("%d ", s);
    s |= 0x12345; printf("%d ", s);
    s ^= -1; printf("%d\n", s);
    int i = 7; i *= 1.5; printf("%d ", i);
    i += 2.9; printf("%d ", i);
    i -= 0.1f; printf("%d ", i);
    i /= 0.5; printf("%d\n", i);
    unsigned u = 3; u -= 5; printf("%u ", u);
    u /= 2; printf("%u ", u);
    u = 10; u += -3.7; printf("%u\n", u);
    long l = 1L << 40; l += 1u; l %= 1000003; printf("%ld ", l);
    l *= -1; l >>= 2; printf("%ld\n", l);
    float f = 16777216.0f; f += 1; f += 1.0; printf("%.1f ", f);
    f = 1; f /= 3; printf("%.9g ", f);
    double d = 1; d /= 3.0f; printf("%.17g\n", d);
    _Bool b = 0; b += 5; printf("%d ", b);
    b -= 1; printf("%d ", b); b -= 1; printf("%d ", b); b ^= 1; printf("%d\n", b);
    return uc + sc + s;
}
