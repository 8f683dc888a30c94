#include <stdio.h>
#include <string.h>
/* Numbers of many digits: factorials, powers, Fibonacci, division by small numbers, square root of 2. */
typedef struct { unsigned digit[40]; int n; } big; enum { BASE = 1000000000 };
static big of(unsigned v) { return (big){{v % BASE, v / BASE}, v / BASE ? 2 : 1}; }
static big add(big a, big b) { big r = {{0}, a.n > b.n ? a.n : b.n}; unsigned c = 0; for (int i = 0; i < r.n; i++) { unsigned s = a.digit[i] + b.digit[i] + c; c = s >= BASE; r.digit[i] = c ? s - BASE : s; } if (c) r.digit[r.n++] = c; return r; }
static big multiply(big a, big b) { big r = {{0}, a.n + b.n}; for (int i = 0; i < a.n; i++) { unsigned long c = 0; for (int j = 0; j < b.n || c; j++) { unsigned long t = r.digit[i + j] + c + (j < b.n ? (unsigned long)a.digit[i] * b.digit[j] : 0); r.digit[i + j] = t % BASE; c = t / BASE; } } while (r.n > 1 && !r.digit[r.n - 1]) r.n--; return r; }
static unsigned divide(big *a, unsigned d) { unsigned long r = 0; for (int i = a->n; i--;) { r = r * BASE + a->digit[i]; a->digit[i] = r / d; r %= d; } while (a->n > 1 && !a->digit[a->n - 1]) a->n--; return r; }
static int compare(const big *a, const big *b) { if (a->n != b->n) return a->n - b->n; for (int i = a->n; i--;) if (a->digit[i] != b->digit[i]) return a->digit[i] < b->digit[i] ? -1 : 1; return 0; }
static big power(big b, unsigned e) { big r = of(1); for (; e; e >>= 1) { if (e & 1) r = multiply(r, b); b = multiply(b, b); } return r; }
static void show(big a) { printf("%u", a.digit[a.n - 1]); for (int i = a.n - 1; i--;) printf("%09u", a.digit[i]); printf("\n"); }
int run(void) { big f = of(1); for (unsigned i = 2; i <= 60; i++) f = multiply(f, of(i)); show(f); show(power(of(2), 200)); big a = of(0), b = of(1); for (int i = 0; i < 300; i++) { big t = add(a, b); a = b; b = t; } show(a); unsigned r = divide(&f, 1000007); show(f); printf("%u\n", r);
    big low = of(1), high = power(of(10), 30), two = multiply(of(2), power(of(10), 56)); for (int i = 0; i < 100; i++) { big m = add(low, high); divide(&m, 2); big s = multiply(m, m); if (compare(&s, &two) <= 0) low = m; else high = m; } show(low); return low.n * 1000 + f.n; }
