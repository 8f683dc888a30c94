#include <stdio.h>
/* A switch with a hundred labels, negative and large ones, chars, expressions and enum constants. */
#define C1(n) case n: return n * 2 + 1;
#define C10(n) C1(n) C1(n + 1) C1(n + 2) C1(n + 3) C1(n + 4) C1(n + 5) C1(n + 6) C1(n + 7) C1(n + 8) C1(n + 9)
enum { BASE = 1000 }; static int big(int n) { switch (n) { C10(0) C10(10) C10(20) C10(30) C10(40) C10(50) C10(60) C10(70) C10(80) C10(90) case -1: return -100; case BASE: case BASE + 1 ... BASE + 5: return 7; case 'z' * 100: return 8; case (int)0x80000000: return 9; case sizeof(long) << 20: return 10; default: return 0; } }
static int letters(const char *s) { int v = 0; for (; *s; s++) switch (*s) { case 'a': case 'e': case 'i': case 'o': case 'u': v += 1; break; case 'A' ... 'Z': v += 10; break; case '0': case '1': v += 100; default: v += 1000; case ' ': ; } return v; }
static long wide(unsigned long n) { switch (n) { case 0xffffffffffffffff: return 1; case 0x8000000000000000: return 2; case 0x100000000: return 3; case 0: return 4; } return n; }
int run(void) { int t = 0; for (int i = -5; i < 120; i++) t = (t * 3 + big(i)) % 1000003; printf("%d %d %d %d %d\n", t, big(1003), big(12200), big(-2147483647 - 1), big(8 << 20)); printf("%d %d\n", letters("Hello World 01"), letters("")); printf("%ld %ld %ld %ld %ld\n", wide(-1), wide(1ul << 63), wide(1l << 32), wide(0), wide(5)); return t; }
