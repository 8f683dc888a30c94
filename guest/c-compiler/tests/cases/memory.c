//// array parameter
double run(double a[], int n) { double s = 0; for (int i = 0; i < n; i++) s += a[i]; return s; }
//= [1, 2.5, 3]; 3 -> 6.5; [1, 2.5, 3]
//// array parameter with a length, static and const
int run(const int a[static 2], int n, int b[n]) { b[0] = a[1]; return sizeof(a) == sizeof(int *); }
//= [1, 2]; 1; [0] -> 1; [1, 2]; [2]
//// local array with initialiser
int run(int i) { int a[5] = {1, 2, 3}; return a[i]; }
//= 2 -> 3
//= 4 -> 0
//// local array with computed initialiser
int run(int x) { int a[4] = {x, x * 2, x * 3}; return a[0] + a[1] * 10 + a[2] * 100 + a[3]; }
//= 2 -> 642
//// array length from the initialiser
int run(void) { int a[] = {1, 2, 3, [7] = 8, 9}; return sizeof(a) / sizeof(a[0]) * 100 + a[7] + a[8] + a[3]; }
//=  -> 917
//// two-dimensional arrays
int run(int n) { int m[3][4]; for (int i = 0; i < 3; i++) for (int j = 0; j < 4; j++) m[i][j] = i * 10 + j; return m[n][3] + m[2][n] + sizeof(m) + sizeof(m[0]); }
//= 1 -> 98
//// two-dimensional initialisers with and without inner braces
int run(int i, int j) { int a[2][3] = {{1, 2}, {4, 5, 6}}; int b[2][3] = {1, 2, 3, 4}; int c[][2] = {{1}, {2, 3}, 4, 5}; return a[i][j] * 100 + b[i][j] * 10 + c[2][1]; }
//= 0; 1 -> 225
//= 1; 2 -> 605
//= 1; 0 -> 445
//// three-dimensional arrays
int run(void) { int a[2][3][4]; int n = 0; for (int i = 0; i < 2; i++) for (int j = 0; j < 3; j++) for (int k = 0; k < 4; k++) a[i][j][k] = n++; return a[1][2][3] * 100 + a[1][0][2]; }
//=  -> 2314
//// pointer to a row
int run(void) { int a[2][3] = {1, 2, 3, 4, 5, 6}; int (*p)[3] = a; p++; return (*p)[1] * 10 + p[-1][2]; }
//=  -> 53
//// a two-dimensional parameter of a helper
static int trace(int m[][3], int n) { int s = 0; for (int i = 0; i < n; i++) s += m[i][i]; return s; }
int run(void) { int m[3][3] = {{1, 2, 3}, {4, 5, 6}, {7, 8, 9}}; return trace(m, 3); }
//=  -> 15
//// pointer arithmetic
int run(int *p) { int *q = p + 3; int d = q - p; q -= 2; return *q + *(p + 2) * 10 + d * 100 + p[3] * 1000 + *(1 + p) * 10000; }
//= [1, 2, 3, 4] -> 24332; [1, 2, 3, 4]
//// pointer increments
int run(int *p) { int s = *p++; s += *p++ * 10; s += *++p * 100; s += *--p * 1000; s += *p-- * 10000; return s + *p * 100000; }
//= [1, 2, 3, 4] -> 233421; [1, 2, 3, 4]
//// negative pointer offsets
int run(int *p, int n) { int *q = p + n; return q[-1] + q[-n] * 10 + *(q - 2) * 100; }
//= [1, 2, 3, 4]; 4 -> 314; [1, 2, 3, 4]
//// negative index into the middle of a local array
int run(int i) { int a[5] = {1, 2, 3, 4, 5}; return (&a[3])[i] + (a + 4)[i]; }
//= -2 -> 5
//= -1 -> 7
//// negative index into the middle of a global array
int a[5] = {1, 2, 3, 4, 5};
int run(int i) { int *p = &a[3]; return p[i] + (&a[3])[i] + (a + 3)[-1]; }
//= -2 -> 7
//= 1 -> 13
//// pointer comparison
int run(int *p) { int *q = p + 1; return (p < q) + (p == q) * 2 + (q >= p) * 4 + (p != 0) * 8 + (p + 1 == q) * 16 + (q - p) * 32; }
//= [1, 2] -> 61; [1, 2]
//// pointer to pointer
int run(int *a, int *b) { int **p = &a; **p = 5; p = &b; *p[0] = 6; *p += 1; return *b; }
//= [1]; [2, 9] -> 9; [5]; [6, 9]
//// address of a local
int run(int a) { int *p = &a; *p += 5; int **q = &p; **q *= 2; return a; }
//= 3 -> 16
//// address of parameters of every size
long run(char a, short b, float c, double d, long e, unsigned char f) { char *pa = &a; short *pb = &b; float *pc = &c; double *pd = &d; long *pe = &e; unsigned char *pf = &f; *pa += 1; *pb += 1; *pc += 1; *pd += 1; *pe += 1; *pf += 1; return a + b + (long)c + (long)d + e + f; }
//= 127; 32767; 1.5; 2.5; 100; 255 -> -32790
//// index written backwards
int run(int *p) { return 1[p] + 0[p] * 10; }
//= [3, 4] -> 34; [3, 4]
//// dereferenced address and array
int run(int x) { int a[3] = {7, 8, 9}; return *&x + *a + *(a + 1) * 10 + *&a[2] * 100; }
//= 1 -> 988
//// pointer to char walks bytes
int run(void) { int x = 0x01020304; unsigned char *p = (unsigned char *)&x; return p[0] + p[1] * 10 + p[2] * 100 + p[3] * 1000; }
//=  -> 1234
//// reading a float's bits
unsigned run(float f) { return *(unsigned *)&f; }
//= 1 -> 1065353216
//// void pointers convert both ways
int run(int *p) { void *v = p; int *q = v; const void *c = q; return *q + *(const int *)c; }
//= [21] -> 42; [21]
//// null pointers
#include <stddef.h>
int run(int *p) { int *n = NULL; void *v = 0; if (p == NULL) return -1; return (n == v) + !n * 2 + (p ? 4 : 0); }
//= [1] -> 7; [1]
//// conditional pointers
int run(int *a, int *b, int c) { int *p = c ? a : b; const int *q = c ? a : 0; *p = 7; return q ? *q : -1; }
//= [1]; [2]; 1 -> 7; [7]; [2]
//= [1]; [2]; 0 -> -1; [1]; [7]
//// elements of every type
void run(char *a, unsigned char *b, short *c, unsigned short *d, int *e, unsigned *f, long *g, float *h, double *i) { a[1] = a[0] + 1; b[1] = b[0] + 1; c[1] = c[0] + 1; d[1] = d[0] + 1; e[1] = e[0] + 1; f[1] = f[0] + 1; g[1] = g[0] + 1; h[1] = h[0] + 1; i[1] = i[0] + 1; }
//= [127, 0]; [255, 0]; [32767, 0]; [65535, 0]; [2147483647, 0]; [4294967295, 0]; [9223372036854775807, 0]; [0.5, 0]; [0.25, 0] -> [127, -128]; [255, 0]; [32767, -32768]; [65535, 0]; [2147483647, -2147483648]; [4294967295, 0]; [9223372036854775807, -9223372036854775808]; [0.5, 1.5]; [0.25, 1.25]
//// compound assignment through pointers evaluates the address once
int run(int *p) { int i = 0; p[i++] += 10; p[i++] *= 3; *(p + i++) -= 1; return i; }
//= [1, 2, 3] -> 3; [11, 6, 2]
//// post-increment in an index on both sides
int run(int *p) { int i = 0, j = 2; while (i < 2) p[i++] = p[j++]; return i * 10 + j; }
//= [1, 2, 3, 4] -> 24; [3, 4, 3, 4]
//// string copy idiom
int run(const char *s, char *d) { char *start = d; while ((*d++ = *s++)); return d - start; }
//= [104, 105, 0]; [1, 1, 1, 1] -> 3; [104, 105, 0]; [104, 105, 0, 1]
//// boolean elements
int run(_Bool *p) { p[0] = 5; p[1] = 0; p[1] |= p[0]; return p[0] + p[1]; }
//= [0, 0] -> 2; [1, 1]
//// globals
int counter = 5;
static double scale = 2.5;
int table[4] = {1, 2, 3, 4};
long uninitialised;
int run(int x) { counter += x; table[1] = counter; uninitialised--; return counter * scale + table[1] + table[3] + uninitialised; }
//= 3 -> 31
//// globals of every type
char a = -1; unsigned char b = 255; short c = -2; unsigned short d = 65535; float e = 0.5f; double f = 0.25; long g = -3; unsigned long h = 4; _Bool i = 7;
double run(void) { return a + b + c + d + e + f + g + h + i; }
//=  -> 65789.75
//// global two-dimensional array
const int m[2][2] = {{1, 2}, {3, 4}};
int run(int i, int j) { return m[i][j] * 10 + m[j][i]; }
//= 0; 1 -> 23
//// global pointer to a global
int x = 4;
int *p = &x;
int a[3] = {1, 2, 3};
int *q = a + 1, *r = &a[2];
int run(int v) { *p += v; return x * 100 + *q * 10 + *r; }
//= 1 -> 523
//// tentative definitions
int x;
int x;
int x = 3;
extern int x;
int run(void) { extern int x; return x; }
//=  -> 3
//// static locals keep their value
static int next(void) { static int n = 10; return n++; }
int run(void) { next(); next(); return next(); }
//=  -> 12
//// static local array
int run(int i) { static const int primes[] = {2, 3, 5, 7, 11}; return primes[i]; }
//= 3 -> 7
//// constant expressions in initialisers
enum { N = 4, M = N * 2 - 1 };
int a[N + 1] = {[N] = M};
double d = 1.0 / 4;
int s = sizeof(int) * 2, t = 'a' + 1, u = (3 > 2) ? 10 : 20, v = -1 >> 1, w = (char)300;
int run(void) { return a[N] + d * 4 + s + t + u + v + w; }
//=  -> 167
//// strings
int run(int i) { const char *s = "hello" " world"; char t[] = "abc"; char u[8] = "xy"; char v[2] = "pq"; return s[i] + t[1] * 1000 + sizeof(t) + u[2] + v[1] + sizeof("four"); }
//= 6 -> 98241
//// strings with escapes
int run(int i) { return "\n\t\\\"\x41\0z"[i]; }
//= 0 -> 10
//= 3 -> 34
//= 4 -> 65
//= 6 -> 122
//// global string and array of strings
char name[] = "abc";
const char *words[] = {"zero", "one", "two"};
int run(int i) { return name[i] + words[i][0] + sizeof(name); }
//= 2 -> 219
//// unsigned character array from a string
int run(void) { unsigned char t[] = {"\xff\x01"}; return t[0] + t[1] + sizeof t; }
//=  -> 259
//// sizeof of types and expressions
int run(char c, double *p) { int a[3][5]; return sizeof(char) + sizeof(short) * 10 + sizeof(long) * 100 + sizeof c + sizeof(c + 1) + sizeof a + sizeof a[0] + sizeof(*p) + sizeof(double[2]) + sizeof(1L) + sizeof(1.f) + sizeof 'a' + sizeof(c ? 1 : 2.0); }
//= 1; [0] -> 954; [0]
//// sizeof does not evaluate
int run(int a) { int s = sizeof(a++) + sizeof(a = 7); return a * 10 + s; }
//= 1 -> 18
//// sizeof a pointer is four
int run(int *p) { return sizeof(p) + sizeof(int **) + _Alignof(double); }
//! gcc differs
//= [1] -> 16; [1]
//// sizeof is unsigned long
int run(void) { return sizeof(int) - 5 > 0; }
//=  -> 1
//// typedefs
typedef unsigned int word; typedef word *word_pointer; typedef int vector[3]; typedef const char letter;
int run(word_pointer p) { vector v = {1, 2, 3}; word w = *p - 2; letter l = 'a'; return (w > 5) + v[2] + sizeof(vector) + l; }
//= [1] -> 113; [1]
//// a typedef name reused as a variable in an inner scope
typedef int T;
int run(T a) { T b = a; { int T = 5; b += T; } return b; }
//= 1 -> 6
//// enumerations
enum colour { RED, GREEN = 5, BLUE };
enum sign { MINUS = -1, PLUS = 1 };
int run(int x) { enum colour c = BLUE; enum sign s = MINUS; enum colour d = x; return c * 100 + s * 10 + (d > -1) + GREEN + RED; }
//= -1 -> 595
//// enumeration parameter
typedef enum { A, B, C } letter;
int run(letter l) { switch (l) { case A: return 1; case B: return 2; case C: return 3; } return 0; }
//= 1 -> 2
//// static assertions
_Static_assert(sizeof(long) == 8, "lp64");
int run(void) { _Static_assert(1, "true"); return 1; }
//=  -> 1
//// matrix multiplication
void run(const double *a, const double *b, double *c, int n) { for (int i = 0; i < n; i++) for (int j = 0; j < n; j++) { double s = 0; for (int k = 0; k < n; k++) s += a[i * n + k] * b[k * n + j]; c[i * n + j] = s; } }
//= [1, 2, 3, 4]; [5, 6, 7, 8]; [0, 0, 0, 0]; 2 -> [1, 2, 3, 4]; [5, 6, 7, 8]; [19, 22, 43, 50]
//// bubble sort
void run(int *a, int n) { for (int i = 0; i < n - 1; i++) for (int j = 0; j < n - 1 - i; j++) if (a[j] > a[j + 1]) { int t = a[j]; a[j] = a[j + 1]; a[j + 1] = t; } }
//= [5, -1, 3, 9, 0]; 5 -> [-1, 0, 3, 5, 9]
//// quick sort
static void sort(int *a, int lo, int hi) { if (lo >= hi) return; int p = a[(lo + hi) / 2], i = lo, j = hi; while (i <= j) { while (a[i] < p) i++; while (a[j] > p) j--; if (i <= j) { int t = a[i]; a[i++] = a[j]; a[j--] = t; } } sort(a, lo, j); sort(a, i, hi); }
void run(int *a, int n) { sort(a, 0, n - 1); }
//= [5, 2, 8, 1, 9, 3, 7]; 7 -> [1, 2, 3, 5, 7, 8, 9]
//// sieve on a local array
int run(int n) { char composite[1000] = {0}; int count = 0; for (int i = 2; i < n; i++) { if (composite[i]) continue; count++; for (int j = i * 2; j < n; j += i) composite[j] = 1; } return count; }
//= 1000 -> 168
//// uninitialised loop array is written first
int run(void) { int a[10]; for (int *p = a; p < a + 10; ++p) *p = p - a; return a[9] - a[3]; }
//=  -> 6
//// an array in a loop is initialised every time
int run(void) { int s = 0; for (int i = 0; i < 3; i++) { int a[3] = {1}; a[0] += i; a[1] += i; s = s * 10 + a[0] + a[1]; } return s; }
//=  -> 135
//// const pointer and pointer to const
int run(const int *p, int *const q) { *q = *p; const int *r = q; return *r; }
//= [3]; [0] -> 3; [3]; [3]
//// restrict is accepted
void run(double *restrict a, const double *__restrict b) { *a += *b; }
//= [1]; [2] -> [3]; [2]
//// a large sparse array
int t[200000] = {[5] = 1, [100000] = 2, [199999] = 3};
int run(int i) { return t[i] + t[199999]; }
//= 5 -> 4
//= 100000 -> 5
//= 6 -> 3
//// arrays whose length a later declaration gives
extern int late[];
int open[];
static int sum(void) { int s = 0; for (int i = 0; i < 4; i++) s += late[i] + open[i % 2]; return s; }
int run(void) { extern int late[]; return sum() * 100 + late[3]; }
int late[] = {1, 2, 3, 4}, open[2] = {5, 6};
int last(void) { return run() + (int)sizeof(late); }
//=  -> 3220
//// an extern variable that nothing uses needs no definition
extern int nowhere; extern int nothing[];
int run(int n) { extern double neither; return n; }
//= 4 -> 4
//// ranges of designators
struct p { int x; short y[3]; };
static const signed char table[] = {[0 ... 255] = -1, ['0' ... '9'] = 7, ['a'] = 3, 4, [10 ... 12] = 5, 6};
int run(int i) { int a[8] = {1, [2 ... 4] = 7, [5 ... 6] = 9, 8}; struct p p[5] = {[1 ... 3] = {4, {[0 ... 1] = 6, 5}}, {2}, [2].y[1] = 3}; return table[i] * 10 + (int)sizeof table + a[i % 8] * 1000 + p[i % 5].y[1] * 10000 + p[i % 5].x * 100000 + p[i % 5].y[2] * 1000000; }
//= 0 -> 1246
//= 13 -> 5469316
//= 12 -> 5437306
//= 97 -> 5430286
//= 98 -> 5467296
//= 51 -> 5467326
