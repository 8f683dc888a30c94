//// function pointers: tables, typedefs, members, comparisons
typedef int (*binary)(int, int);
static int add(int a, int b) { return a + b; }
static int sub(int a, int b) { return a - b; }
static binary pick(int i) { static const binary table[] = {add, &sub, 0}; return table[i]; }
static int apply(int f(int, int), int a, int b) { return f(a, b) + (*f)(a, b) * 10 + (**f)(b, a) * 100; }
struct ops { binary f; int (*(*g)(int))(int, int); };
int run(int i) { struct ops o = {pick(i), pick}; return apply(o.f, 5, 3) + o.g(1 - i)(7, 2) * 10000 + (o.f == add) * 1000000 + (o.g == pick && pick(2) == 0 && !pick(2)) * 2000000 + (add ? 4000000 : 0); }
//= 0 -> 7050888
//= 1 -> 6089822
//// a call through a null pointer traps
//! gcc differs
int run(int n) { int (*f)(int) = 0; return n ? f(n) : 1; }
//= 0 -> 1
//= 1 -> trap: uninitialized element 2
//// pointers to functions with structs and floats
struct p { double x; int n; };
static struct p scale(struct p p, float f) { p.x *= f; p.n++; return p; }
static void twice(struct p *p, struct p (*f)(struct p, float), float by) { *p = f(f(*p, by), by); }
double run(double x) { struct p p = {x, 1}; twice(&p, scale, 1.5f); return p.x * 10 + p.n; }
//= 4 -> 93
//// recursion through pointers has room for many frames
static int down(int (*f)(void *, int), int n) { int a[4] = {n}; return n ? a[0] + f((void *)f, n - 1) : 0; }
static int again(void *f, int n) { return down((int (*)(void *, int))f, n); }
int run(int n) { return down(again, n); }
//= 100 -> 5050
//// variable arguments
#include <stdarg.h>
struct s { int a; double b[2]; };
static double sum(const char *types, ...) {
  va_list ap, copy; double r = 0; va_start(ap, types);
  va_copy(copy, ap); int first = *types == 'i';
  for (; *types; types++) {
    if (*types == 'i') r = r * 10 + va_arg(ap, int);
    if (*types == 'u') r = r * 10 + va_arg(ap, unsigned);
    if (*types == 'l') r = r * 10 + va_arg(ap, long);
    if (*types == 'd') r = r * 10 + va_arg(ap, double);
    if (*types == 's') r = r * 10 + *va_arg(ap, const char *);
    if (*types == 'r') { struct s s = va_arg(ap, struct s); r = r * 10 + s.a + s.b[1]; }
  }
  if (first) r += va_arg(copy, int); va_end(copy);
  va_end(ap); return r;
}
double run(float f, short n, char c) { struct s s = {4, {0, 0.5}}; return sum("iidlsr", n, c, f, -1L, "A", s) + sum("i", (int)sum("ii", 1, 2)) + sum("ri", s, 7) ; }
//= 2.5; 3; 4 -> 343135.5
//// a list of variable arguments is passed on
#include <stdarg.h>
static int vsum(int n, va_list ap) { int s = 0; while (n--) s = s * 10 + va_arg(ap, int); return s; }
static int sum(int n, ...) { va_list ap; va_start(ap, n); int s = vsum(n, ap); va_end(ap); return s; }
static int (*volatile pointer)(int, ...) = sum;
int run(void) { return sum(3, 1, 2, 3) + sum(0) + pointer(2, sum(1, 4), sum(2, 1, 1)) * 1000; }
//=  -> 51123
//// void functions may return void
static int g;
static void a(void) { g++; }
static void b(void) { return a(); }
int run(void) { b(); b(); return g; }
//=  -> 2
//// prototypes in blocks, and attributes
static int twice(int) __attribute__((noinline, unused));
int run(int a) { int twice(int); extern int shared; return twice(a) + shared; }
int shared = 3;
static int twice(int a __attribute__((unused))) { return 2 * a; }
int unused_but_last(int a) { int run(int); return run(a); }
//= 4 -> 11
//// arguments are evaluated from the last to the first, as gcc does
#include <stdarg.h>
static int n;
static int next(void) { return ++n; }
static int three(int a, int b, int c) { return a * 100 + b * 10 + c; }
static int many(int a, ...) { va_list ap; va_start(ap, a); int r = a; for (int i = 0; i < 3; i++) r = r * 10 + va_arg(ap, int); va_end(ap); return r; }
struct s { int v; };
static struct s make(void) { struct s s = {next()}; return s; }
static int records(struct s a, int b, struct s c) { return a.v * 100 + b * 10 + c.v; }
static int (*pick(void))(int, int, int) { n += 2; return three; }
int run(void) {
  n = 0; int a = three(next(), next(), next()); int b = many(next(), next(), next(), 7) % 10000; n = 0;
  int c = three(n, next(), n); int d = records(make(), next(), make()) % 1000; n = 1; int e = pick()(n, next(), n);
  n = 0; int f = many(many(next(), next(), 1, 1) % 10, many(next(), 2, next(), 2) % 10, next(), three(next(), 0, 0) % 7) % 100000;
  return (a + b * 3 + c * 5 + d * 7 + e * 11 + f * 13) ;
}
//=  -> 44295
//// parameters that a declaration leaves open
int later();
static int early();
static int early(int a) { return a + 1; }
int run(int n) { return early(n) + (*early)(n) * 10; }
int later() { return run(1); }
int last(int n) { int run(); return run(n) + later(); }
//= 4 -> 77
//// builtins of gcc, and the order of arguments of those of the library
#include <math.h>
static int n;
static double next(void) { return ++n; }
double run(unsigned x, unsigned long y) { n = 0; double d = fmin(next() * 2, next() * 3) + copysign(next(), -next()) * 10; if (__builtin_expect(x == 0, 0)) return -1; switch (x & 1) { case 0: case 1: break; default: __builtin_unreachable(); } return d * 1000000 + __builtin_popcount(x) + __builtin_clz(x) * 10 + __builtin_ctz(x) * 100 + __builtin_popcountl(y) * 1000 + __builtin_clzll(y) * 10000 + __builtin_ctzl(y) * 100000; }
//= 40; 1099511627776 -> -32768438.0
//= 0; 1 -> -1.0
