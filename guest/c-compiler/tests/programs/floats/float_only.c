#include <stdio.h>
/* Arithmetic in float stays in float: polynomials, iterations, comparisons. */
static float horner(const float *c, int n, float x) { float r = 0; while (n--) r = r * x + c[n]; return r; }
static float logistic(float r, int n) { float x = 0.5f; while (n--) x = r * x * (1 - x); return x; }
static float mean(const float *v, int n) { float m = 0; for (int i = 0; i < n; i++) m += (v[i] - m) / (i + 1); return m; }
float run(void) {
    float c[] = {1, -0.5f, 0.25f, 1e-3f, 3e5f}, t = 0; for (float x = -2; x <= 2; x += 0.37f) { float y = horner(c, 5, x); printf("%.9g ", y); t += y; } printf("\n%.9g %.9g %.9g\n", logistic(3.7f, 100), logistic(2.9f, 50), mean(c, 5));
    float a = 1e20f, b = -1e20f, d = 1; printf("%.9g %.9g\n", a + b + d, a + (b + d)); float h = 0.1f; printf("%d%d%d\n", h == 0.1f, h < 0.1, h * 10 == 1.0f); float m = 3.4e38f; printf("%d %g\n", m * 10 > m, m * 10 / 10); float s = 1e-30f; printf("%.9g %d\n", s * 1e-12f, s * s == 0); return t;
}
