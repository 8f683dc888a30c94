/* Sizes, alignments and offsets as on x86-64, for members that are not pointers. */
#include <stddef.h>
#include <stdio.h>
struct a { char c; int i; char d; }; struct b { char c; long l; short s; }; struct c { char c[3]; short s; };
struct d { struct a a; char c; double d; }; struct e { char c; struct { char x; long y; } in; char z; };
struct f { float f; char c; }; struct g { long long l[2]; char c; }; union u { char c[5]; int i; }; struct h { union u u; char c; };
struct empty_tail { int n; char tail[]; };
int run(void) {
    printf("%zu %zu %zu %zu\n", sizeof(struct a), sizeof(struct b), sizeof(struct c), sizeof(struct d));
    printf("%zu %zu %zu %zu %zu\n", sizeof(struct e), sizeof(struct f), sizeof(struct g), sizeof(union u), sizeof(struct h));
    printf("%zu %zu %zu\n", _Alignof(struct a), _Alignof(struct b), _Alignof(struct c));
    printf("%zu %zu\n", _Alignof(double), _Alignof(union u));
    printf("%zu %zu %zu\n", offsetof(struct a, i), offsetof(struct a, d), offsetof(struct b, s));
    printf("%zu %zu %zu\n", offsetof(struct d, d), offsetof(struct e, in.y), offsetof(struct e, z));
    printf("%zu %zu\n", offsetof(struct empty_tail, tail), sizeof(struct empty_tail));
    struct d many[3];
    printf("%d %d\n", (int)((char *)&many[2].d - (char *)many), (int)(&many[2] - many));
    return (int)sizeof many;
}
