/* Where bits go: units, straddling, zero width, mixed types. */
#include <stdio.h>
#include <string.h>
struct a { unsigned x : 3, y : 5, z : 8, w : 16; };
struct b { unsigned x : 20; unsigned y : 20; };
struct c { unsigned char x : 3; unsigned y : 10; unsigned char z; };
struct d { int x : 4; int : 0; int y : 4; };
struct e { char c; int x : 9; short s; int y : 1; };
struct f { long x : 33; int y : 10; char c : 7; };
struct g { int x : 5; int : 7; int y : 5; };
struct h { unsigned short a : 9, b : 9; unsigned char c : 2; };
#define DUMP(type, ...) { struct type v; memset(&v, 0, sizeof v); struct type w = {__VA_ARGS__}; COPY_##type; \
    printf("%s %zu %zu:", #type, sizeof v, _Alignof(struct type)); for (unsigned i = 0; i < sizeof v; i++) printf(" %02x", ((unsigned char *)&v)[i]); printf("\n"); }
#define COPY_a v.x = w.x; v.y = w.y; v.z = w.z; v.w = w.w
#define COPY_b v.x = w.x; v.y = w.y
#define COPY_c v.x = w.x; v.y = w.y; v.z = w.z
#define COPY_d COPY_b
#define COPY_e v.c = w.c; v.x = w.x; v.s = w.s; v.y = w.y
#define COPY_f v.x = w.x; v.y = w.y; v.c = w.c
#define COPY_g COPY_b
#define COPY_h v.a = w.a; v.b = w.b; v.c = w.c
int run(void) {
    DUMP(a, 5, 17, 0xab, 0x1234)
    DUMP(b, 0xfffff, 0x12345)
    DUMP(c, 7, 0x155, 0xee)
    DUMP(d, -1, 3)
    DUMP(e, 1, -2, 0x7fff, -1)
    DUMP(f, -1, 0x155, 0x55)
    DUMP(g, -1, 10)
    DUMP(h, 0x1ff, 0x155, 3)
    return sizeof(struct a) + sizeof(struct f) * 10;
}
