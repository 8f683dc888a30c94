#include <stdio.h>
/* The standard's own corner cases: rescanning, recursion through arguments, names that look like calls. */
#define x 3
#define f(a) f(x * (a))
#undef x
#define x 2
#define g f
#define z z[0]
#define w 0, 1
#define t(a) a
#define p() int
#define q(x) x
#define r(x, y) x ## y
#define str(...) # __VA_ARGS__
#define xs(...) str(__VA_ARGS__)
#define EVAL(...) __VA_ARGS__
#define EMPTY()
#define DEFER(id) id EMPTY()
#define A() 123
#define nil(x) x
#define plus(a, b) a+b
static int (f)(int v) { return v + 1; }
static int pair(int a, int b) { return a * 100 + b; }
int run(void) {
    int y = 1; (void)y;
    printf("%s\n", xs(f(y+1) + f(f(z)) % t(t(g)(0) + t)(1);));
    printf("%s\n", xs(p() i[q()] = { q(1), r(2,3), r(4,), r(,5), r(,) };));
    printf("%s %s\n", xs(DEFER(A)()), xs(EVAL(DEFER(A)())));
    printf("%s|%s\n", xs(nil(nil)(nil(5))), xs(plus(+,+)));
    printf("%d\n", t(pair)(w)); return f(1);
}
