#include <stdarg.h>
#include <stdio.h>
/* A printf of one's own, and a fold over callbacks. */
static int put(char c) { putchar(c); return 1; }
static int number(unsigned long v, int base, int width, char pad) { char b[66], *p = b + 66; int n = 0; do { *--p = "0123456789abcdef"[v % base]; v /= base; } while (v); while (width-- > b + 66 - p) n += put(pad); while (p < b + 66) n += put(*p++); return n; }
static int format(const char *f, ...) {
    va_list a; int n = 0; va_start(a, f);
    for (; *f; f++) {
        if (*f != '%') { n += put(*f); continue; }
        int width = 0, is_long = 0; char pad = ' '; f++; if (*f == '0') pad = *f++; while (*f >= '0' && *f <= '9') width = width * 10 + *f++ - '0'; if (*f == 'l') { is_long = 1; f++; }
        switch (*f) {
        case 'd': { long v = is_long ? va_arg(a, long) : va_arg(a, int); if (v < 0) { n += put('-'); v = -v; } n += number(v, 10, width, pad); break; }
        case 'x': n += number(is_long ? va_arg(a, unsigned long) : va_arg(a, unsigned), 16, width, pad); break;
        case 'b': n += number(va_arg(a, unsigned), 2, width, pad); break;
        case 's': for (const char *s = va_arg(a, char *); *s; s++) n += put(*s); break; case 'c': n += put(va_arg(a, int)); break; default: n += put(*f); }
    }
    va_end(a); return n;
}
static int fold(int (*f)(int, int), int n, ...) { va_list a; va_start(a, n); int r = va_arg(a, int); while (--n) r = f(r, va_arg(a, int)); va_end(a); return r; }
static int mul(int a, int b) { return a * b; } static int max(int a, int b) { return a > b ? a : b; }
int run(void) {
    int n = format("%d %05d %x %08lx %s %c %b %%\n", -42, 17, 255, 0xabcdef123l, "str", 'q', 10u); n += format("plain\n%ld\n", 1L << 62);
    printf("%d %d\n", fold(mul, 4, 2, 3, 4, 5), fold(max, 5, 3, 9, 2, 8, 1)); return n;
}
