/* Compound literals: arrays, structs, their addresses, their lifetime, static ones. */
#include <stdio.h>
struct p { int x, y; }; struct line { struct p a, b; };
static int sum(const int *v, int n) { int s = 0; while (n--) s += *v++; return s; }
static int area(struct p a, const struct p *b) { return (b->x - a.x) * (b->y - a.y); }
static struct p *global = &(struct p){3, 4}; static const int *const odd = (const int[]){1, 3, 5};
static struct p mid(struct line l) { return (struct p){(l.a.x + l.b.x) / 2, (l.a.y + l.b.y) / 2}; }
int run(void) {
    printf("%d %d\n", sum((int[]){1, 2, 3, 4}, 4), sum((int[5]){[1] = 7}, 5));
    printf("%d\n", area((struct p){1, 1}, &(struct p){.y = 5, .x = 4}));
    global->x += 10; printf("%d %d %d\n", global->x, global->y, odd[2]);
    int *p = (int[]){10, 20}; p[1]++; (int){5}; printf("%d %d\n", p[0], p[1]);
    struct p q = {0}; for (int i = 0; i < 3; i++) { struct p *r = &(struct p){i}; r->y += i; q.x += r->x; q.y += r->y; }
    printf("%d %d\n", q.x, q.y);
    q = (struct p){q.y, q.x + 1}; printf("%d %d %d\n", q.x, q.y, ((struct p){1, 2}).y);
    struct p m = mid((struct line){{0, 0}, {10, 20}}); struct line l = {m, .b = (struct p){1}};
    printf("%d %d %d %zu\n", l.a.x, l.a.y, l.b.x, sizeof(int[]){1, 2, 3});
    return ++(int){41} + (_Bool){7} + *&(char){300 - 256};
}
