/* Pointers to whole arrays and rows. */
#include <stdio.h>
static int sum_row(int (*row)[4]) { int s = 0; for (int i = 0; i < 4; i++) s += (*row)[i]; return s; }
static int trace(int m[][4], int n) { int t = 0; for (int i = 0; i < n; i++) t += m[i][i]; return t; }
static int (*largest(int (*m)[4], int n))[4] { int (*best)[4] = m; for (int i = 1; i < n; i++) if (sum_row(m + i) > sum_row(best)) best = m + i; return best; }
int run(void) {
    int m[3][4] = {{1, 2, 3, 4}, {50, 6, 7, 8}, {9, 10, 11, 12}};
    int (*p)[4] = m;
    printf("%d %d %d\n", sum_row(p), sum_row(p + 2), trace(m, 3));
    printf("%d %d %d\n", (*p)[1], p[1][0], *(*(p + 2) + 3));
    p++; printf("%d %ld\n", **p, (long)((char *)p - (char *)m));
    int (*b)[4] = largest(m, 3); (*b)[0] = -1; printf("%d %d\n", m[1][0], (int)(b - m));
    b = largest(m, 3); printf("%d\n", (int)(b - m));
    int (*whole)[3][4] = &m; printf("%d %zu %zu %zu\n", (*whole)[2][1], sizeof *whole, sizeof **whole, sizeof *p);
    char names[2][8] = {"first", "second"}; char (*q)[8] = names + 1;
    printf("%s %c %s\n", *q, (*q)[3], q[-1]);
    return *(m[0] + 11) + *(*m + 5);
}
