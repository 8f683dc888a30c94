/* Members of a union that are copied onto each other. */
#include <stdio.h>
struct two { int a, b; }; struct shifted { int pad; struct two t; };
union over { struct two first; struct shifted second; int all[3]; };
static union over pass(union over u) { u.all[0] += 1000; return u; }
int run(void) {
    union over u = {.all = {1, 2, 3}};
    struct two t = u.second.t; u.first = t;
    printf("%d %d %d\n", u.all[0], u.all[1], u.all[2]);
    t = u.first; u.second.t = t;
    printf("%d %d %d\n", u.all[0], u.all[1], u.all[2]);
    union over w = pass(u);
    printf("%d %d\n", u.all[0], w.first.a);
    u = w;
    w.all[2] = -1;
    printf("%d %d\n", u.all[2], u.second.t.b);
    union { long l; struct { int lo, hi; } s; } x = {.s = {5, -1}};
    x.l = x.s.lo; printf("%d %d\n", x.s.lo, x.s.hi);
    x.s.hi = x.s.lo + 1; printf("%ld\n", x.l);
    return u.all[0] + u.all[1] * 10;
}
