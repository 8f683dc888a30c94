/* Initialisers without inner braces fill in order. */
#include <stdio.h>
struct in { short a; int b[2]; }; struct out { struct in i[2]; char c; };
static struct out o = {1, 2, 3, 4, 5, 6, 'x'}, mixed = {{{1, {2}}, 3}, 'y'}; static int m[2][3] = {1, 2, 3, 4}; static int half[2][2][2] = {{1, 2, 3}, {{4}, 5}};
static struct { int n; char text[4]; } strings[] = {1, "abc", 2, {'d', 'e'}, {3, "f"}};
static struct in arrays[] = {1, 2, 3, 4, 5, 6, 7};
union u { struct in in; long l; }; static union u us[2] = {1, 2, 3, {4}};
int run(void) {
    printf("%d %d %d %d %d %d %c\n", o.i[0].a, o.i[0].b[0], o.i[0].b[1], o.i[1].a, o.i[1].b[0], o.i[1].b[1], o.c);
    printf("%d %d %d %c\n", mixed.i[0].b[0], mixed.i[0].b[1], mixed.i[1].a, mixed.c);
    for (int i = 0; i < 6; i++) printf("%d ", m[i / 3][i % 3]);
    for (int i = 0; i < 8; i++) printf("%d ", half[i / 4][i / 2 % 2][i % 2]);
    printf("\n"); for (unsigned i = 0; i < sizeof strings / sizeof *strings; i++) printf("%d%.4s ", strings[i].n, strings[i].text);
    printf("%zu %d %d\n", sizeof arrays / sizeof *arrays, arrays[2].a, arrays[2].b[1]);
    printf("%d %d %d\n", us[0].in.b[1], us[1].in.a, us[1].in.b[0]);
    int local[3][2] = {{1}, 2, 3, {4}}, x = 5; struct out l = {x, x + 1, x * 2, {x}, x};
    return local[1][1] * 100 + local[2][0] * 10 + l.i[0].b[1] + l.c + l.i[1].a;
}
