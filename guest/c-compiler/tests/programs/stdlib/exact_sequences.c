#include <stdio.h>
#include <stdlib.h>
/* rand() as everyone uses it: shuffles, ranges, restarts with one seed, coin flips. */
static int range(int lo, int hi) { return lo + rand() % (hi - lo + 1); } static void shuffle(int *v, int n) { for (int i = n - 1; i > 0; i--) { int j = rand() % (i + 1), t = v[i]; v[i] = v[j]; v[j] = t; } }
int run(void) { int v[12], heads = 0; srand(2024); for (int i = 0; i < 12; i++) v[i] = i; shuffle(v, 12); for (int i = 0; i < 12; i++) printf("%d ", v[i]); int a = rand(); srand(2024); shuffle(v, 12); printf("\n%d\n", a == rand()); for (int i = 0; i < 1000; i++) heads += rand() & 1; int low = 100, high = 0; for (int i = 0; i < 500; i++) { int r = range(10, 20); if (r < low) low = r; if (r > high) high = r; } unsigned h = 0; for (int i = 0; i < 1000; i++) h = h * 31 + rand(); printf("%d %d %d %u\n", heads, low, high, h); srand(1); return rand(); }
