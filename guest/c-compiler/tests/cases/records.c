//// members of a local struct
struct p { int x; double y; char c; };
double run(int a) { struct p s; s.x = a; s.y = 2.5; s.c = 'a'; s.x += 3; s.c++; return s.x * 100 + s.y + s.c; }
//= 4 -> 800.5
//// struct assignment copies
struct p { int x, y; };
int run(int a) { struct p s = {a, 2}, t; t = s; s.x = 9; s = s; return t.x * 100 + t.y * 10 + s.x; }
//= 4 -> 429
//// pointers to structs and arrows
typedef struct node { int value; struct node *next; } node;
static int sum(const node *n) { int s = 0; while (n) { s = s * 10 + n->value; n = n->next; } return s; }
int run(int a) { node c = {3, 0}, b = {2, &c}, d = {a, &b}; d.next->next->value++; return sum(&d); }
//= 1 -> 124
//// structs by value: the callee changes its own copy only
struct v { double x[3]; int n; };
static double change(struct v a, struct v b) { a.x[0] = 100; b.n = 7; a.n += b.n; return a.x[0] + b.x[2] + a.n; }
double run(double d) { struct v a = {{1, 2, 3}, 4}; double r = change(a, a); a.x[1] = d; return r * 1000 + a.x[0] + a.n * 10 + a.x[1]; }
//= 0.5 -> 114041.5
//// struct results, nested calls and members of results
struct v { int x, y; char name[5]; };
static struct v make(int x, int y) { struct v r = {x, y, "abcd"}; return r; }
static struct v add(struct v a, struct v b) { a.x += b.x; a.y += b.y; return a; }
int run(int n) { struct v a = add(make(n, 1), add(make(2, 3), make(4, 5))); a = add(a, a); return a.x * 100 + a.y + make(1, 2).y * 10000 + add(a, a).name[2]; }
//= 1 -> 21517
//// a struct assigned from a function that changes it
struct s { int a[4]; };
static struct s g;
static struct s rotate(struct s v) { struct s r; for (int i = 0; i < 4; i++) r.a[i] = v.a[(i + 1) % 4]; g.a[0] = 50; return r; }
int run(void) { for (int i = 0; i < 4; i++) g.a[i] = i + 1; g = rotate(g); g = rotate(rotate(g)); return g.a[0] * 1000 + g.a[1] * 100 + g.a[2] * 10 + g.a[3]; }
//=  -> 4123
//// nested structs, arrays of structs and anonymous members
struct o { int t; union { struct { short lo, hi; }; int whole; }; struct { int k; } in[2]; };
int run(int w) { struct o a[3] = {{1, {{2, 3}}, {{4}, {5}}}, {.whole = w, .in[1].k = 6}}; struct o *p = a + 1; p->in[0].k = p->hi; a[2] = *p; a[2].lo++; return a[2].whole + a[2].in[0].k * 1000000 + a[0].in[1].k * 10000000 + a[0].hi; }
//= 131073 -> 52131077
//// unions reinterpret
union u { float f; unsigned i; unsigned char b[4]; };
unsigned run(float f) { union u a; a.f = f; union u b = {.b = {1, 2, 3, 4}}; return a.i + b.i; }
//= 1.5 -> 1136853505
//// sizes, alignments and offsets
#include <stddef.h>
struct a { char c; double d; short s; }; struct b { char c[3]; struct a a; char t; }; union c { char c[9]; int i; long l; };
struct f { int n; char data[]; };
long run(void) { return sizeof(struct a) + sizeof(struct b) * 100 + sizeof(union c) * 10000 + _Alignof(struct b) * 1000000 + offsetof(struct b, a.s) * 10000000L + sizeof(struct f) * 1000000000L + offsetof(struct a, d) * 100000000000L + offsetof(struct b, c[2]) * 10000000000000L; }
//=  -> 20804248164024
//// flexible array members
#include <stddef.h>
struct f { int n; short data[]; };
int run(int x) { long memory[4]; struct f *f = (struct f *)memory; f->n = 3; for (int i = 0; i < f->n; i++) f->data[i] = x * i; return f->data[2] + (int)offsetof(struct f, data) + (int)sizeof(*f); }
//= 5 -> 18
//// static struct initialisers with addresses
struct e { const char *name; int *where; int (*get)(int); struct e *next; };
static int twice(int a) { return a * 2; }
static int thrice(int a) { return a * 3; }
static int data[4] = {1, 2, 3, 4};
static struct e table[] = {{"one", data + 1, twice, &table[1]}, {"two", &data[3], &thrice, 0}};
static struct { char c; int *p; } other = {'x', &table[0].where == 0 ? 0 : data};
int run(int a) { struct e *e = table; int s = 0; for (; e; e = e->next) s = s * 100 + e->name[0] + *e->where + e->get(a); return s + *other.p; }
//= 5 -> 12436
//// compound literals
struct p { int x, y; };
static int sum(const int *a, int n) { int s = 0; while (n--) s += a[n]; return s; }
static int get(struct p p) { return p.x * 10 + p.y; }
static int *file = (int[]){7, 8, 9};
int run(int a) { struct p *p = &(struct p){a, a + 1}; p->x++; int r = 0; for (int i = 0; i < 2; i++) r += sum((int[]){i, a, [4] = 1}, 5); return get((struct p){.y = 3, .x = a}) + get(*p) * 100 + r * 10000 + file[2] * 1000000 + (int){a} * 100000000 + sizeof((char[]){"abc"}); }
//= 2 -> 209073327
//// initialisers: designators go on from where they point to
struct s { int a[3]; struct { int b, c; } d; int e; };
int run(int i) { struct s s = {.a[1] = 5, 6, .d.c = 7, 8}; struct s t[] = {1, 2, 3, 4, 5, 6, [3] = {.e = 9}, {.d = {1}}, [1].a[2] = 4, 3, 2}; int *p = (int *)&t[1]; int *q = (int *)&s; return sizeof t / sizeof *t * 1000000 + p[i] * 100 + q[i] * 10 + t[3].e; }
//= 2 -> 5000469
//= 3 -> 5000309
//= 4 -> 5000279
//// struct copies in initialisers of members
struct p { int x, y; }; struct q { struct p a, b; };
int run(int n) { struct p p = {n, 2}; struct q q = {p, {3, 4}}, r = {p, p}, s = {1, 2, p}; struct p ps[2] = {p, (struct p){5, 6}}; return q.a.x + q.b.y * 10 + r.b.y * 100 + s.b.x * 1000 + ps[1].y * 10000 + ps[0].y * 100000; }
//= 7 -> 267247
//// conditional and comma of structs
struct p { int x, y; };
int run(int c) { struct p a = {1, 2}, b = {3, 4}, d; d = c ? a : b; return d.x * 1000 + (c ? b : a).y * 100 + (a.x = 5, a).x * 10 + (d = b).y; }
//= 1 -> 1454
//= 0 -> 3254
//// overlapping copies within a union
struct big { int a[8]; }; union u { struct { int pad; struct big hi; } h; struct big lo; };
int run(int i) { union u u; for (int k = 0; k < 9; k++) ((int *)&u)[k] = k; u.lo = u.h.hi; int *p = (int *)&u; return p[i]; }
//= 0 -> 1
//= 7 -> 8
//= 8 -> 8
//// arguments are copied before the callee changes what they come from
struct s { int v; };
static struct s g;
static int f(struct s a, struct s *p) { p->v = 9; g.v = 8; return a.v; }
int run(int v) { struct s l = {v}; g.v = 3; return f(l, &l) * 100 + f(g, &l) * 10 + l.v; }
//= 4 -> 489
//// packed and aligned
struct a { char c; int i; short s; } __attribute__((packed)); struct b { char c; int i __attribute__((aligned(16))); } __attribute__((aligned(8)));
struct c { char a; int b __attribute__((packed)); char d; };
int run(void) { struct a a = {1, 2, 3}; a.i = 70000; _Alignas(16) char x[3]; static _Alignas(16) char y; return sizeof(struct a) * 1000 + sizeof(struct b) * 10 + a.i / 70000 + sizeof(struct c) * 100000 + ((unsigned long)x % 16 + (unsigned long)&y % 16 + _Alignof(struct b)) * 1000000; }
//=  -> 16607321
//// tags have scopes
struct s { int a; };
int run(void) { struct s o = {1}; struct s { char b, c; }; struct s i = {2, 3}; { struct s; struct s *p = 0; (void)p; } return sizeof(o) * 100 + sizeof(i) * 10 + i.c; }
//=  -> 423
//// typeof and _Generic
int run(int a) { typeof(a) b = a; __typeof__(&b) p = &b; *p += 1; return _Generic(p, int *: 1, default: 2) * 100 + _Generic((char)1, int: 1, char: 2) * 10 + _Generic(1.0f, double: 1, float: 3) + b * 1000 + _Generic("s", char *: 4, default: 5) * 10000; }
//= 5 -> 46123
//// _Alignas in structs, larger alignments, sizeof of compound literals
struct s { char c; _Alignas(16) int n; _Alignas(double) char d[3]; }; struct __attribute__((packed)) p { char c; int n; } __attribute__((aligned(2)));
static _Alignas(64) char buffer[10]; static char before; static _Alignas(1024) int far;
static int deep(int n) { _Alignas(128) int a[3] = {n}; int b = n; int *p = &b; return ((unsigned long)a % 128) + (n ? deep(n - 1) : 0) + a[0] + *p; }
long run(int n) { _Alignas(32) char x = 1; char y = 2, *p = &y; return sizeof(struct s) + _Alignof(struct s) * 100 + (long)sizeof(struct p) * 10000 + ((unsigned long)buffer % 64 + (unsigned long)&far % 1024 + (unsigned long)&x % 32) * 100000 + deep(n) * 1000000 + sizeof(int[]){1, 2, 3} + sizeof(char[7]){""} + *p + before; }
//= 3 -> 12061653
//// __func__, enumerations of other widths
enum small { A = -1, B = 5, C }; enum big { D = 0x80000000, E }; enum huge { F = -5, G = 1L << 40 }; enum { H = sizeof(enum huge) * 10 + A };
static const char *name(void) { return __func__; }
long run(void) { return name()[0] + sizeof(__func__) * 1000 + (A < 0u) * 10000 + (D - 0x80000001 > 0) * 100000 + sizeof(enum small) * 1000000 + sizeof(D) * 10000000L + sizeof(G) * 100000000L + sizeof(F) * 1000000000L + H * 10000000000L + (E > 0) * 10000000000000L + (F < 0) * 20000000000000L; }
//=  -> 30794844104110
//// _Generic is an lvalue if what it chooses is
struct s { int n; };
int run(int n) { struct s s = {n}; double d = 1; _Generic(n, int: s, default: d).n += 2; return s.n + *&_Generic(1L, long: n); }
//= 4 -> 10
//// later initialisers override earlier ones, members of a union too, and all are evaluated in the order of their places
struct i { int a[3]; double d; }; struct o { char c; struct i in[2]; }; union u { int i; char c[8]; struct { short x, y; } s; }; struct w { union u u; int k; };
static struct o s = {.in[1].a[1] = 8, .in[1].a = {[2] = 9}, 0.5, .c = 'q'};
static union u t = {.c = {1, 2, 3, 4, 5, 6}, .i = 7}, v = {.s.x = 1, .s.y = 2};
static int n;
static int next(void) { return ++n; }
int run(int x) { n = 0; struct o l = {.in[1].a[0] = next(), .c = next(), .in[0] = {{next()}}, .in[1].a = {next(), [2] = next()}}; struct i m = {{1, 2, 3}, 4}; struct o k = {.in[0] = m, .in[0].a[1] = x, .in[1] = m, .in[1] = {{x}}}; struct w w = {.u.c[6] = 1, .u.s.y = 3, .k = 4, .u.s.x = x};
  return s.in[1].a[0] + s.in[1].a[1] * 2 + s.in[1].a[2] * 3 + t.c[5] * 5 + t.i * 7 + v.s.x * 11 + v.s.y * 13 + l.c * 17 + l.in[0].a[0] * 19 + l.in[1].a[0] * 23 + l.in[1].a[2] * 29 + k.in[0].a[1] * 31 + k.in[0].a[2] * 37 + k.in[1].a[0] * 41 + k.in[1].a[1] * 43 + w.u.c[6] * 1000 + w.u.s.y * 47 + w.u.s.x * 53 + n * 10000; }
//= 5 -> 41119
