/* Overflow found beforehand, as careful code does. */
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
static bool add_overflows(int a, int b) { return b > 0 ? a > INT_MAX - b : a < INT_MIN - b; }
static bool mul_overflows(int a, int b) {
    long wide = (long)a * b;
    return wide < INT_MIN || wide > INT_MAX;
}
static int saturating_add(int a, int b) {
    if (!add_overflows(a, b)) return a + b;
    return b > 0 ? INT_MAX : INT_MIN;
}
static unsigned saturating_subtract(unsigned a, unsigned b) { unsigned r = a - b; return r & -(unsigned)(r <= a); }
static bool unsigned_add_carries(unsigned long a, unsigned long b, unsigned long *sum) { *sum = a + b; return *sum < a; }
int run(void) {
    int v[] = {0, 1, -1, 46340, 46341, -46341, 65536, INT_MAX, INT_MIN, INT_MAX / 2, INT_MIN / 2};
    int adds = 0, muls = 0; long sum = 0;
    for (int i = 0; i < 11; i++)
        for (int j = 0; j < 11; j++) {
            adds += add_overflows(v[i], v[j]);
            muls += mul_overflows(v[i], v[j]);
            sum += saturating_add(v[i], v[j]);
        }
    unsigned long s;
    printf("%d %d %ld\n", adds, muls, sum);
    printf("%u %u\n", saturating_subtract(5, 7), saturating_subtract(7, 5));
    printf("%d ", unsigned_add_carries(~0ul, 1, &s)); printf("%lu\n", s);
    printf("%d ", unsigned_add_carries(~0ul - 1, 1, &s)); printf("%lu\n", s);
    return adds * 100 + muls;
}
