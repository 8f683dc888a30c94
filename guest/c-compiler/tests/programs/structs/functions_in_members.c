/* Objects of sorts: structs with function pointers, constructors and an interface. */
#include <stdio.h>
struct shape { const char *name; double (*area)(const struct shape *); void (*grow)(struct shape *, double); union { double radius; struct { double w, h; } box; } of; };
static double circle_area(const struct shape *s) { return 3 * s->of.radius * s->of.radius; }
static double box_area(const struct shape *s) { return s->of.box.w * s->of.box.h; }
static void circle_grow(struct shape *s, double by) { s->of.radius *= by; }
static void box_grow(struct shape *s, double by) { s->of.box.w *= by; s->of.box.h *= by; }
static struct shape circle(double r) { return (struct shape){"circle", circle_area, circle_grow, {.radius = r}}; }
static struct shape box(double w, double h) { return (struct shape){.name = "box", .area = box_area, .grow = box_grow, .of.box = {w, h}}; }
double run(void) {
    struct shape shapes[] = {circle(1), box(2, 3), circle(0.5)};
    double total = 0;
    for (int i = 0; i < 3; i++) {
        struct shape *s = shapes + i;
        printf("%s %g", s->name, s->area(s));
        s->grow(s, 2);
        printf(" %g\n", (*s->area)(s));
        total += s->area(s);
    }
    struct shape t = shapes[1]; t.grow = shapes[0].grow == circle_grow ? 0 : box_grow;
    printf("%d\n", t.grow == 0);
    return total;
}
