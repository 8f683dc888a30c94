/* Structs as arguments and results: the callee has a copy of its own. */
#include <stdio.h>
struct point { int x, y; };
struct line { struct point from, to; };
static struct point add(struct point a, struct point b) { a.x += b.x; a.y += b.y; return a; }
static struct point scaled(struct point p, int n) { struct point r = {p.x * n, p.y * n}; return r; }
static struct line reversed(struct line l) { struct point t = l.from; l.from = l.to; l.to = t; return l; }
static int length2(struct line l) { int dx = l.to.x - l.from.x, dy = l.to.y - l.from.y; return dx * dx + dy * dy; }
int run(void) {
    struct point a = {1, 2}, b = {3, 4}, c = add(a, b);
    printf("%d %d %d %d\n", a.x, a.y, c.x, c.y);
    a = add(a, a); a = add(scaled(a, 3), a);
    printf("%d %d\n", a.x, a.y);
    struct line l = {{1, 1}, {4, 5}}, r = reversed(l);
    printf("%d %d %d %d\n", l.from.x, r.from.x, r.from.y, r.to.y);
    printf("%d\n", length2(reversed(reversed(l))));
    l = reversed(l);
    printf("%d %d\n", l.from.x, l.to.x);
    return add(scaled(l.from, 10), l.to).x + length2(l);
}
