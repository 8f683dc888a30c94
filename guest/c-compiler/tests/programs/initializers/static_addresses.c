/* Static initialisers with addresses and constant expressions. */
#include <stddef.h>
#include <stdio.h>
static int v[10] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}; static struct { char c; struct { int n[3]; } in; } s = {'s', {{7, 8, 9}}};
static int *p0 = v, *p1 = &v[3], *p2 = v + 5, *p3 = &s.in.n[1], **pp = &p1, *end = v + sizeof v / sizeof *v - 1; static char *text = "text" + 1;
static int f(int x) { return x + 1; } static int (*fp)(int) = f, (*fps[])(int) = {&f, 0, f};
static const double d = 1.0 / 4 + 1e2, neg = -2.5f; static unsigned long size = sizeof(s) * 2 + offsetof(struct { char a; long b; }, b);
static long big = 1L << 40 | 0xff, cond = 3 > 2 ? 'y' : 'n', cast = (char)300 + (int)2.9, logic = !0 && 5 || 0; static unsigned char u = -1;
struct list { int n; struct list *next; }; static struct list third = {3}, second = {2, &third}, first = {1, &second}, ring = {9, &ring};
static float fl[] = {1, 0.1, 'a'}; static _Bool b = 0.5; static char last = (int)3.99;
int run(void) {
    printf("%d %d %d %d %d %d %s\n", *p0, *p1, *p2, *p3, **pp, *end, text);
    printf("%d %d %d %d\n", fp(1), fps[0](2), fps[1] == 0, (*fps[2])(3));
    printf("%g %g %lu %ld %ld %ld %ld %d\n", d, neg, size, big, cond, cast, logic, u);
    int n = 0; for (struct list *l = &first; l; l = l->next) n = n * 10 + l->n;
    printf("%d %d %.9g %.9g %d %d\n", n, ring.next->next->n, fl[1], fl[2], b, last);
    static int *self[2] = {v + 1, &v[2]}; static int local = sizeof(int[3]); return *self[1] + local + (int)(p2 - p1);
}
