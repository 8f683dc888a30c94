/* In a chain each assignment gives the value as its own left side keeps it. */
#include <stdio.h>
int run(void) {
    int i; char c; unsigned char u; short s; float f; double d; _Bool b; long l;
    i = c = 300; printf("%d %d\n", i, c);
    l = i = u = -1; printf("%ld %d %d\n", l, i, u);
    d = f = 0.1; printf("%d %.9g\n", d == 0.1, d);
    i = d = 3.7; printf("%d %g\n", i, d);
    d = i = 3.7; printf("%g\n", d);
    i = b = 42; printf("%d\n", i);
    s = i = 70000; printf("%d %d\n", s, i);
    i = (u = 257) + (c = 128); printf("%d\n", i);
    l = (f = 16777217) + 1; printf("%ld\n", l);
    if ((c = 0x180) != 0x180) puts("cut");
    while ((u = u - 100) > 10) printf("%d ", u);
    printf("\n");
    int a[3] = {0}; a[0] = a[1] = a[2] = i += 5; return a[0] + a[2];
}
