#include <stdarg.h>
#include <stdio.h>
#include <string.h>
/* va_list handed on, copied, and used by vprintf and vsnprintf. */
static int lines;
static void report(const char *level, const char *format, ...) { va_list a; va_start(a, format); printf("%2d %-5s ", ++lines, level); vprintf(format, a); putchar('\n'); va_end(a); }
static int text(char *b, size_t n, const char *format, ...) { va_list a; va_start(a, format); int r = vsnprintf(b, n, format, a); va_end(a); return r; }
static int sum_list(int n, va_list a) { int s = 0; while (n-- > 0) s += va_arg(a, int); return s; }
static int twice(int n, ...) { va_list a, b; va_start(a, n); va_copy(b, a); int s = sum_list(n, a); va_end(a); s += 1000 * sum_list(n - 1, b); va_end(b); return s; }
static int by_pointer(int *first, va_list *a) { *first = va_arg(*a, int); return va_arg(*a, int); }
static int split(int n, ...) { va_list a; va_start(a, n); int x, y = by_pointer(&x, &a), z = va_arg(a, int); va_end(a); return x * 100 + y * 10 + z; }
int run(void) {
    report("info", "%s has %d items at %.2f", "cart", 3, 9.99); report("error", "plain"); report("debug", "%*d|%-*s|%c", 5, 42, 6, "ab", 'z');
    char b[16]; int n = text(b, sizeof b, "%d-%s-%g", 12, "abcdefgh", 1.5); printf("%d %s\n", n, b);
    printf("%d %d\n", twice(3, 1, 2, 3), split(3, 1, 2, 3));
    return lines + text(b, sizeof b, "%s", "x");
}
