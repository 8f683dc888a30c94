/* Pointers move by elements; differences count them. */
#include <stdio.h>
struct item { char tag; long value; };
int run(void) {
    int a[10]; for (int i = 0; i < 10; i++) a[i] = i * i;
    int *p = a, *end = a + 10, *m = &a[5];
    printf("%d %d %d %d\n", *m, m[-2], *(m + 2), 3[m]);
    printf("%ld %ld %ld\n", (long)(end - p), (long)(m - end), (long)(&a[9] - &a[2]));
    p += 3; printf("%d ", *p++); printf("%d ", *p); printf("%d ", *++p); printf("%d ", *p--); printf("%d ", (*p)++); printf("%d\n", *p);
    printf("%d%d%d%d\n", p < m, p <= m, p == &a[4], end > m);
    struct item items[4] = {{'a', 1}, {'b', 2}, {'c', 3}, {'d', 4}}, *q = items;
    q += 2; printf("%c %ld ", q->tag, (q - 1)->value); q--; printf("%c %ld\n", q[2].tag, (long)(q - items));
    printf("%d\n", (int)((char *)(items + 3) - (char *)items));
    long sum = 0;
    for (int *r = end; r != a;) sum = sum * 3 + *--r;
    unsigned char back = 1; short step = -1;
    printf("%d %d\n", *(m - back), m[step]);
    char *text = "pointer"; while (*text) text++;
    printf("%c\n", text[-1]);
    return (int)(sum % 1000007);
}
