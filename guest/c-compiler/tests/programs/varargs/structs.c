#include <stdarg.h>
#include <stdio.h>
/* Structs by value among the variable arguments. */
struct p { int x, y; }; struct big { double v[4]; char c; }; struct tiny { char c; };
static long total(int n, ...) {
    va_list a; va_start(a, n); long t = 0;
    while (n--) switch (va_arg(a, int)) {
        case 0: { struct p p = va_arg(a, struct p); t += p.x * 10 + p.y; p.x = 0; break; }
        case 1: { struct big b = va_arg(a, struct big); for (int i = 0; i < 4; i++) t += (long)b.v[i]; t += b.c; break; }
        case 2: t += va_arg(a, struct tiny).c; break;
        case 3: t += (long)va_arg(a, double); break; }
    va_end(a); return t;
}
int run(void) {
    struct p p = {1, 2}; struct big b = {{1, 2, 3, 4.9}, 5}; struct tiny t = {7};
    printf("%ld %ld %ld\n", total(1, 0, p), total(1, 1, b), total(1, 2, t));
    printf("%ld\n", total(6, 2, t, 0, p, 3, 1000.5, 1, b, 2, (struct tiny){'a'}, 0, (struct p){5, 6}));
    printf("%d %d\n", p.x, p.y); return (int)total(2, 1, (struct big){{9}, 1}, 0, p);
}
