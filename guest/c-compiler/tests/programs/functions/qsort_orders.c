/* qsort with several orders over ints, doubles, strings and structs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
struct person { char name[8]; int age; double height; };
static int up(const void *a, const void *b) { int x = *(const int *)a, y = *(const int *)b; return (x > y) - (x < y); }
static int down(const void *a, const void *b) { return up(b, a); }
static int by_double(const void *a, const void *b) { double x = *(double *)a, y = *(double *)b; return x < y ? -1 : x > y; }
static int by_text(const void *a, const void *b) { return strcmp(*(const char **)a, *(const char **)b); }
static int by_age(const void *a, const void *b) { const struct person *p = a, *q = b; return p->age != q->age ? p->age - q->age : strcmp(p->name, q->name); }
static int by_char(const void *a, const void *b) { return *(const char *)a - *(const char *)b; }
int run(void) {
    int v[] = {5, -3, 9, 0, 2147483647, -2147483647 - 1, 7, 7}; int n = sizeof v / sizeof *v;
    qsort(v, n, sizeof *v, up); for (int i = 0; i < n; i++) printf("%d ", v[i]);
    qsort(v, n, sizeof *v, down); printf("| %d %d\n", v[0], v[n - 1]);
    double d[] = {2.5, -1e10, 0.1, 1e-10}; qsort(d, 4, sizeof *d, by_double); printf("%g %g %g %g\n", d[0], d[1], d[2], d[3]);
    const char *t[] = {"the", "quick", "brown", "fox", "jumps"}; qsort(t, 5, sizeof *t, by_text);
    for (int i = 0; i < 5; i++) printf("%s ", t[i]);
    struct person p[] = {{"Bob", 30, 1.8}, {"Al", 25, 1.7}, {"Cy", 30, 1.6}, {"Di", 20, 1.5}}; qsort(p, 4, sizeof *p, by_age);
    for (int i = 0; i < 4; i++) printf("%s %d %g,", p[i].name, p[i].age, p[i].height);
    char s[] = "sorting letters"; qsort(s, strlen(s), 1, by_char); printf("\n[%s]\n", s);
    qsort(v, 0, sizeof *v, up); qsort(v, 1, sizeof *v, up);
    int big[500]; for (int i = 0; i < 500; i++) big[i] = i * 7919 % 500; qsort(big, 500, sizeof *big, up);
    int good = 0; for (int i = 0; i < 500; i++) good += big[i] == i;
    return good;
}
