#include <stdio.h>
/* Order of floating values, with zeros of both signs and NaN last. */
static int is_nan(double d) { return d != d; }
static int before(double a, double b) { if (is_nan(a) || is_nan(b)) return !is_nan(a) && is_nan(b); return a < b; }
int run(void) { double z = 0, v[] = {3, -1, z / z, 1 / z, -1 / z, 0.0, -0.0, 1e-320, -5e-324, 2.5, z / z, 1e308}; int n = sizeof v / sizeof *v; for (int i = 1; i < n; i++) { double x = v[i]; int j = i; for (; j && before(x, v[j - 1]); j--) v[j] = v[j - 1]; v[j] = x; } for (int i = 0; i < n; i++) if (is_nan(v[i])) printf("nan "); else printf("%g ", v[i]); printf("\n"); double most = v[0], least = v[0]; for (int i = 1; i < n; i++) { if (v[i] > most) most = v[i]; if (!(v[i] >= least)) least = is_nan(v[i]) ? least : v[i]; } printf("%g %g\n", least, most); int c = 0; for (int i = 0; i < n; i++) for (int j = 0; j < n; j++) c += (v[i] < v[j]) + 2 * (v[i] <= v[j]) + 4 * (v[i] == v[j]) + 8 * (v[i] != v[j]) + 16 * !(v[i] > v[j]); return c; }
