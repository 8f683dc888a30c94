/* Comparisons in which a conversion turns the answer round. */
#include <stdio.h>
int run(void) {
    int score = 0;
    signed char minus = -1; unsigned char ff = 0xff; unsigned short big = 0xffff;
    if (minus == ff) score += 1;
    if (minus == (signed char)ff) score += 2;
    if (-1 < 1u) score += 4;
    if (-1L < 1u) score += 8;
    if (-1 < (unsigned short)1) score += 16;
    if (-1LL < 1ull) score += 32;
    if (big == -1) score += 64;
    if ((short)big == -1) score += 128;
    if (~0u == -1) score += 256;
    if (~0ul == -1) score += 512;
    if (~0u == -1L) score += 1024;
    if ((unsigned char)~0 == 255) score += 2048;
    if (sizeof(int) > -1) score += 4096;
    if ((ff << 24) < 0) score += 8192;
    if ((unsigned)ff << 24 > 0x7fffffff) score += 16384;
    if (!(0.1f == 0.1)) score += 32768;
    if (16777217 == (float)16777216) score += 65536;
    if (9007199254740993L == 9007199254740992.0) score += 131072;
    printf("%d\n", score);
    return score;
}
