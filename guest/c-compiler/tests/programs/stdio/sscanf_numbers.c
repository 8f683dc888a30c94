#include <stdio.h>
/* sscanf of numbers: widths, bases, suppression, counts, where it fails. */
int run(void) {
    int a = -1, b = -1, c = -1, n = -1; unsigned u = 0; long l = 0; short s = 0; signed char hh = 0; float f = 0; double d = 0; long long ll = 0;
    printf("%d ", sscanf("12 34 56", "%d %d %d", &a, &b, &c)); printf("%d %d %d\n", a, b, c);
    printf("%d ", sscanf("123456", "%2d%3d%d", &a, &b, &c)); printf("%d %d %d\n", a, b, c);
    printf("%d ", sscanf("0x1f 017 19", "%i %i %i", &a, &b, &c)); printf("%d %d %d\n", a, b, c);
    printf("%d ", sscanf("ff 777 -5", "%x %o %u", &u, &a, &b)); printf("%u %d %d\n", u, a, b);
    printf("%d ", sscanf("-9000000000 70000 300 12345678901", "%ld %hd %hhd %lld", &l, &s, &hh, &ll)); printf("%ld %d %d %lld\n", l, s, hh, ll);
    printf("%d ", sscanf("1.5 2.5e3 .25", "%f %lf %*f", &f, &d)); printf("%g %g\n", f, d);
    printf("%d ", sscanf("10,20;30", "%d,%d;%n", &a, &b, &n)); printf("%d %d %d\n", a, b, n);
    printf("%d ", sscanf("10,x", "%d,%d", &a, &b)); printf("%d %d\n", a, b);
    printf("%d %d %d\n", sscanf("", "%d", &a), sscanf("x", "%d", &a), sscanf("  ", " %d", &a));
    printf("%d ", sscanf("7%8", "%d%%%d", &a, &b)); printf("%d %d\n", a, b);
    printf("%d ", sscanf("3 apples", "%d pears%n", &a, &n)); printf("%d %d\n", a, n);
    printf("%d ", sscanf("1e5x inf", "%lf%*c %f", &d, &f)); printf("%g %g\n", d, f);
    return a + b;
}
