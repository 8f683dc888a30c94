//// add integers
int run(int a, int b) { return a + b; }
//= 3; 4 -> 7
//= 2147483647; 1 -> -2147483648
//// sum by an OUT parameter
void sum(float a, float b, float *c) { *c = a + b; }
//= 3; 4.5; [0] -> [7.5]
//= 0.1; 0.2; [9] -> [0.3]
//// integer division truncates towards zero
int run(int a, int b) { return a / b * 1000 + a % b; }
//= 7; 2 -> 3001
//= -7; 2 -> -3001
//= 7; -2 -> -2999
//// unsigned division and remainder
unsigned run(unsigned a, unsigned b) { return a / b + a % b; }
//= 4294967295; 10 -> 429496734
//// long division
long run(long a, long b) { return a / b - a % b; }
//= -9223372036854775807; 3 -> -3074457345618258601
//// division by zero traps
int run(int a) { return 1 / a; }
//! gcc differs
//= 0 -> trap: integer divide by zero
//= 2 -> 0
//// overflowing division traps
int run(int a, int b) { return a / b; }
//! gcc differs
//= -2147483648; -1 -> trap: integer overflow
//// constant division by zero traps only when reached
int run(int a) { return a ? 1 / 0 : 5; }
//! gcc differs
//= 0 -> 5
//= 1 -> trap: integer divide by zero
//// shifts of signed and unsigned
long run(int a, unsigned b, int n) { return (long)(a >> n) * 1000000000000 + (b >> n) + ((long)(a << n) << 1); }
//= -16; 4294967280; 2 -> -3998926258308
//// shift takes the type of its left operand
long run(int a, long n) { return (a << n) + (1L << (char)40); }
//= 1; 31 -> 1097364144128
//// shift of narrow types promotes
int run(unsigned char a) { return (a << 4) >> 2; }
//= 255 -> 1020
//// signed and unsigned compare
int run(int a, unsigned b) { return (a < b) + 2 * (a > b) + 4 * (a == b) + 8 * (a <= b) + 16 * (a >= b) + 32 * (a != b); }
//= -1; 1 -> 50
//= 5; 5 -> 28
//// signed long and unsigned int compare as long
int run(long a, unsigned b) { return a < b; }
//= -1; 1 -> 1
//// char arithmetic happens in int
int run(char a, char b) { return a * b + a; }
//= 127; 127 -> 16256
//= -128; 2 -> -384
//// char is signed
int run(void) { char c = 200; unsigned char u = 200; return c * 1000 + u; }
//=  -> -55800
//// narrowing on assignment
int run(int x) { char a = x; short b = x; unsigned char c = x; unsigned short d = x; return a + b * 3 + c * 5 + d * 7; }
//= 74565 -> 90704
//= -1 -> 460016
//// narrowing on return and argument
static unsigned char cut(unsigned char x) { return x + 1; }
int run(int x) { return cut(x) + cut(255); }
//= 511 -> 0
//= 300 -> 45
//// narrow parameters as passed
int run(signed char a, unsigned char b, short c, unsigned short d) { return a + b + c + d; }
//= -1; 255; -2; 65535 -> 65787
//// compound assignment on narrow types
int run(int n) { unsigned char a = 250; a += n; signed char b = 100; b *= 2; short c = 30000; c += 10000; a <<= 1; return a * 1000000 + b * 1000 + c; }
//= 10 -> 7918464
//// compound assignment converts through the wider type
int run(int n) { int a = 10; a *= 1.55; a += 0.9f; char c = 7; c /= 0.5; return a * 100 + c + n; }
//= 1 -> 1515
//// compound shift and bit operators
unsigned run(unsigned a) { a |= 0xf0; a &= 0xff0; a ^= 0x505; a >>= 3; a <<= 2; a %= 1000; return a; }
//= 74565 -> 888
//// complement and negation
long run(int a, unsigned b, unsigned char c) { return (long)~a + ~b + -b + ~c + -c; }
//= 5; 5; 5 -> 8589934564
//// negating the smallest int wraps
int run(int a) { return -a; }
//= -2147483648 -> -2147483648
//// logical not of every type
int run(int a, double d, float f, long l, int *p) { return !a + 2 * !d + 4 * !f + 8 * !l + 16 * !p; }
//= 0; 0.0; -0.0; 0; [1] -> 15; [1]
//= 1; 0.5; 1e-40; 4294967296; [1] -> 0; [1]
//// _Bool takes truth
int run(int a, double d) { _Bool x = a; _Bool y = d; _Bool z = (_Bool)256; return x + 2 * y + 4 * z; }
//= 256; 0.25 -> 7
//= 0; 0.0 -> 4
//// _Bool increments and decrements
int run(void) { _Bool b = 0; b++; int x = b; b++; x = x * 10 + b; b--; x = x * 10 + b; b--; return x * 10 + b; }
//=  -> 1101
//// _Bool compound
#include <stdbool.h>
int run(int a) { bool b = true; b += a; int x = b; b -= 1; return x * 10 + b; }
//= 5 -> 10
//= -1 -> 1
//// float is single precision
float run(float a, float b) { return a * b + a / b - a; }
//= 0.1; 3 -> 0.23333335
//= 16777216; 1.0000001 -> 16777216
//// double arithmetic
double run(double a, double b) { return a * b - a / b; }
//= 1.1; 1.1 -> 0.21000000000000019
//= 1; 0 -> -inf
//// float and double mix in double
double run(float a, double b) { return a * b + 0.1f; }
//= 0.1; 3.0 -> 0.40000000596046448
//// float and int mix in float
float run(float a, int b, long c) { return a + b + c; }
//= 0.5; 16777217; 1 -> 16777216
//// integer to floating conversions
double run(unsigned a, unsigned long b, long c, char d) { return (double)a + (float)b + (double)c + (float)d; }
//= 4294967295; 18446744073709551615; -1; -128 -> 1.8446744078004519e19
//// floating to integer truncates
long run(double a, float b) { return (long)a * 1000000 + (int)b * 1000 + (unsigned char)(int)a + (short)b; }
//= 2.99; -2.99 -> 1998000
//= -1.5; 100.9 -> -899645
//// floating to unsigned
unsigned long run(double a) { return (unsigned long)a + (unsigned)a; }
//= 4000000000.7 -> 8000000000
//// floating to narrow goes through int
int run(double a) { char c = a; unsigned char u = a; short s = a; return c + u * 1000 + s; }
//= 200.9 -> 200144
//// out of range floating to integer saturates
int run(double a, float b) { return (a == a ? (int)a : (int)a + 5) + (b > 0 ? (int)b : 0); }
//! gcc differs
//= 1e20; -1 -> 2147483647
//= nan; -1 -> 5
//// long arithmetic beyond 32 bits
long long run(long long a, int b) { return a * b + (a >> 33) - b; }
//= 123456789012; -7 -> -864197523063
//// unsigned long wraps
unsigned long run(unsigned long a, unsigned long b) { return a * b - b; }
//= 18446744073709551615; 2 -> 18446744073709551612
//// unsigned int wraps at 32 bits in long context
long run(unsigned a, unsigned b) { long x = a - b; return x; }
//= 1; 2 -> 4294967295
//// int to unsigned long sign extends
unsigned long run(int a) { unsigned long x = a; return x; }
//= -1 -> 18446744073709551615
//// unsigned long long and long long mix
int run(long long a, unsigned long long b) { return a < b; }
//= -1; 1 -> 0
//// integer constants by suffix and base
long run(void) { return 0x7fffffff + 1L + 010 + 1u + 'a' + 0xffffffff + 2147483648 + '\n' + '\x7f' + '\101'; }
//=  -> 8589934899
//// unsigned hex constant compares unsigned
int run(void) { return -1 < 0x80000000; }
//=  -> 0
//// characters above 127 are negative
int run(void) { return '\xff' == -1; }
//=  -> 1
//// floating constants
double run(void) { return 1e3 + .5 + 1.f + 0x1.8p1 + 1E-2 + 3.; }
//=  -> 1007.51
//// comparison yields int
int run(double a, double b) { return (a < b) + (a <= b) * 2 + (a > b) * 4 + (a >= b) * 8 + (a == b) * 16 + (a != b) * 32; }
//= 1; 2 -> 35
//= nan; 2 -> 32
//// conditional operator converts to the common type
double run(int c, int i, double d) { return c ? i : d; }
//= 1; 3; 2.5 -> 3
//= 0; 3; 2.5 -> 2.5
//// conditional operator with signed and unsigned
long run(int c, int a, unsigned b) { return c ? a : b; }
//= 1; -1; 2 -> 4294967295
//// nested conditional operators
int run(int a) { return a < 0 ? -1 : a == 0 ? 0 : a < 10 ? 1 : 2; }
//= -5 -> -1
//= 0 -> 0
//= 5 -> 1
//= 50 -> 2
//// comma operator
int run(int a) { int b; return b = a + 1, b++, b * 2; }
//= 3 -> 10
//// comma operator as a statement
int run(int a) { int b = 1, c = 2; a++, b += a, c += b; return (a, b, c); }
//= 3 -> 7
//// short circuit skips side effects
int run(int a, int b) { int n = 0; int r = (a && ++n) + (b || ++n) * 10; return r * 100 + n; }
//= 0; 0 -> 1001
//= 1; 0 -> 1102
//= 5; 7 -> 1101
//// logical operators give 0 or 1
int run(int a, double b, long c) { return (a && b) + (b && c) + (a || c) * 10; }
//= 4; 0.5; 8589934592 -> 12
//= 0; 0; 0 -> 0
//// logical operators on pointers
int run(int *p, int n) { return (p && n) + 2 * (p != 0) + 4 * (!p || n == 3); }
//= [1]; 3 -> 7; [1]
//// precedence of bit operators and comparison
int run(int a, int b) { return a & b == b | a ^ 3; }
//= 6; 2 -> 5
//// left associativity
int run(int a, int b, int c) { return a - b - c + a / b / c - (a - (b - c)); }
//= 100; 5; 3 -> 0
//// increment and decrement
int run(int a) { int b = a++; int c = ++a; int d = a--; int e = --a; return b + c * 10 + d * 100 + e * 1000 + a * 10000; }
//= 1 -> 11331
//// increment of floats
double run(double a, float f) { double b = a++; --f; return a * 100 + b * 10 + f--; }
//= 1.5; 0.25 -> 264.25
//// increment of narrow types wraps
int run(void) { unsigned char a = 255; signed char b = 127; unsigned short c = 0; int x = a++; b++; c--; return x + a + b * 2 + c * 3; }
//=  -> 196604
//// increment through pointers
int run(int *p) { int a = (*p)++; int b = ++*p; int c = p[1]--; return a + 10 * b + 100 * c; }
//= [5, 7] -> 775; [7, 6]
//// casts
int run(double d, long l) { return (int)(char)l + (int)(unsigned char)l + (int)d + (int)(float)0.1 + (char)(short)l; }
//= 3.99; 511 -> 256
//// cast between int and unsigned in comparison
int run(int a) { return (unsigned)a > 5u; }
//= -1 -> 1
//// cast of a comparison to double
double run(int a) { return (double)(a > 1) / 2; }
//= 2 -> 0.5
//// cast to void discards
int run(int a) { (void)a; (void)(a + 1); return 4; }
//= 1 -> 4
//// assignment is an expression
int run(int a) { int b, c; b = c = a + 1; return (b = 5) + b + c; }
//= 1 -> 12
//// assignment truncates its own value
int run(int a) { char c; int i = (c = a); return i; }
//= 300 -> 44
//// unary plus promotes
int run(void) { char c = 5; return sizeof(+c) * 10 + sizeof(c); }
//=  -> 41
//// integer hash with 64-bit unsigned
unsigned long run(unsigned long x) { x ^= x >> 33; x *= 0xff51afd7ed558ccdUL; x ^= x >> 33; x *= 0xc4ceb9fe1a85ec53UL; x ^= x >> 33; return x; }
//= 12345 -> 1716623506685013753
