/* Sums in different orders, and Kahan's. */
#include <stdio.h>
static float naive(const float *v, int n) { float s = 0; for (int i = 0; i < n; i++) s += v[i]; return s; }
static float kahan(const float *v, int n) {
    float s = 0, c = 0;
    for (int i = 0; i < n; i++) { float y = v[i] - c, t = s + y; c = (t - s) - y; s = t; }
    return s;
}
static float pairwise(const float *v, int n) { return n == 1 ? v[0] : pairwise(v, n / 2) + pairwise(v + n / 2, n - n / 2); }
double run(void) {
    float v[1000]; double exact = 0;
    unsigned seed = 1;
    for (int i = 0; i < 1000; i++) {
        seed = seed * 1103515245 + 12345;
        v[i] = (float)(seed >> 8) / 65536.0f - 100;
        exact += v[i];
    }
    printf("%.9g %.9g %.9g %.17g\n", naive(v, 1000), kahan(v, 1000), pairwise(v, 1000), exact);
    return exact;
}
