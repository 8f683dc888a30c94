#include <stdio.h>
/* Unusual but defined combinations of flags. */
int run(void) {
    int n = 0; n += printf("[%5%] [%-5d] [%+.3d] [% .0f] [%#.0e] [%#.3x]\n" + 5, 3, 7, 2.5, 1.0, 10); n += printf("[%-08d] [%0-8d] [%+ d] [% +d] [%-+8d]\n", 5, 5, 5, 5, 5);
    n += printf("[%08.2f] [%-8.2f] [%+8.2f] [%+-8.2f] [%08.2e]\n", -1.5, -1.5, 1.5, 1.5, 12345.678); n += printf("[%.0f] [%#.0f] [%.0g] [%#g] [%#.0g]\n", 3.0, 3.0, 3.0, 3.0, 3.0); n += printf("[%1d] [%01d] [%3d%3d]\n", 1234, 1234, 1, 2);
    n += printf("[%.10s] [%5.1s] [%-5.1s] [%.*s] [%*.*s]\n", "short", "abc", "abc", -1, "all", 6, 2, "xyz"); n += printf("[%hhx] [%hx] [%lx] [%hho] [%hhi]\n", 0x1ff, 0x1ffff, 0x1ffffffffl, 0777, 200); n += printf("[%#lx] [%#llo] [%+lld] [%05ld]\n", 255l, 8ll, 5ll, -3l); n += printf("[%c%c%c]\n", 'a', 0x141, 'c'); return n;
}
