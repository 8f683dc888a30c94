/* sizeof of an expression tells the type that promotion gave it. */
#include <stdio.h>
int run(void) {
    char c = 1; short s = 2; int i = 3; unsigned u = 4; long l = 5; float f = 6; double d = 7; _Bool b = 1;
    printf("%zu %zu %zu %zu\n", sizeof(c), sizeof(+c), sizeof(-s), sizeof(~b));
    printf("%zu %zu %zu %zu\n", sizeof(c + c), sizeof(s * i), sizeof(u + l), sizeof(i + 1L));
    printf("%zu %zu %zu %zu\n", sizeof(f + i), sizeof(f * f), sizeof(f + d), sizeof(c ? f : l));
    printf("%zu %zu %zu %zu\n", sizeof(c ? c : s), sizeof(!d), sizeof(d == d), sizeof(c << l));
    printf("%zu %zu %zu %zu\n", sizeof('a'), sizeof("abc"), sizeof(1u), sizeof(1ul));
    printf("%zu %zu %zu %zu\n", sizeof(c++), sizeof(c += 1), sizeof((c, s)), sizeof((char)i));
    printf("%zu %zu %zu\n", sizeof(1.0f), sizeof(1.0), sizeof(0x7fffffff + 0));
    printf("%zu %zu %zu\n", sizeof(2147483648), sizeof(0x80000000), sizeof(0xffffffffff));
    return c;
}
