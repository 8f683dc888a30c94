/* More arguments than registers would hold, of mixed types. */
#include <stdio.h>
int run(void) {
    int n = printf("%d %f %c %s %ld %g %u %x %lld %e %hd %s %d %d %d %.1f %.2f %c\n", 1, 2.0, '3', "four", 5L, 6.5, 7u, 8, 9LL, 10.0,
                   (short)11, "twelve", 13, 14, 15, 16.0f, 17.0, 'z');
    n += printf("%s %f %s %f %s %f %s %f %s %f %s %f %s %f %s %f %s %f %s\n", "a", .1, "b", .2, "c", .3, "d", .4, "e", .5, "f", .6, "g", .7,
                "h", .8, "i", .9, "j");
    float f = 1.1f; char c = -5; unsigned char uc = 250; short s = -300; _Bool b = 1;
    n += printf("%f %d %d %d %d\n", f, c, uc, s, b);
    return n;
}
