#include <stdio.h>
/* Loops, counters and tables made by the preprocessor alone. */
#define R1(x) x x
#define R2(x) R1(x) R1(x)
#define R3(x) R2(x) R2(x)
#define REPEAT8(x) R3(x)
#define B1(n) n, n + 1, n + 1, n + 2
#define B2(n) B1(n), B1(n + 1), B1(n + 1), B1(n + 2)
#define B3(n) B2(n), B2(n + 1), B2(n + 1), B2(n + 2)
static const unsigned char bits[256] = {B3(0), B3(1), B3(1), B3(2)};
#define BIN(a, b, c, d) ((a) << 3 | (b) << 2 | (c) << 1 | (d))
#define IF_1(t, e) t
#define IF_0(t, e) e
#define IF(c) CAT(IF_, c)
#define CAT(a, b) CAT2(a, b)
#define CAT2(a, b) a##b
#define NOT(x) CAT(NOT_, x)
#define NOT_0 1
#define NOT_1 0
#define DEC(n) CAT(DEC_, n)
#define DEC_3 2
#define DEC_2 1
#define DEC_1 0
#define UNIQUE(name) CAT(name, __LINE__)
#define ARRAY_SIZE(a) (sizeof(a) / sizeof 0[a])
#define OFFSETS(...) static const int offsets[] = {__VA_ARGS__}
OFFSETS(1, 2, 3);
int run(void) { int n = 0; REPEAT8(n++; n *= 2;) printf("%d %d %d\n", n, bits[255], bits[170]); printf("%d %s %d\n", BIN(1, 0, 1, 1), IF(NOT(0))("yes", "no"), DEC(DEC(3))); int UNIQUE(x) = 1;
    int UNIQUE(x) = 2; printf("%zu\n", ARRAY_SIZE(bits) + ARRAY_SIZE(offsets)); int s = 0; for (int i = 0; i < 256; i++) s += bits[i]; return s; }
