/* Dynamic programming: the edit distance of two texts of n letters. */
#include <stdint.h>

#define MOST 4000
static char one[MOST], other[MOST];
static int row[MOST + 1];

double run(int n) {
    uint32_t seed = 7;
    for (int i = 0; i < n; i++) {
        seed = seed * 1664525u + 1013904223u;
        one[i] = (char)('a' + (seed >> 16) % 8);
        seed = seed * 1664525u + 1013904223u;
        other[i] = (char)('a' + (seed >> 16) % 8);
    }
    for (int j = 0; j <= n; j++)
        row[j] = j;
    for (int i = 1; i <= n; i++) {
        int diagonal = row[0];
        row[0] = i;
        for (int j = 1; j <= n; j++) {
            int best = diagonal + (one[i - 1] != other[j - 1]);
            diagonal = row[j];
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            row[j] = best;
        }
    }
    return row[n];
}
