//// bit-fields: values, signs, wrapping
struct b { int a : 3; unsigned c : 5; _Bool d : 1; signed char e : 4; unsigned short f : 9; long g : 20; unsigned long h : 33; };
long run(int n) { struct b b = {n, n, n, n, n, n, n}; b.a += 1; b.c -= 3; b.d = b.d ^ 1; b.e++; b.f = ~b.f; --b.g; b.h = -b.h; return b.a + b.c * 10L + b.d * 1000L + b.e * 10000L + b.f * 1000000L + b.g * 10000000000L + (long)(b.h % 7); }
//= 3 -> 20508040001
//= 100 -> 990411050013
//= -7 -> -79994059778
//// bit-fields: the layout of gcc
#define SIZE(...) sizeof(struct { __VA_ARGS__ })
union u { struct { char a; int b : 4; int c : 30; short d : 9; short e : 9; } s; unsigned char raw[16]; };
struct z { int a : 3; int : 0; int b : 5; char c; unsigned d : 7; unsigned : 3; unsigned e : 17; };
long run(int i) { union u u = {{0}}; u.s.a = 1; u.s.b = -1; u.s.c = -1; u.s.d = -1; u.s.e = 5; long n = sizeof(u.s) + sizeof(struct z) * 100; struct z z = {1, 2, 3, 4, 5}; unsigned char *p = (unsigned char *)&z; return u.raw[i] + p[i % sizeof z] * 1000L + n * 1000000; }
//= 0 -> 1212001001
//= 1 -> 1212000015
//= 4 -> 1212002255
//= 5 -> 1212003255
//= 7 -> 1212000063
//= 8 -> 1212005255
//= 9 -> 1212000001
//= 10 -> 1212000005
//= 11 -> 1212000000
//// sizes of structs with bit-fields
struct a { char x : 1; char y : 7; char z : 1; }; struct b { int x : 17; int y : 17; char c; }; struct c { long x : 40; int y : 30; }; struct d { unsigned char a : 4; unsigned short b : 10; unsigned int c : 20; };
struct e { char c; short : 5; char d; }; struct f { char c; int : 0; char d; }; struct g { _Bool a : 1, b : 1; int c : 1; }; union h { int a : 5; char b : 2; };
long run(void) { return sizeof(struct a) + sizeof(struct b) * 10 + sizeof(struct c) * 1000 + sizeof(struct d) * 100000 + sizeof(struct e) * 1000000 + sizeof(struct f) * 10000000L + sizeof(struct g) * 1000000000L + sizeof(union h) * 10000000000L + _Alignof(struct f) * 100000000000L + _Alignof(struct e) * 1000000000000L; }
//=  -> 1144053816082
//// bit-fields promote to int
struct b { unsigned a : 4; unsigned c : 31; unsigned d : 32; int e : 2; };
int run(int n) { struct b b = {15, 3, 3, -1}; int r = 0; r += (b.a - 16 < 0); r += (b.c - 4 < 0) * 2; r += (b.d - 4 < 0) * 4; r += (-b.a < 0) * 8; r += (~b.c < 0) * 16; r += (b.e < n) * 32; r += ((b.a << 28) < 0) * 64; return r; }
//= 0 -> 123
//// values of assignments to bit-fields
struct b { int a : 3; unsigned c : 3; _Bool d : 1; };
int run(int n) { struct b b, *p = &b; int x = b.a = n, y = (p->c = n), z = b.d = n, w = b.a++ + ++b.c; return x * 1000 + y * 100 + z * 10 + w; }
//= 5 -> -2487
//= 8 -> 11
//= 7 -> -291
//// bit-fields of static structs, of arrays and by value
struct b { unsigned a : 5, c : 11; int d : 16; };
static const struct b first[3] = {{1, 2, -3}, {.d = 4, .a = 31}, {33, 1000, 40000}};
static struct b next(struct b b) { b.a++; b.c += b.d; return b; }
int run(int i) { struct b table[3] = {first[0], first[1], first[2]}; struct b b = next(table[i]), *p = table; p[i].c++; table[(i + 1) % 3].d <<= 2; return b.a + b.c * 100 + table[i].c * 7 + table[(i + 1) % 3].d * 13 + next(next(b)).a * 1000000; }
//= 0 -> 4204931
//= 1 -> 2376471
//= 2 -> 4010853
//// the place of a bit-field is evaluated once
struct b { int a : 7, c : 8; };
static int calls;
static struct b *get(struct b *b) { calls++; return b + calls; }
int run(void) { struct b b[9] = {{0}}; get(b)->a += 5; get(b)->c++; get(b)->a = get(b)->c = 3; int n = 0; for (int i = 0; i < 9; i++) n = n * 3 + b[i].a + b[i].c; return n % 100000 + calls * 100000; }
//=  -> 412636
//// bit-fields in unions and nested
union u { struct { unsigned lo : 12, mid : 12, hi : 8; } f; unsigned whole; struct { unsigned char sign : 1; union { unsigned char rest : 7; unsigned char all; } in; } g; };
unsigned run(unsigned w) { union u u = {.whole = w}; u.f.mid ^= 0xfff; u.g.sign = !u.g.sign; u.g.in.rest += 3; return u.whole; }
//= 305419896 -> 315337081
