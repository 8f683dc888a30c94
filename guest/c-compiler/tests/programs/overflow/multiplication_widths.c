#include <stdint.h>
#include <stdio.h>
/* 32 by 32 gives 64 bits only after a cast; 64 by 64 gives 128 by hand. */
static void wide(uint64_t a, uint64_t b, uint64_t *hi, uint64_t *lo) { uint64_t al = (uint32_t)a, ah = a >> 32, bl = (uint32_t)b, bh = b >> 32, p = al * bl, q = ah * bl + (p >> 32), r = al * bh + (uint32_t)q; *hi = ah * bh + (q >> 32) + (r >> 32); *lo = r << 32 | (uint32_t)p; }
int run(void) { int a = 100000, b = 100000; unsigned u = 4000000000u; printf("%d %ld %ld %u %lu\n", a * b, (long)a * b, (long)(a * b), u * 3, u * 3ul); short s = 30000; unsigned short us = 60000; printf("%d %d\n", s * s, us * us); uint64_t h, l; wide(~0ull, ~0ull, &h, &l); printf("%lu %lu\n", h, l); wide(0x123456789abcdef0, 0xfedcba9876543210, &h, &l); printf("%016lx%016lx\n", h, l); return (int)(h >> 40); }
