#include <stdio.h>
/* case labels within a loop, within if, and coroutines made of switch. */
static void copy(char *to, const char *from, int count) { int n = (count + 7) / 8; switch (count % 8) { case 0: do { *to++ = *from++; case 7: *to++ = *from++; case 6: *to++ = *from++; case 5: *to++ = *from++; case 4: *to++ = *from++; case 3: *to++ = *from++; case 2: *to++ = *from++; case 1: *to++ = *from++; } while (--n > 0); } }
static int inner(int n) { int r = 0; switch (n) { case 0: if (r) { case 1: r += 1; } else { case 2: r += 2; } r += 10; break; case 3: for (;;) { r += 100; case 4: r += 1000; if (r > 3000) break; } r++; } return r; }
struct generator { int state, i, j; };
static int next(struct generator *g) { switch (g->state) { case 0: for (g->i = 0; g->i < 3; g->i++) { for (g->j = 0; g->j <= g->i; g->j++) { g->state = 1; return g->i * 10 + g->j; case 1:; } g->state = 2; return -g->i; case 2:; } g->state = 3; default: return 1000; } }
int run(void) {
    char b[64]; const char *t = "abcdefghijklmnopqrstuvwxyz0123456789"; int sum = 0;
    for (int n = 1; n < 30; n += 4) { for (int i = 0; i < 64; i++) b[i] = '.'; copy(b, t, n); b[32] = 0; printf("%s\n", b); for (int i = 0; i < 32; i++) sum += b[i]; }
    for (int i = 0; i < 6; i++) printf("%d ", inner(i)); printf("\n");
    struct generator g = {0}; int v; do printf("%d ", v = next(&g)); while (v != 1000); printf("%d\n", next(&g)); return sum;
}
