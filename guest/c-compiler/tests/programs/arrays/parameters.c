/* Array parameters are pointers: sizes, changes seen by the caller, negative indices. */
#include <stdio.h>
static unsigned long size_inside(int a[10]) { a[0] = 7; return sizeof a[0]; }
static int last(const int a[static 2], int n) { return a[n - 1] + a[-1]; }
static void advance(int a[]) { a += 2; a[0] = 55; *a++ += 1; *a = 66; }
static long dot(const short *restrict a, const short *restrict b, int n) { long s = 0; while (n--) s += *a++ * *b++; return s; }
static int sum2(int m[2][3]) { int s = 0; for (int i = 0; i < 2; i++) for (int *p = m[i]; p < m[i] + 3; p++) s += *p; return s; }
static void fill(char s[], int n, char c) { s[n] = 0; while (n > 0) s[--n] = c++; }
int run(void) {
    int a[10] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
    unsigned long size = size_inside(a); printf("%lu %d %d\n", size, a[0], last(a + 1, 3));
    advance(a + 1); printf("%d %d %d\n", a[2], a[3], a[4]);
    short x[] = {1, -2, 3, 300}, y[] = {4, 5, -6, 300}; printf("%ld\n", dot(x, y, 4));
    int m[2][3] = {{1, 2, 3}, {4, 5, 6}}; printf("%d %d\n", sum2(m), sum2((int[2][3]){{1}, {2, 3}}));
    char s[8]; fill(s, 5, 'a'); puts(s);
    return sizeof a / sizeof *a + a[3];
}
