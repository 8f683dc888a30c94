#include <stdio.h>
/* Members and elements of a struct that a call gave. */
struct pair { int a; double b; }; struct wrap { struct pair p; int v[4]; };
static int calls; static struct pair make(int a, double b) { calls++; return (struct pair){a, b}; } static struct wrap wrap(int n) { struct wrap w = {{n, n / 2.0}, {n, n + 1, n + 2, n + 3}}; calls++; return w; }
static struct pair (*const maker)(int, double) = make; static double sum(struct pair p) { return p.a + p.b; } static struct pair *at(struct pair *p, int i) { calls++; return p + i; }
int run(void) { printf("%d %g %g\n", make(1, 2.5).a, make(3, 4.5).b, sum(make(5, 6))); printf("%d %d %g\n", wrap(10).v[2], wrap(20).p.a, wrap(30).p.b); printf("%g\n", sum(wrap(7).p) + sum(maker(1, 1))); struct pair v[3] = {{1, 1}, {2, 2}, {3, 3}}; at(v, 1)->a = at(v, 2)->b * 10; *at(v, 0) = *at(v, 1); printf("%d %g %d\n", v[0].a, v[0].b, v[1].a); struct pair q = calls > 3 ? make(8, 9) : v[0], r = (make(0, 0), make(6, 7)); printf("%d %d %d\n", q.a, r.a, (calls ? q : r).a); (void)wrap(1); make(2, 3); return calls; }
