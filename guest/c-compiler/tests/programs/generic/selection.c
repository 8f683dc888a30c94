#include <stdio.h>
/* _Generic chooses by type, after lvalue conversion, and evaluates only the chosen. */
#define NAME(x) _Generic((x), _Bool: "bool", char: "char", signed char: "schar", unsigned char: "uchar", short: "short", unsigned short: "ushort", int: "int", unsigned: "uint", long: "long", unsigned long: "ulong", \
    long long: "llong", unsigned long long: "ullong", float: "float", double: "double", char *: "char*", const char *: "const char*", int *: "int*", void *: "void*", int (*)(int): "function", struct s: "struct s", default: "other")
struct s { int n; char c; }; static int f(int x) { return x; } static int calls; static int side(void) { return ++calls; }
#define cbrt_like(x) _Generic((x), float: half_f, double: half, default: half_i)(x)
static float half_f(float x) { return x / 2; } static double half(double x) { return x / 2; } static long half_i(long x) { return x / 2; }
int run(void) {
    char c = 1; short s = 1; unsigned char u = 1; float fl = 1; _Bool b = 1; struct s st = {1}; int a[3]; const int ci = 3; double *dp = 0;
    puts(NAME(c)); puts(NAME(+c)); puts(NAME(u)); puts(NAME(s + s)); puts(NAME(b)); puts(NAME(!c)); puts(NAME(fl)); puts(NAME(fl * 2)); puts(NAME(fl * 2.0)); puts(NAME(st)); puts(NAME(st.c)); puts(NAME(f)); puts(NAME(&f)); puts(NAME(a)); puts(NAME("x")); puts(NAME((const char *)0)); puts(NAME((void *)0)); puts(NAME(ci)); puts(NAME(dp)); puts(NAME(1 ? 1 : 2L)); puts(NAME((unsigned short)1)); puts(NAME('a')); puts(NAME(sizeof c)); puts(NAME(&c)); puts(NAME(1u << 3L));
    printf("%g %g %ld\n", cbrt_like(3.0f), cbrt_like(5.0), cbrt_like(7)); int r = _Generic(side(), int: 5, default: side()); printf("%d %d\n", r, calls); _Generic(0, int: st).n += 1;
    return _Generic(1, long: 1, int: _Generic(1.0, double: 42, default: 0), default: 3) + st.n;
}
