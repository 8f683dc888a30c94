/* Memory and branches: n numbers sorted; a sum over their places. */
#include <stdint.h>

#define MOST 200000
static int32_t numbers[MOST];

static void sort(int32_t *from, int32_t *to) {
    while (from < to) {
        int32_t pivot = from[(to - from) / 2];
        int32_t *low = from, *high = to;
        while (low <= high) {
            while (*low < pivot)
                low++;
            while (*high > pivot)
                high--;
            if (low <= high) {
                int32_t kept = *low;
                *low++ = *high;
                *high-- = kept;
            }
        }
        if (high - from < to - low) {
            sort(from, high);
            from = low;
        } else {
            sort(low, to);
            to = high;
        }
    }
}

double run(int n) {
    uint32_t seed = 42;
    for (int i = 0; i < n; i++) {
        seed = seed * 1664525u + 1013904223u;
        numbers[i] = (int32_t)(seed >> 8);
    }
    sort(numbers, numbers + n - 1);
    uint32_t sum = 0;
    for (int i = 0; i < n; i++)
        sum += (uint32_t)numbers[i] * (uint32_t)(i + 1);
    return sum;
}
