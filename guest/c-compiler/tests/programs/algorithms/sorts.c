#include <stdio.h>
#include <string.h>
/* Eight ways of sorting, all with one result. */
static void swap(int *a, int *b) { int t = *a; *a = *b; *b = t; }
static void bubble(int *v, int n) { for (int i = n; i > 1; i--) for (int j = 1; j < i; j++) if (v[j - 1] > v[j]) swap(v + j - 1, v + j); }
static void insertion(int *v, int n) { for (int i = 1; i < n; i++) { int x = v[i], j = i; for (; j > 0 && v[j - 1] > x; j--) v[j] = v[j - 1]; v[j] = x; } }
static void selection(int *v, int n) { for (int i = 0; i < n - 1; i++) { int m = i; for (int j = i + 1; j < n; j++) if (v[j] < v[m]) m = j; swap(v + i, v + m); } }
static void shell(int *v, int n) { for (int g = n / 2; g; g /= 2) for (int i = g; i < n; i++) for (int j = i - g; j >= 0 && v[j] > v[j + g]; j -= g) swap(v + j, v + j + g); }
static void quick(int *v, int n) { if (n < 2) return; int p = v[n / 2], i = 0, j = n - 1; for (;;) { while (v[i] < p) i++; while (v[j] > p) j--; if (i >= j) break; swap(v + i++, v + j--); } quick(v, i); quick(v + i, n - i); }
static void merge(int *v, int n) { if (n < 2) return; int h = n / 2, t[400], i = 0, j = h, k = 0; merge(v, h); merge(v + h, n - h); while (i < h || j < n) t[k++] = j == n || (i < h && v[i] <= v[j]) ? v[i++] : v[j++]; memcpy(v, t, n * sizeof *v); }
static void heap(int *v, int n) { for (int s = n / 2 - 1, e = n; e > 1;) { int r; if (s >= 0) r = s--; else { swap(v, v + --e); r = 0; } for (int c; (c = 2 * r + 1) < e; r = c) { if (c + 1 < e && v[c + 1] > v[c]) c++; if (v[r] >= v[c]) break; swap(v + r, v + c); } } }
static void radix(int *v, int n) { static int t[400]; for (int s = 0; s < 32; s += 8) { int c[257] = {0}; for (int i = 0; i < n; i++) c[(((unsigned)v[i] ^ 0x80000000u) >> s & 255) + 1]++; for (int i = 0; i < 256; i++) c[i + 1] += c[i]; for (int i = 0; i < n; i++) t[c[((unsigned)v[i] ^ 0x80000000u) >> s & 255]++] = v[i]; memcpy(v, t, n * sizeof *v); } }
int run(void) {
    void (*const sorts[])(int *, int) = {bubble, insertion, selection, shell, quick, merge, heap, radix}; unsigned first = 0, same = 0;
    for (unsigned s = 0; s < 8; s++) for (int n = 0; n <= 300; n += 100) { int v[300]; unsigned x = 99 + n, h = 0; for (int i = 0; i < n; i++) { x = x * 69069 + 1; v[i] = (int)x >> (i % 20); } sorts[s](v, n); int ok = 1; for (int i = 0; i < n; i++) { h = h * 31 + v[i]; ok &= !i || v[i - 1] <= v[i]; } if (!s) first = first * 7 + h; same = (n ? same : 0) * 7 + h; if (n == 300) printf("%d %d ", ok, same == first); }
    printf("%u\n", first); return (int)(same & 0xffff);
}
