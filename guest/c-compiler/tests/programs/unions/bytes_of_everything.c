#include <stdio.h>
/* Every scalar seen as bytes. */
#define DUMP(type, value) { union { type v; unsigned char b[sizeof(type)]; } u = {value}; printf(#type ":"); for (unsigned i = 0; i < sizeof(type); i++) { printf(" %02x", u.b[i]); h = h * 31 + u.b[i]; } printf("\n"); }
int run(void) { unsigned h = 0; DUMP(char, -2) DUMP(short, -300) DUMP(int, 0x12345678) DUMP(unsigned, -1) DUMP(long, -5000000000) DUMP(float, -0.1f) DUMP(double, 1e100) DUMP(_Bool, 7) DUMP(unsigned long long, 0xfedcba9876543210) union { struct { unsigned char lo, hi; } b; unsigned short s; } w[2] = {{{1, 2}}, {.s = 0xabcd}}; w[0].b = w[1].b; w[1].b.hi++; printf("%x %x\n", w[0].s, w[1].s); return h >> 1; }
