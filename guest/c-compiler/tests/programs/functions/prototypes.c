/* Prototypes in all places: before, inside, repeated, with and without names. */
#include <stdio.h>
int later(int, char *);
extern double half(double x);
static int counter(void);
int outer(int (*)(int, char *), int);
int run_twice(void);
inline static int inlined(int x) { return x * 2; }
static _Noreturn void never(void) { for (;;) ; }
int outer(int f(int, char *), int n) { char c = 'a'; return f(n, &c) + c; }
int later(int n, char *c) { *c += n; return n; }
int later(int n, char *name);
double half(double x) { return x / 2; }
static int counter(void) { static int n; return ++n; }
int run_twice(void) { int counter(void); return counter() + counter(); }
int run(void) {
    extern int later(int, char *);
    int unused = 0; if (unused) never();
    printf("%d %g %d\n", outer(later, 3), half(5), run_twice());
    return inlined(counter());
}
