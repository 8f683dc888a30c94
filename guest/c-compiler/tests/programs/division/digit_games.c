#include <stdio.h>
/* Digits by division: palindromes, Armstrong numbers, digital roots, base conversion with negative bases. */
static int reverse(int n) { int r = 0; do r = r * 10 + n % 10; while (n /= 10); return r; } static int armstrong(int n) { int d = 0, s = 0; for (int m = n; m; m /= 10) d++; for (int m = n; m; m /= 10) { int p = 1; for (int i = 0; i < d; i++) p *= m % 10; s += p; } return s == n; }
static void negabinary(int n, char *out) { char b[40]; int k = 0; do { int r = n % -2; n /= -2; if (r < 0) { r += 2; n++; } b[k++] = '0' + r; } while (n); while (k) *out++ = b[--k]; *out = 0; }
int run(void) { int p = 0, a = 0; for (int i = 0; i < 2000; i++) { p += reverse(i) == i; a += i && armstrong(i); } char b[40]; for (int i = -5; i < 8; i += 3) { negabinary(i, b); printf("%s ", b); } printf("%d %d %d\n", reverse(-123), reverse(1200), 1 + (98765 - 1) % 9); return p * 100 + a; }
