//// if and else chains
int run(int a) { if (a < 0) return -1; else if (a == 0) return 0; else { if (a > 100) return 2; } return 1; }
//= -3 -> -1
//= 0 -> 0
//= 7 -> 1
//= 101 -> 2
//// dangling else belongs to the nearest if
int run(int a, int b) { int r = 0; if (a) if (b) r = 1; else r = 2; return r; }
//= 1; 1 -> 1
//= 1; 0 -> 2
//= 0; 0 -> 0
//// while with break and continue
int run(int n) { int s = 0, i = 0; while (1) { i++; if (i > n) break; if (i % 3 == 0) continue; s += i; } return s; }
//= 10 -> 37
//// do while runs at least once
int run(int n) { int c = 0; do { c++; if (c == 3) continue; } while (c < n); return c; }
//= 0 -> 1
//= 5 -> 5
//// continue in do while tests the condition
int run(int n) { int c = 0; do { c++; continue; } while (c < n); return c; }
//= 4 -> 4
//// for with declaration
int run(int n) { int s = 0; for (int i = 0, j = n; i < j; i++, j--) s += i * j; return s; }
//= 7 -> 28
//// for without any part
int run(int n) { int i = 0; for (;;) { if (i >= n) break; i += 2; } return i; }
//= 5 -> 6
//// continue in for runs the step
int run(int n) { int s = 0; for (int i = 0; i < n; i++) { if (i & 1) continue; s += i; } return s; }
//= 10 -> 20
//// nested loops with break and continue
int run(int n) { int c = 0; for (int i = 0; i < n; i++) { for (int j = 0; j < n; j++) { if (j == i) continue; if (j > i + 2) break; c += j; } if (c > 100) break; } return c; }
//= 6 -> 49
//// switch with fall-through and default
int run(int x) { int r = 0; switch (x) { case 1: r += 1; case 2: r += 2; break; case 3: r += 3; default: r += 100; case 5: r += 5; } return r; }
//= 1 -> 3
//= 2 -> 2
//= 3 -> 108
//= 4 -> 105
//= 5 -> 5
//// switch without default
int run(int x) { switch (x) { case 10: return 1; case -10: return 2; } return 3; }
//= 10 -> 1
//= -10 -> 2
//= 0 -> 3
//// dense switch
int run(int x) { switch (x) { case 3: return 30; case 4: return 40; case 5: case 6: return 56; case 8: return 80; default: return -1; } }
//= 2 -> -1
//= 3 -> 30
//= 5 -> 56
//= 6 -> 56
//= 7 -> -1
//= 8 -> 80
//= 9 -> -1
//= -2147483648 -> -1
//// sparse switch with large constants
int run(int x) { switch (x) { case 1000000: return 1; case -2147483647 - 1: return 2; case 2147483647: return 3; case 0: return 4; case 7: return 5; } return 0; }
//= 1000000 -> 1
//= -2147483648 -> 2
//= 2147483647 -> 3
//= 7 -> 5
//= 8 -> 0
//// switch on long and on char
int run(long x, char c) { int r = 0; switch (x) { case 4294967296: r = 1; break; case 0: r = 2; } switch (c) { case 'a': r += 10; break; case '\xff': r += 20; } return r; }
//= 4294967296; 97 -> 11
//= 0; -1 -> 22
//// switch converts constants to the type of its value
int run(unsigned x) { switch (x) { case -1: return 1; default: return 0; } }
//= 4294967295 -> 1
//// switch in a loop: break and continue
int run(int n) { int s = 0; for (int i = 0; i < n; i++) { switch (i % 4) { case 0: continue; case 1: s += 1; break; case 2: s += 10; } s += 100; } return s; }
//= 8 -> 622
//// loop in a switch
int run(int x) { int s = 0; switch (x) { case 1: for (int i = 0; i < 5; i++) { if (i == 3) break; s += i; } s += 100; break; default: s = -1; } return s; }
//= 1 -> 103
//= 2 -> -1
//// switch with declarations and blocks
int run(int x) { switch (x) { int y; case 1: y = 5; { int z = y; return z + 1; } case 2: { y = 7; return y; } } return 0; }
//= 1 -> 6
//= 2 -> 7
//// switch with a single statement
int run(int x) { int r = 0; switch (x) case 3: r = 9; return r; }
//= 3 -> 9
//= 4 -> 0
//// nested switch
int run(int a, int b) { switch (a) { case 1: switch (b) { case 1: return 11; case 2: break; default: return 19; } return 12; case 2: return 2; } return 0; }
//= 1; 1 -> 11
//= 1; 2 -> 12
//= 1; 3 -> 19
//= 2; 2 -> 2
//// empty statements and blocks
int run(int a) { ; {} if (a) ; else {} while (0); for (; a < 5; a++); return a; }
//= 1 -> 5
//// early return in a loop
int run(int n) { for (int i = 2; i * i <= n; i++) if (n % i == 0) return i; return n; }
//= 91 -> 7
//= 97 -> 97
//// shadowed variables
int run(int a) { int b = a; { int a = 10; b += a; { int b = 1; a += b; } b += a; } return a * 1000 + b; }
//= 2 -> 2023
//// a loop variable shadows
int run(int i) { int s = 0; for (int i = 0; i < 3; i++) s += i; return s * 10 + i; }
//= 7 -> 37
//// recursion
int fib(int n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }
int run(int n) { return fib(n); }
//= 20 -> 6765
//// mutual recursion through a prototype
int is_odd(int n);
int is_even(int n) { return n == 0 ? 1 : is_odd(n - 1); }
int is_odd(int n) { return n == 0 ? 0 : is_even(n - 1); }
int run(int n) { return is_even(n) * 10 + is_odd(n); }
//= 100 -> 10
//// recursion with local arrays
int f(int n) { int a[4] = {n, n + 1, n + 2, n + 3}; if (n == 0) return a[3]; int r = f(n - 1); return r + a[n % 4]; }
int run(int n) { return f(n); }
//= 10 -> 73
//// ackermann
int ack(int m, int n) { if (m == 0) return n + 1; if (n == 0) return ack(m - 1, 1); return ack(m - 1, ack(m, n - 1)); }
//= 2; 3 -> 9
//// the last function defined is run
int first(void) { return 1; }
int second(void) { return first() + 1; }
//=  -> 2
//// a void helper with pointer parameters
void swap(int *a, int *b) { int t = *a; *a = *b; *b = t; }
int run(int x, int y) { swap(&x, &y); return x * 10 + y; }
//= 1; 2 -> 21
//// early return from void
void put(int *p, int v) { if (v < 0) return; *p = v; }
int run(int v) { int x = 9; put(&x, v); return x; }
//= -1 -> 9
//= 4 -> 4
//// a function without return value that is not used
int nothing(void) { }
int run(void) { nothing(); return 3; }
//=  -> 3
//// recursion too deep in memory ends with a trap
int f(int n) { int a[2048]; a[n & 63] = n; return f(n + 1) + a[n & 63]; }
int run(void) { return f(0); }
//! gcc differs
//=  -> trap: wasm `unreachable` instruction executed
//// access out of bounds traps
int run(int i) { int a[2] = {1, 2}; return a[i]; }
//! gcc differs
//= 100000000 -> trap: out of bounds memory access
//= 1 -> 2
//// collatz
int run(long n) { int steps = 0; while (n != 1) { n = n % 2 ? 3 * n + 1 : n / 2; ++steps; } return steps; }
//= 27 -> 111
//// greatest common divisor
unsigned run(unsigned a, unsigned b) { while (b) { unsigned t = a % b; a = b; b = t; } return a; }
//= 1071; 462 -> 21
//// qualifiers and storage classes are accepted
static inline int twice(register const int x) { return x * 2; }
extern int run(volatile int a) { auto int b = a; const volatile int c = b; return twice(c); }
//= 4 -> 8
//// an unnamed parameter
int run(int a, int b) { return b; }
int last(int a, int) { return a; }
//= 4; 5 -> 4
//// the right side of a compound assignment comes first
int g = 1, i; int a[2] = {1, 2};
static int f(void) { g = 100; return 1; }
static int next(void) { i++; return 5; }
int run(void) { g += f(); a[i] += next(); return g * 100 + a[0] * 10 + a[1]; }
//=  -> 10117
//// nested compound assignments
int run(int a, int b) { int c = 1; char d = 100; a += b += c -= 2; d += (a *= 2, a); return a * 1000 + b * 100 + c * 10 + d; }
//= 1; 2 -> 4194
//// one-based arrays
int run(int *a, int n) { int *b = a - 1; int *c = a - 5000; int s = 0; for (int i = 1; i <= n; i++) s = s * 10 + b[i]; return s * 10 + c[5002]; }
//= [1, 2, 3]; 3 -> 1233; [1, 2, 3]
