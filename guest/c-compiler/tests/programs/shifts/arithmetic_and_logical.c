/* Right shifts keep the sign of signed operands and fill unsigned ones with zeros. */
#include <stdio.h>
#include <stdint.h>
int run(void) {
    int8_t a = -128; uint8_t b = 128; int16_t c = -32768; uint16_t d = 32768;
    int32_t e = INT32_MIN; uint32_t f = 0x80000000; int64_t g = INT64_MIN; uint64_t h = 1ull << 63;
    printf("%d %d %d %d\n", a >> 1, b >> 1, c >> 1, d >> 1);
    printf("%d %u %ld %lu\n", e >> 1, f >> 1, g >> 1, h >> 1);
    printf("%d %d %d %d\n", a >> 7, b >> 7, c >> 15, d >> 15);
    printf("%d %u %ld %lu\n", e >> 31, f >> 31, g >> 63, h >> 63);
    a >>= 3; b >>= 3; c >>= 3; d >>= 3;
    printf("%d %d %d %d\n", a, b, c, d);
    printf("%ld %ld\n", (int64_t)e << 4, (int64_t)(f << 1));
    return (a >> 4) + (-7 >> 1) + (int)(-7u >> 28);
}
