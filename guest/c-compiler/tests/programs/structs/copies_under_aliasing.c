/* Assignments whose source and target overlap or are the same, or change under way. */
#include <stdio.h>
struct triple { long a, b, c; };
static struct triple turned(const struct triple *t) { struct triple r = {t->b, t->c, t->a}; return r; }
static struct triple bumped(struct triple t) { t.a += 100; return t; }
static struct triple global = {1, 2, 3};
static struct triple changing(struct triple t) { global.a = 77; global.b = t.a; return t; }
struct node { struct triple t; int n; } nodes[3] = {{{1, 2, 3}, 4}, {{5, 6, 7}, 8}, {{9, 10, 11}, 12}};
static void show(struct triple t) { printf("%ld %ld %ld\n", t.a, t.b, t.c); }
static void swap(struct triple *x, struct triple *y) { struct triple t = *x; *x = *y; *y = t; }
long run(void) {
    struct triple t = {1, 2, 3};
    t = t; show(t);
    t = turned(&t); show(t);
    t = turned(&t); show(t);
    t = bumped(t); show(t);
    global = changing(global); show(global);
    global = turned(&global); show(global);
    struct triple *p = &t, *q = &t;
    *p = *q; show(t);
    swap(p, q); show(t);
    nodes[0] = nodes[1] = nodes[2]; show(nodes[0].t);
    nodes[1].t.a = -1; show(nodes[0].t); show(nodes[2].t);
    int i = 0;
    nodes[i + 1] = nodes[i]; nodes[0].t.a = 5; show(nodes[1].t);
    struct { struct triple v[2]; } pair = {{{1, 2, 3}, {4, 5, 6}}}, other = pair;
    other.v[0] = pair.v[1]; pair.v[1].b = 50; show(other.v[0]); show(other.v[1]);
    return t.a + global.c;
}
