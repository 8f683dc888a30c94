/* Members of anonymous structs and unions belong to the outer one. */
#include <stdio.h>
struct value {
    enum { INTEGER, REAL, TEXT } kind;
    union {
        long integer;
        double real;
        struct { char text[6]; unsigned char length; };
    };
};
static void show(struct value v) {
    switch (v.kind) {
    case INTEGER: printf("integer %ld\n", v.integer); break;
    case REAL: printf("real %g\n", v.real); break;
    case TEXT: printf("text %.*s\n", v.length, v.text); break;
    }
}
struct vector { union { struct { float x, y, z; }; float v[3]; }; };
int run(void) {
    struct value values[] = {{INTEGER, {42}}, {.kind = REAL, .real = 2.5}, {TEXT, .text = "hello", .length = 4}};
    for (int i = 0; i < 3; i++) show(values[i]);
    values[0].kind = REAL; values[0].real = -1; show(values[0]);
    struct vector u = {.x = 1, .z = 3};
    u.v[1] = 2;
    printf("%g %g %g\n", u.x, u.y, u.v[2]);
    return (int)sizeof(struct value) + (int)sizeof(struct vector);
}
