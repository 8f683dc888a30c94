//// macros
#define PI 3.0
#define AREA(r) (PI * (r) * (r))
#define MAX(a, b) ((a) > (b) ? (a) : (b))
double run(double r) { return AREA(r + 1) + MAX(r, MAX(2, 1)); }
//= 1 -> 14
//// conditional compilation
#define FAST
#ifdef FAST
#define N 10
#else
#define N 1
#endif
#if N > 5 && defined(FAST)
int run(int a) { return a * N; }
#endif
//= 4 -> 40
//// line continuation and comments
#define LONG 1 + \
  2 + /* three
  lines */ 3
int run(int a) { // comment
  return a + LO\
NG; /* end */ }
//= 4 -> 10
//// stdint types and limits
#include <stdint.h>
#include <limits.h>
int64_t run(int8_t a, uint16_t b, uint64_t c) { return a + b + c + INT32_MIN + INT8_MAX + UINT16_MAX + (UINT64_MAX == ULONG_MAX) + CHAR_BIT + INT_MAX; }
//= -1; 65535; 5 -> 131209
//// float limits
#include <float.h>
int run(void) { return (DBL_MAX > 1e308) + (FLT_MAX < 3.5e38f) * 2 + (1.0 + DBL_EPSILON != 1.0) * 4 + (FLT_MIN > 0) * 8 + (DBL_TRUE_MIN / 2 == 0) * 16; }
//=  -> 31
//// native mathematics
#include <math.h>
double run(double x) { return sqrt(x) + fabs(-x) * 10 + floor(x) * 100 + ceil(x) * 1000 + trunc(-x) * 10000 + rint(x) * 3 + copysign(2, -x); }
//= 2.25 -> -16772.0
//// single precision mathematics
#include <math.h>
float run(float x) { return sqrtf(x) + fabsf(-x) + floorf(x) + ceilf(x) + truncf(x) + sinf(x) + powf(x, 2.5f) + fmaxf(x, 1) + fmodf(x, 0.3f) + roundf(x); }
//= 2 -> 20.18036460876465
//// imported mathematics
#include <math.h>
double run(double x, double y) { return sin(x) + cos(x) + tan(x) + atan2(x, y) + exp(x) + log(y) + pow(x, y) + fmod(y, x) + hypot(x, y) + cbrt(y); }
//= 0.5; 8 -> 15.713408233654986
//// more imported mathematics
#include <math.h>
double run(double x) { return asin(x) + acos(x) + atan(x) + sinh(x) + cosh(x) + tanh(x) + exp2(x) + expm1(x) + log2(x) + log10(x) + log1p(x) + asinh(x) + atanh(x) + acosh(x + 1) + fma(x, x, x) + fdim(x, 0.25); }
//= 0.5 -> 8.305593928786113
//// fmin and fmax prefer numbers
#include <math.h>
double run(double x) { return fmin(x, 1) + fmax(x, 2); }
//= nan -> 3
//= 5 -> 6
//// rounding away from zero
#include <math.h>
long run(double x) { return lround(x) * 1000 + (long)round(x) * 10 + lrint(x); }
//= 2.5 -> 3032
//= -2.5 -> -3032
//// classification
#include <math.h>
int run(double x, float y) { return !!isnan(x) + 2 * !!isinf(x) + 4 * !!isfinite(x) + 8 * !!signbit(x) + 16 * !!isnan(y) + 32 * !!isinf(y); }
//= nan; inf -> 33
//= -inf; nan -> 26
//= -0.0; 1 -> 12
//// mathematical constants
#include <math.h>
double run(void) { return M_PI + M_E + (INFINITY > 1e308) + (NAN != NAN) + (HUGE_VAL == INFINITY); }
//=  -> 8.859874482048838
//// absolute values
#include <stdlib.h>
long run(int a, long b, long long c) { return abs(a) + labs(b) + llabs(c); }
//= -5; -6000000000; -7 -> 6000000012
//// integers convert to double arguments
#include <math.h>
double run(int n) { return sqrt(n) + pow(2, n); }
//= 9 -> 515
//// a function of the user's own by a library name
double sqrt(double x) { return x + 1; }
double run(double x) { return sqrt(x); }
//= 3 -> 4
//// numerical integration
#include <math.h>
static double f(double x) { return exp(-x * x); }
double run(double a, double b, int n) { double h = (b - a) / n, s = 0.5 * (f(a) + f(b)); for (int i = 1; i < n; i++) s += f(a + i * h); return s * h; }
//= 0; 1; 10 -> 0.7462107961317495
//// newton's method
double run(double x) { double r = x; for (int i = 0; i < 20; i++) r = 0.5 * (r + x / r); return r; }
//= 2 -> 1.414213562373095
//// mandelbrot
int run(double cr, double ci) { double zr = 0, zi = 0; int n = 0; while (n < 100 && zr * zr + zi * zi <= 4) { double t = zr * zr - zi * zi + cr; zi = 2 * zr * zi + ci; zr = t; n++; } return n; }
//= -0.5; 0.5 -> 100
//= 0.5; 0.5 -> 5
