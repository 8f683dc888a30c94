/* Members that an initialiser does not name are zero, also in reused stack space. */
#include <stdio.h>
struct inner { int a[3]; double d; };
struct outer { char c; struct inner in[2]; long last; };
static int dirty(int n) { int junk[64]; for (int i = 0; i < 64; i++) junk[i] = n + i; return junk[n % 64]; }
static long clean(void) {
    struct outer o = {'x', {{{1}}, {.d = 2.5}}};
    long sum = o.last;
    for (int i = 0; i < 2; i++) for (int j = 0; j < 3; j++) sum += o.in[i].a[j] * (i * 3 + j + 1);
    return sum + (long)(o.in[0].d * 10 + o.in[1].d * 2);
}
static struct outer partial = {.in[1].a[1] = 8, .in[1].a = {[2] = 9}, 0.5, .c = 'q'};
long run(void) {
    long s = 0;
    for (int i = 0; i < 5; i++) { s += dirty(i) * 0; s += clean(); }
    printf("%ld\n", s);
    printf("%c %d %d %d %g\n", partial.c, partial.in[1].a[0], partial.in[1].a[1], partial.in[1].a[2], partial.in[1].d);
    struct inner zero = {0};
    printf("%d %d %g\n", zero.a[0], zero.a[2], zero.d);
    for (int i = 0; i < 3; i++) { struct inner local = {{i}}; local.a[1] += i; s += local.a[0] + local.a[1] + local.a[2]; }
    return s;
}
