#include <limits.h>
#include <stdio.h>
/* Averages without overflow, clock differences over a wrap, sequence numbers. */
static int middle(int a, int b) { return (a & b) + ((a ^ b) >> 1); } static int later(unsigned a, unsigned b) { return (int)(a - b) > 0; } static short sequence(unsigned short a, unsigned short b) { return (short)(a - b); } static unsigned char gray(unsigned char n) { return n ^ n >> 1; }
int run(void) { printf("%d %d %d\n", middle(INT_MAX, INT_MAX - 2), middle(INT_MIN, INT_MAX), middle(-7, -4)); printf("%d %d %d\n", later(5, UINT_MAX - 5), later(UINT_MAX, 0), later(0, 0)); printf("%d %d\n", sequence(3, 65530), sequence(65530, 3)); unsigned start = 0xfffffff0, now = start; for (int i = 0; i < 40; i++) now++; printf("%u %u\n", now, now - start); unsigned char g = 255; g++; printf("%d %d %d\n", g, gray(g - 1), gray(1)); long sum = 0; for (int i = 0; i < 100; i++) sum += INT_MAX; return (int)(sum / 100 == INT_MAX) + (int)sum; }
