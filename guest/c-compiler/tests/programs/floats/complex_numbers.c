#include <stdio.h>
/* Complex numbers as structs: Mandelbrot's set and roots of unity by multiplication. */
typedef struct { double re, im; } z; static z add(z a, z b) { return (z){a.re + b.re, a.im + b.im}; } static z mul(z a, z b) { return (z){a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re}; } static double norm(z a) { return a.re * a.re + a.im * a.im; }
static int escape(z c, int most) { z x = {0}; int n = 0; while (n < most && norm(x) <= 4) { x = add(mul(x, x), c); n++; } return n; }
int run(void) { int total = 0; for (int y = -8; y <= 8; y++) { for (int x = -24; x <= 10; x++) { int n = escape((z){x / 12.0, y / 8.0}, 60); putchar(n == 60 ? '#' : n > 10 ? '+' : n > 4 ? '.' : ' '); total += n; } putchar('\n'); } z w = {0.70710678118654752, 0.70710678118654752}, p = {1, 0}; for (int i = 0; i < 8; i++) p = mul(p, w); printf("%.12f %.12f\n", p.re, p.im); return total; }
