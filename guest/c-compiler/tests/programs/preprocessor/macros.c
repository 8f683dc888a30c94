#include <stdio.h>
/* Object-like and function-like macros, nesting, arguments with commas in parentheses, no expansion of itself. */
#define TEN 10
#define TWENTY (TEN + TEN)
#define SQUARE(x) ((x) * (x))
#define MAX(a, b) ((a) > (b) ? (a) : (b))
#define TWICE(f, x) f(f(x))
#define EMPTY
#define NOTHING() 5
#define CALL(f, args) f args
static int foo = 6;
#define foo (4 + foo)
#define f(x) x + f
#define SWAP(type, a, b) do { type t_ = a; a = b; b = t_; } while (0)
#define LONG_ONE(a, \
                 b) \
    ((a) - \
     (b))
static int add3(int a, int b, int c) { return a + b * 10 + c * 100; }
int run(void) {
    int (f) = 1000, foo_ = 3, x = 3, y = 8;
    printf("%d %d %d\n", TWENTY * 2, SQUARE(x + 1), MAX(SQUARE(2), TEN - 7));
    printf("%d %d %d\n", TWICE(SQUARE, 3), NOTHING() EMPTY + 1, CALL(add3, (1, 2, 3)));
    printf("%d\n", foo);
    printf("%d\n", f(2));
    if (x < y) SWAP(int, x, y); else x = 0;
    printf("%d %d %d\n", x, y, LONG_ONE(x, y)); int SQUARE = 5;
    printf("%d %d\n", SQUARE, SQUARE (SQUARE));
#undef TEN
#define TEN 7
    printf("%d\n", TWENTY);
#undef SQUARE
#define SQUARE(x) x
    return SQUARE(TEN) + foo_;
}
