#include <stdio.h>
/* gcc's statement expressions, typeof and attributes, which much code uses in macros. */
#define MAX(a, b) ({ __typeof__(a) a_ = (a); __typeof__(b) b_ = (b); a_ > b_ ? a_ : b_; })
#define SWAP(a, b) do { __typeof__(a) t_ = (a); (a) = (b); (b) = t_; } while (0)
static int calls; static int next(void) { return ++calls; } static inline __attribute__((always_inline)) int add(int a, __attribute__((unused)) int b) { return a + b; } static int noisy(int) __attribute__((noinline)); static int noisy(int x) { return x; }
int run(void) { int x = MAX(next(), 0); printf("%d %d\n", x, calls); printf("%g %ld\n", MAX(1.5, 2.5), MAX(3L, 2L)); double a = 1.5, b = 2.5; SWAP(a, b); printf("%g %g\n", a, b); int y = ({ int s = 0; for (int i = 0; i < 5; i++) s += i; s; }); return y * 10 + add(noisy(2), ({ 3; })); }
