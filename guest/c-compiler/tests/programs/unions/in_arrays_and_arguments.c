/* Unions by value, in arrays, nested in each other. */
#include <stdio.h>
union small { short s; unsigned char c[2]; };
union large { double d[3]; union small s[4]; struct { char tag; union small in; } t; };
static union small make(int x) { union small s; s.s = x; return s; }
static int low(union small s) { s.c[1] = 0; return s.s; }
static union large mix(union large a, union small b) { a.s[1] = b; a.t.in = make(low(b) + 1); return a; }
int run(void) {
    union small v[3] = {{1}, {.c = {2, 3}}, {-2}};
    for (int i = 0; i < 3; i++) printf("%d %d %d\n", v[i].s, v[i].c[0], low(v[i]));
    union large l = {.d = {0, 1.5, 2.5}};
    union large m = mix(l, make(0x1234));
    printf("%d %d %d %g %g\n", m.s[1].s, m.t.in.c[0], l.s[1].s, m.d[1], m.d[2]);
    union large *p = &m; p->s[3] = v[1]; p->d[0] = p->d[1];
    printf("%g\n", p->d[0]);
    return make(70000).s + make(low(v[2])).c[0] + (int)sizeof l;
}
