#include <stdio.h>
/* Tentative definitions, static locals of several functions with one name, shadowing, extern in blocks. */
int shared; int shared; extern int shared; int shared; static int hidden = 5; static int hidden2; static int hidden2 = 8; int array[]; int array[3] = {1, 2}; int later = 4;
static int counter(void) { static int n = 100; return n++; } static int other(void) { static int n; static int first = 1; if (first) { n = 50; first = 0; } return --n; }
static int twice(void) { int r = 0; { static int n = 1; r += n++; } { static int n = 10; r += n++; } return r; }
static int *address(void) { static int kept[2] = {1, 2}; kept[0] += 10; return kept; }
static void set(int hidden) { { int hidden = 9; (void)hidden; } shared = hidden; { extern int shared; shared++; } }
static int depth(int n) { static int deepest; if (n > deepest) deepest = n; if (n < 5) depth(n + 1); return deepest; }
int run(void) {
    printf("%d %d %d\n", shared, hidden, hidden2); counter(); counter(); int third = counter(), o = other(); printf("%d %d %d\n", third, o, other()); twice(); printf("%d\n", twice());
    int *p = address(), *q = address(); printf("%d %d %d\n", p == q, *p, q[1]); set(77); printf("%d %d\n", shared, hidden); int hidden = 3; { extern int later; later += hidden; }
    printf("%d %d %zu\n", depth(0), array[2], sizeof array); extern int later; return later;
}
