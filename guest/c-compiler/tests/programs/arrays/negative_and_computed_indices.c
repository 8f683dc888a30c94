/* Indices of all types, computed, nested, with side effects. */
#include <stdio.h>
int run(void) {
    int a[8] = {3, 1, 4, 1, 5, 9, 2, 6}, i = 0; char c = 2; unsigned char u = 5; long l = 3; short s = -1; unsigned long ul = 1;
    int *m = a + 4;
    printf("%d %d %d %d %d\n", a[c], a[u], a[l], m[s], m[ul]);
    printf("%d %d\n", a[a[a[1]]], a[a[2] - a[3]]);
    printf("%d ", a[i++]); printf("%d ", a[++i]); printf("%d ", a[i--]); printf("%d\n", i);
    a[i] = a[i + 1] + 10; a[a[0]] = 7; printf("%d %d %d\n", a[1], a[3], a[0]);
    a[i++] += 5; a[i++]++; printf("%d %d %d\n", a[1], a[2], i);
    int x = 0; a[x = 3] *= x ? 2 : 3; printf("%d %d\n", a[3], x);
    printf("%d %d\n", a['c' - 'a'], "hello"[l + 1]);
    static const unsigned char steps[] = {1, 2, 0, 4, 3}; int pos = 0, path = 0;
    for (int n = 0; n < 9; n++) path = path * 5 + (pos = steps[pos]);
    return path + m[-4 + (int)ul];
}
