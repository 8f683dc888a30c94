/* Values of bit-fields are cut to their width; signed ones extend their sign. */
#include <stdio.h>
struct s { int a : 3; unsigned b : 3; signed c : 1; unsigned d : 1; int e : 31; long f : 40; unsigned long g : 33; };
int run(void) {
    struct s s = {0};
    for (int i = -9; i < 10; i += 3) {
        s.a = i; s.b = i; s.c = i; s.d = i; s.e = i * 100000000; s.f = i * 100000000000L; s.g = i * 1000000000L;
        printf("%d %d %d %d %d %ld %lu\n", s.a, s.b, s.c, s.d, s.e, (long)s.f, (unsigned long)s.g);
    }
    int assigned = s.a = 5; unsigned u = s.b = 13;
    printf("%d %u\n", assigned, u);
    s.a++; printf("%d ", s.a); s.a = 3; s.a++; printf("%d ", s.a); s.a -= 1; printf("%d\n", s.a);
    s.b = 7; s.b++; printf("%d ", s.b); int old = s.b--; printf("%d %d\n", old, s.b);
    s.b = 7; s.b += 3; s.b <<= 1; printf("%d\n", s.b);
    return s.a * 10 + s.b;
}
