//// goto forwards out of loops
int run(int n) { int s = 0; for (int i = 0; i < 10; i++) for (int j = 0; j < 10; j++) { s += i * j; if (s > n) goto out; } s = -1; out: return s; }
//= 20 -> 21
//= 5000 -> -1
//// goto backwards
int run(int n) { int s = 0; again: s += n; if (--n > 0) goto again; return s; }
//= 10 -> 55
//// several labels, in both directions
int run(int n) { int s = 0, i = 0; goto test; body: s += i * i; i++; if (s > 1000) goto end; test: if (i < n) goto body; s = -s; end: s += 1; if (s < -100) { s = 7; goto test2; } return s; test2: return s * 2; }
//= 4 -> -13
//= 10 -> 14
//= 100 -> 1016
//// a label at the end of a loop's body
int run(int n) { int s = 0; for (int i = 0; i < n; i++) { for (int j = 2; j < i; j++) if (i % j == 0) goto next; s += i; next: ; } return s; }
//= 20 -> 78
//// goto into a loop
int run(int n) { int s = 0, i = 3; if (n > 5) goto inside; for (i = 0; i < n; i++) { s += 100; inside: s += i; if (i == 4) continue; if (i == 6) break; s += 1000; } return s * 10 + i; }
//= 3 -> 33033
//= 6 -> 22126
//= 9 -> 23186
//// goto into a block and an if
int run(int n) { int r = 0; if (n == 1) goto a; if (n == 2) goto b; if (n == 3) goto c; { r += 1; a: r += 10; } if (n == 0) { r += 100; b: r += 1000; } else { r += 10000; c: r += 100000; } return r; }
//= 0 -> 1111
//= 1 -> 110010
//= 2 -> 1000
//= 3 -> 100000
//= 4 -> 110011
//// goto into while and do loops
int run(int n) { int s = 0; if (n & 1) goto w; if (n & 2) goto d; while (n > 10) { s++; w: n -= 3; s += 10; } do { s += 100; d: s += 1000; n--; } while (n > 6); return s * 100 + n; }
//= 20 -> 224406
//= 21 -> 334306
//= 8 -> 220006
//= 6 -> 100005
//// Duff's device
static void copy(char *to, const char *from, int count) { int n = (count + 7) / 8; switch (count % 8) { case 0: do { *to++ = *from++; case 7: *to++ = *from++; case 6: *to++ = *from++; case 5: *to++ = *from++; case 4: *to++ = *from++; case 3: *to++ = *from++; case 2: *to++ = *from++; case 1: *to++ = *from++; } while (--n > 0); } }
int run(int n) { char a[64], b[64] = {0}; for (int i = 0; i < 64; i++) a[i] = i + 1; copy(b, a, n); int s = 0; for (int i = 0; i < 64; i++) s += b[i] * (i & 3); return s; }
//= 1 -> 0
//= 8 -> 64
//= 19 -> 280
//= 40 -> 1280
//// cases within other statements, default among them
int run(int n) { int r = 0; switch (n) { case 1: if (n > 5) { case 2: r += 1; break; default: r += 10; } r += 100; case 3: for (int i = 0; i < 2; i++) { r += 1000; case 4: r += 10000; if (r > 50000) continue; } r += 100000; } return r; }
//= 1 -> 122100
//= 2 -> 1
//= 3 -> 122000
//= 9 -> 122110
//// a switch without braces, and a loop as its body
int run(int n) { int s = 0, i = 0; switch (n) while (i < 5) { case 3: s += 10; case 4: i++; s++; } switch (n) case 4: s += 1000; return s; }
//= 1 -> 0
//= 3 -> 55
//= 4 -> 1045
//// break and continue in switches in loops with labels
int run(int n) { int s = 0; for (int i = 0; i < n; i++) { switch (i % 5) { case 0: continue; case 1: s += 1; break; case 2: goto two; case 3: s += 100; default: s += 1000; } s += 10000; continue; two: s += 7; } return s; }
//= 11 -> 64216
//// a state machine
int run(int n) { int state = 0, count = 0; for (;;) { switch (state) { case 0: if (n == 1) goto done; state = n % 2 ? 1 : 2; break; case 1: n = 3 * n + 1; state = 0; count++; break; case 2: n /= 2; state = 0; count++; break; } } done: return count; }
//= 27 -> 111
//// labels have their own name space, and jumps pass over initialisers
struct x { int x; };
int run(int x) { int i = 0; x: { struct x y = {x}; int z = y.x; i += z; goto next; } int never = 5; next: if (i < 100) goto x; return i; }
//= 7 -> 105
//// cleanup in reverse order
int run(int n) { int r = 0; if (n == 1) goto one; if (n == 2) goto two; if (n == 3) goto three; r = 1000; three: r += 300; two: r += 20; one: r += 1; return r; }
//= 0 -> 1321
//= 2 -> 21
//= 3 -> 321
//// an interpreter with computed state by goto
int run(int n) { int pc = 0, acc = 0; static const int code[] = {1, 2, 1, 3, 0}; fetch: switch (code[pc++]) { case 0: goto stop; case 1: goto add; case 2: goto twice; default: goto neg; } add: acc += n; goto fetch; twice: acc *= 2; goto fetch; neg: acc = -acc; goto fetch; stop: return acc; }
//= 5 -> -15
//// case ranges
int run(int c) { switch (c) { case 'a' ... 'z': return 1; case '0' ... '9': case '_': return 2; case -5 ... -3: return 3; } return 0; }
//= 97 -> 1
//= 122 -> 1
//= 123 -> 0
//= 53 -> 2
//= -4 -> 3
//// statement expressions
#define MAX(a, b) ({ __typeof__(a) _a = (a); __typeof__(b) _b = (b); _a > _b ? _a : _b; })
struct p { int x, y; };
int run(int n) { int s = MAX(n++, 3) * 10 + MAX(MAX(n, 2), 1); s += ({ int t = 0; for (int i = 0; i < 4; i++) { if (i == 2) break; t += s; } t; }); return s + ({ struct p p = {n, 2}; p; }).y + 3 * ({ if (n > 100) return -1; n; }); }
//= 4 -> 152
//= 1 -> 104
//= 100 -> -1
//// an unused label, and a jump over a loop with labels of its own
int run(int n) { unused: ; int s = 0; if (n < 0) goto end; for (int i = 0; i < n; i++) { int k = 0; more: k++; s += k; if (k < i) goto more; } end: return s; }
//= 4 -> 11
//= -1 -> 0
