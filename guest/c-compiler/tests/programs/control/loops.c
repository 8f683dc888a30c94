#include <stdio.h>
/* Loops of all shapes: empty parts, commas, continue in each kind, loops that do not run. */
int run(void) {
    int n = 0, i, j; for (i = 0, j = 10; i < j; i++, j--) n += i * j; printf("%d %d %d\n", n, i, j);
    for (;;) { if (++n % 5 == 0) break; } i = 0; while (i++ < 10) { if (i % 3) continue; printf("%d ", i); }
    do { i--; if (i > 5) continue; printf("(%d)", i); } while (i > 3 && i != 4); printf("\n");
    for (i = 0; i < 5; i++); printf("%d ", i); while (i-- > 0); printf("%d ", i); do ; while (0); do n++; while (n < 0); printf("%d\n", n);
    for (unsigned u = 3; u < 4; u--) n += u; for (char c = 'a'; c <= 'e'; c += 2) putchar(c); for (double d = 0; d < 1; d += 0.25) n++;
    outer: for (i = 0; i < 4; i++) { for (j = 0; j < 4; j++) { if (j == i) break; if (i == 3 && j == 1) goto end; n += 100; } if (j > 5) goto outer; }
    end: printf("\n%d %d %d\n", n, i, j);
    int k = 5; while (k) { int k2 = k--; if (k2 == 3) { k = 0; continue; } n += k2; } for (int a = 0, *p = &a; *p < 3; ++*p) n += a;
    for (const char *s = "loop"; *s; ++s) for (int t = *s; t; t >>= 1) n += t & 1; return n;
}
