#include <stdarg.h>
#include <stdio.h>
/* Variable arguments of each type after promotion. */
static int sum(int n, ...) { va_list a; va_start(a, n); int s = 0; while (n--) s += va_arg(a, int); va_end(a); return s; }
static double mixed(const char *types, ...) {
    va_list a; va_start(a, types); double t = 0;
    for (; *types; types++) switch (*types) {
        case 'i': t += va_arg(a, int); break; case 'u': t += va_arg(a, unsigned); break; case 'l': t += va_arg(a, long); break;
        case 'd': t += va_arg(a, double); break; case 's': t += va_arg(a, const char *)[0]; break; case 'p': t += *va_arg(a, int *); break; case 'L': t += va_arg(a, unsigned long long) / 4; break; }
    va_end(a); return t;
}
int run(void) {
    int x = 1000; char c = -5; unsigned char uc = 250; short s = -300; float f = 0.5f; _Bool b = 7;
    printf("%d %d %d\n", sum(0), sum(3, 1, 2, 3), sum(8, 1, 2, 3, 4, 5, 6, 7, 8));
    printf("%d\n", sum(5, c, uc, s, b, 'A'));
    printf("%g\n", mixed("iuldspL", -1, 4000000000u, 1L << 33, 2.25, "A", &x, 1ull << 50));
    printf("%g %g\n", mixed("dddd", f, 1.5, (double)2, f * f), mixed(""));
    return sum(sum(1, 2), sum(2, 3, 4), 10) + (int)mixed("didi", 1., 2, 3., 4);
}
