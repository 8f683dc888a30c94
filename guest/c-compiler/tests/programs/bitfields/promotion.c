/* Narrow bit-fields promote to int, also unsigned ones, as all their values fit. */
#include <stdio.h>
struct s { unsigned narrow : 5; unsigned full : 32; int i : 8; unsigned char c : 4; _Bool b : 1; };
int run(void) {
    struct s s = {1, 1, -1, 15, 1};
    printf("%d\n", s.narrow - 2 < 0);
    printf("%d\n", s.full - 2 < 0);
    printf("%d\n", -s.narrow < 0);
    printf("%d\n", ~s.narrow < 0);
    printf("%d\n", s.i < s.narrow);
    printf("%d\n", s.c << 28 < 0);
    printf("%d %d\n", s.b + s.b, ~s.b);
    s.b = 2; printf("%d ", s.b); s.b = 0.5; printf("%d ", s.b); s.b -= 1; printf("%d\n", s.b);
    unsigned big = s.narrow * -1; printf("%u\n", big);
    return (s.narrow = 37) + (s.c += 3);
}
