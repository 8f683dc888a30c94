#include <stdio.h>
#include <string.h>
/* The classic traps of unsigned loop counters and sizes. */
int run(void) {
    int v[] = {1, 2, 3, 4, 5}; unsigned n = 5; int sum = 0, i;
    for (unsigned k = n; k-- > 0;) sum = sum * 10 + v[k]; printf("%d\n", sum);
    for (i = -1; i < (int)(sizeof v / sizeof *v) - 1; i++) sum += v[i + 1]; printf("%d\n", sum);
    int never = 0; for (i = -1; i < sizeof v / sizeof *v; i++) never++; printf("%d\n", never);
    const char *s = "abc"; printf("%d %d\n", strlen(s) - 4 > 0, (int)strlen(s) - 4 > 0); unsigned a = 3, b = 5; printf("%d %ld %u\n", a - b < 0, (long)a - b, (a - b) / 2); short t = -1; printf("%d %d\n", t > 1u, (unsigned short)t > 1u);
    unsigned char c = 200, d = 100; printf("%d %d %d\n", c + d, (unsigned char)(c + d), c - d - c < 0); unsigned long big = -1; printf("%d %d\n", big == -1, big > 0x7fffffffffffffff); printf("%d\n", (-3) / 2u > 5); long l = -1; unsigned u = 1; return (l < u) + 2 * ((int)l < u) + 4 * (i > n);
}
