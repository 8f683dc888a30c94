#include <stdio.h>
/* Fields of long, up to all 64 bits. */
struct w { unsigned long a : 36, b : 28; long c : 64; long d : 1, e : 63; unsigned long long f : 48; unsigned char g : 8; }; 
int run(void) { struct w w = {0}; w.a = 0xfffffffffful; w.b = ~0u; w.c = -5; w.d = 1; w.e = 1L << 62; w.f = -1; w.g = 300; printf("%lu %lu %ld %ld %ld %lu %d %zu\n", (unsigned long)w.a, (unsigned long)w.b, (long)w.c, (long)w.d, (long)w.e, (unsigned long)w.f, w.g, sizeof w); w.a += 1; w.b >>= 3; w.c *= w.c; w.f ^= 0xff; w.e--; printf("%lu %lu %ld %ld %lu\n", (unsigned long)w.a, (unsigned long)w.b, (long)w.c, (long)w.e, (unsigned long)w.f); unsigned long all = 0; for (int i = 0; i < 40; i++) { w.a = w.a * 3 + i; w.f += w.a; all ^= w.f; } return (int)(all % 100003); }
