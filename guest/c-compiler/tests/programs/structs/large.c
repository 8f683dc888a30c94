/* Big structs travel by copy as well. */
#include <stdio.h>
#include <string.h>
struct big { char data[1000]; int tail; };
static struct big filled(char c) { struct big b; memset(b.data, c, sizeof b.data); b.tail = c * 2; return b; }
static int check(struct big b, char c) { int n = 0; for (int i = 0; i < 1000; i++) n += b.data[i] == c; b.data[0] = 0; return n + b.tail; }
static struct big choose(int first, struct big a, struct big b) { return first ? a : b; }
struct wrapper { struct big pair[2]; short s; };
static struct wrapper swapped(struct wrapper w) { struct big t = w.pair[0]; w.pair[0] = w.pair[1]; w.pair[1] = t; w.s++; return w; }
int run(void) {
    struct big a = filled('a'), b = filled('b');
    printf("%d %d\n", check(a, 'a'), check(b, 'b'));
    printf("%d\n", check(choose(0, a, b), 'b'));
    a = choose(1, b, a);
    printf("%d %c\n", check(a, 'b'), a.data[0]);
    struct wrapper w = {{filled('x'), filled('y')}, 5};
    w = swapped(w);
    printf("%c %c %d\n", w.pair[0].data[999], w.pair[1].data[0], w.s);
    return check(swapped(swapped(w)).pair[0], 'y');
}
