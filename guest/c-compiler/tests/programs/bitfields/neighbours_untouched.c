/* A write to one field leaves the others alone, whatever came before. */
#include <stdio.h>
struct f { unsigned a : 7, b : 9, c : 1; signed d : 15; unsigned long e : 50, g : 14; };
int run(void) {
    struct f f = {127, 511, 1, -1, (1ul << 50) - 1, 16383}, g = {0};
    f.b = 0; printf("%u %u %u %d %lu %u\n", f.a, f.b, f.c, f.d, (unsigned long)f.e, (unsigned)f.g);
    f.e = 0; printf("%u %u %u %d %lu %u\n", f.a, f.b, f.c, f.d, (unsigned long)f.e, (unsigned)f.g);
    f.c = 0; f.a = 0; printf("%u %u %u %d %lu %u\n", f.a, f.b, f.c, f.d, (unsigned long)f.e, (unsigned)f.g);
    g.d = -5; printf("%u %u %u %d %lu %u\n", g.a, g.b, g.c, g.d, (unsigned long)g.e, (unsigned)g.g);
    g.e = 0x2aaaaaaaaaaaa; g.b = 300; printf("%u %u %u %d %lx %u\n", g.a, g.b, g.c, g.d, (unsigned long)g.e, (unsigned)g.g);
    struct f copy = f; copy.g ^= 0x3000; f = copy;
    for (int i = 0; i < 200; i++) { f.a += 3; f.d -= 7; f.e = f.e * 3 + i; }
    return f.a + f.d + (int)(f.e % 1000);
}
