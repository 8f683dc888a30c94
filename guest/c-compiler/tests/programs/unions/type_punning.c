/* The same bytes seen as several types (little-endian). */
#include <stdint.h>
#include <stdio.h>
union view { double d; float f[2]; uint64_t u; int64_t i; uint32_t w[2]; uint16_t h[4]; unsigned char b[8]; signed char c[8]; };
int run(void) {
    union view v = {1.0};
    printf("%lx %x %x %d\n", v.u, v.w[0], v.w[1], v.b[7]);
    v.f[0] = 0.5f; v.f[1] = -2;
    printf("%lx %g\n", v.u, v.d);
    v.u = 0x8182838485868788;
    for (int i = 0; i < 8; i++) printf("%d ", v.c[i]);
    printf("%d %ld\n", v.h[3], v.i);
    v.b[3] = 0; v.h[2] = 0xffff;
    printf("%lx\n", v.u);
    union view w = v; w.w[0]++;
    printf("%d %lx\n", v.u == w.u, w.u - v.u);
    union { int i; char c; } s = {.c = 'A'}; s.c = 'B';
    printf("%c %zu %zu\n", s.c, sizeof s, sizeof(union view));
    union { unsigned char raw[4]; uint32_t value; } order = {{1, 2, 3, 4}};
    return (int)order.value;
}
