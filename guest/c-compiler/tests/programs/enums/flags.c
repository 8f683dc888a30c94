/* Flags as enumeration constants, combined and tested. */
#include <stdio.h>
typedef enum { NONE = 0, READ = 1 << 0, WRITE = 1 << 1, EXECUTE = 1 << 2, OWNER = READ | WRITE, ALL = READ | WRITE | EXECUTE, TOP = 1u << 30 } mode;
static void show(mode m) {
    static const struct { mode bit; char c; } names[] = {{READ, 'r'}, {WRITE, 'w'}, {EXECUTE, 'x'}};
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) putchar(m & names[i].bit ? names[i].c : '-');
    putchar(' ');
}
int run(void) {
    mode m = NONE;
    for (int i = 0; i < 8; i++) show((mode)i);
    m |= READ; show(m); m |= EXECUTE; show(m); m &= ~READ; show(m); m ^= ALL; show(m); m = m & OWNER ? ALL : NONE; show(m);
    putchar('\n');
    printf("%d %d %d\n", ALL & ~WRITE, !!(m & WRITE), (m & OWNER) == OWNER);
    return m | TOP;
}
