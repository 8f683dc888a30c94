/* Two names for one object: each write is seen through the other. */
#include <stdio.h>
static int twice(int *a, const int *b) { *a += 1; int x = *b; *a += 1; return x * 100 + *b; }
static void accumulate(double *sum, const double *v, int n) { for (int i = 0; i < n; i++) *sum += v[i]; }
static int global; static int *to_global = &global;
static int through(int n) { *to_global = n; return global; }
int run(void) {
    int a = 5; printf("%d\n", twice(&a, &a));
    double v[] = {1, 2, 3}; accumulate(&v[1], v, 3); printf("%g\n", v[1]);
    printf("%d\n", through(9)); global = 4; printf("%d\n", *to_global + through(2));
    int x = 1, *p = &x; int **q = &p; **q = 2; int y = x; p = &y; **q = 3;
    printf("%d %d\n", x, y);
    int b[3] = {1, 2, 3}; int *r = b; r[1] = r[0] + 5; *r = 7; b[2] = r[1];
    printf("%d %d\n", b[0], *(r + 2));
    for (int *i = b; i < b + 3; i++) { int *j = b + 2 - (i - b); int t = *i; *i = *j; *j = t; }
    const int *c = b; const int *const d = c + 1; b[1] = 99;
    return *d + c[2];
}
