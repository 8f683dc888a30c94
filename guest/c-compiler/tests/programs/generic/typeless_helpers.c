#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
/* Types of stdint.h and inttypes.h, their limits and formats. */
int run(void) {
    int8_t a = INT8_MIN; uint8_t b = UINT8_MAX; int16_t c = INT16_MIN; uint16_t d = UINT16_MAX; int32_t e = INT32_MIN; uint32_t f = UINT32_MAX; int64_t g = INT64_MIN; uint64_t h = UINT64_MAX;
    printf("%" PRId8 " %" PRIu8 " %" PRId16 " %" PRIu16 " %" PRId32 " %" PRIu32 " %" PRId64 " %" PRIu64 "\n", a, b, c, d, e, f, g, h); printf("%" PRIx64 " %" PRIX32 " %" PRIo16 " %" PRIi64 "\n", h, f, d, g + 1);
    printf("%zu %zu %zu %zu\n", sizeof(int_fast8_t), sizeof(int_least16_t), sizeof(intmax_t), sizeof(uint_least32_t)); printf("%jd %ju\n", INTMAX_MIN, UINTMAX_MAX);
    uint64_t big = UINT64_C(1) << 63 | INT64_C(5); int64_t x = 0; uint32_t y = 0; sscanf("-77 ff", "%" SCNd64 " %" SCNx32, &x, &y); printf("%" PRIu64 " %" PRId64 " %" PRIu32 "\n", big, x, y); a--; b++; c--; d++; e--; f++; g--; h++;
    bool ok = a == INT8_MAX && !b && c == INT16_MAX && !d && e == INT32_MAX && !f && g == INT64_MAX && !h; return ok ? (int)imaxabs(-9) : 0;
}
