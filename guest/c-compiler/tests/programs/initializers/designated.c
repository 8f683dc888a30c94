/* Designators in any order, repeated, nested, going on from where they are. */
#include <stdio.h>
struct p { int x, y; }; struct s { int a; struct p p[3]; int b[4]; char c; };
int a[] = {1, [5] = 6, 7, [2] = 3, 4, [0] = 9};
struct s s = {.b = {[1] = 5, 6}, 'z', .p[1] = {7, 8}, {9}, .a = 1};
static struct p grid[2][3] = {[1][2].y = 5, [0] = {{1, 2}, [2].x = 3}, [1][0] = {.y = 4}};
static const char *names[] = {[3] = "three", [1] = "one", "two"};
int run(void) {
    printf("%zu:", sizeof a / sizeof *a); for (int i = 0; i < 7; i++) printf(" %d", a[i]);
    printf("\n%d %d%d%d%d %c", s.a, s.b[0], s.b[1], s.b[2], s.b[3], s.c);
    for (int i = 0; i < 3; i++) printf(" %d,%d", s.p[i].x, s.p[i].y);
    printf("\n"); for (int i = 0; i < 2; i++) for (int j = 0; j < 3; j++) printf("%d,%d ", grid[i][j].x, grid[i][j].y);
    printf("\n"); for (unsigned i = 0; i < sizeof names / sizeof *names; i++) printf("%s ", names[i] ? names[i] : "-");
    enum { N = 3 }; int local[N + 2] = {[N] = 1, [N - 2] = 2}; int n = 5;
    struct s t = {.p[0].x = n, .p[0].y = n * 2, .c = n, .b[3] = n + 1}; n++;
    printf("\n%d%d %d %d %d %d\n", local[3], local[1], t.p[0].y, t.c, t.b[3], n);
    return a[6] + grid[1][2].y;
}
