//// declarators of all kinds
typedef int row[4];
static row rows[2] = {{1, 2, 3, 4}, {5, 6, 7, 8}};
static int (*first(void))[4] { return &rows[0]; }
static int (*second(void))[4] { return rows + 1; }
static int (*(*const getters[2])(void))[4] = {first, second};
static int sign(int x) { return x < 0 ? -1 : x > 0; }
static int (*pick(int n, int (*other)(int)))(int) { return n ? other : sign; }
static const row *constant(void) { return (const row *)rows; }
int run(int n) { int (*(*const *g)(void))[4] = getters; int r = (*g[n]())[2] * 10 + (*(*g)())[1]; row copy = {9}; int (*p)[4] = &copy; char (*c)[sizeof(int)] = 0; return r * 1000 + pick(0, 0)(-n) * 100 + pick(1, sign)(5) + (*p)[0] * 100000 + (*constant())[3] * 1000000 + (int)sizeof(*c) * 10000000 + (int)sizeof(*first()) * 100000000; }
//= 1 -> 1644971901
//= 0 -> 1644932001
//// sizeof evaluates nothing
static int calls;
static int f(void) { return ++calls; }
struct s { short a[3]; char c; };
int run(int i) { int n = sizeof(i++) + sizeof(f()) + sizeof(struct s) * 10 + sizeof(((struct s *)0)->a) * 100 + sizeof(i ? 1 : 2L) * 1000 + sizeof("abc" + 1 != 0) + sizeof('a') + sizeof((char)1 + (char)2) + sizeof(1.0f * 1) + sizeof(&f != 0); return n * 100 + i * 10 + calls; }
//= 3 -> 870830
//// arithmetic of narrow members
struct s { unsigned char c; signed char d; unsigned short e; short f; _Bool b; float g; };
long run(int n) { struct s s = {n, n, n, n, n, n}, *p = &s; p->c += 250; p->d -= 120; p->e *= 300; p->f <<= 3; p->b += 2; p->b--; p->g /= 3; p->c >>= 1; p->d ^= 0x55; ++p->f; p->e--; return p->c + p->d * 1000L + p->e * 1000000L + p->f * 1000000000000L + p->b * 7 + (long)(p->g * 100) * 3 + (p->c++ + --p->d) * 11; }
//= 10 -> 81002998943385
//= 255 -> 2041010962980471
//= -77 -> -614957564895467
//= 0 -> 1065534966104
//// pointers to members, and members through casts
struct a { int x; struct { double y[2]; char z; } in; }; struct b { struct a a; int more; };
static void bump(int *p) { (*p)++; }
double run(double d) { struct b b = {{1, {{d, 2}, 'q'}}, 5}; double *y = &b.a.in.y[1]; char *z = &b.a.in.z; bump(&b.a.x); bump(&b.more); *y += d; ++*z; struct a *a = (struct a *)&b; void *v = a; a->in.y[0] *= ((struct b *)v)->more; return a->x * 1000 + b.a.in.y[0] * 10 + *y + b.a.in.z * 10000 + (z - (char *)&b) * 1e7 + (y - b.a.in.y) * 1e9; }
//= 1.5 -> 1241142093.5
//// linked structures in static memory, and self reference
struct node { struct node *left, *right; int key; }; static struct node pool[64]; static int used;
static struct node *insert(struct node *n, int key) { if (!n) { n = &pool[used++]; n->key = key; n->left = n->right = 0; } else if (key < n->key) n->left = insert(n->left, key); else if (key > n->key) n->right = insert(n->right, key); return n; }
static int walk(const struct node *n, int *out) { if (!n) return 0; int k = walk(n->left, out); out[k++] = n->key; return k + walk(n->right, out + k); }
int run(int seed) { struct node *root = 0; int keys[64], s = 0; used = 0; for (int i = 0; i < 40; i++) { seed = seed * 1103515245 + 12345; root = insert(root, (seed >> 16) & 63); } int n = walk(root, keys); for (int i = 1; i < n; i++) s += keys[i] > keys[i - 1]; return n * 100 + s + keys[n / 2] * 10000; }
//= 1 -> 313029
//= 42 -> 352726
//// unnamed parameters, void parameters, and functions that never return a value they use
static int three(int, int a, int);
static int none(void);
static int (*pointer)(void) = none;
static int three(int unused, int a, int b) { (void)unused; return a * b; }
static int none(void) { return 7; }
static void nothing(void) {}
int run(int n) { (nothing)(); (*nothing)(); return three(1, n, 3) + pointer() + (none)() + (n > 2 ? three : three)(0, n, n); }
//= 4 -> 42
//// conversions of pointers and integers
int run(int n) { int a[4] = {1, 2, 3, 4}; unsigned long u = (unsigned long)(a + n); int *p = (int *)(u + sizeof(int)); char *c = (char *)p; _Bool b = p, z = (int *)0; return *p * 100 + *(int *)(c - 4) * 10 + b + z + (p == (void *)c) * 1000 + (p > a) * 2000 + !p * 5; }
//= 1 -> 3321
//// local and static variables of the same name, hidden by inner scopes
static int x = 1; struct x { int x; };
int run(int n) { int r = x; { extern int y; static int x = 10; x += n; r += x; { struct x x = {100}; r += x.x; { enum { x = 1000 }; r += x + y; } } } { typedef char x; x c = n; r += sizeof(x) * 10000 + c; } return r + x; }
int y = 100000;
int last(int n) { return run(n); }
//= 5 -> 111122
