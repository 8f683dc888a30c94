#include <stdio.h>
#include <string.h>
/* One list, many uses: enum, names, table, switch, struct, functions. */
#define COLORS(X) X(RED, 0xff0000) X(GREEN, 0x00ff00) X(BLUE, 0x0000ff) X(WHITE, 0xffffff)
#define FIELDS(X) X(int, width, 640) X(double, scale, 1.5) X(char, tag, 'q') X(long, big, 1L << 35)
enum color {
#define X(name, code) name,
    COLORS(X)
#undef X
    COLOR_COUNT
};
#define X(name, code) [name] = #name,
static const char *const names[] = {COLORS(X)};
#undef X
#define X(name, code) code,
static const unsigned codes[] = {COLORS(X)};
#undef X
#define X(type, name, start) type name;
struct config { FIELDS(X) };
#undef X
#define X(type, name, start) .name = start,
static const struct config defaults = {FIELDS(X)};
#undef X
#define GETTER(type, name, start) static type get_##name(const struct config *c) { return c->name; }
FIELDS(GETTER)
static int lookup(const char *n) {
#define TRY(name, code) if (!strcmp(n, #name)) return name;
    COLORS(TRY)
    return -1;
}
static const char *classify(enum color c) { switch (c) {
#define CASE(name, code) case name: return #name ":" #code;
    COLORS(CASE) default: return "none"; } }
int run(void) {
    for (int i = 0; i < COLOR_COUNT; i++) printf("%s=%06x %d %s\n", names[i], codes[i], lookup(names[i]), classify(i));
    struct config c = defaults; c.width *= 2; printf("%d %g %c %ld %s\n", get_width(&c), get_scale(&c), get_tag(&c), get_big(&c), classify(99));
#define COUNT(...) +1
    return (0 COLORS(COUNT)) * 10 + (0 FIELDS(COUNT)) + lookup("PINK");
}
