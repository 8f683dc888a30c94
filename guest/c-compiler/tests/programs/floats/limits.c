/* The constants of float.h and what lies beyond them. */
#include <float.h>
#include <stdio.h>
int run(void) {
    printf("%d %d %d %d\n", FLT_MANT_DIG, DBL_MANT_DIG, FLT_DIG, DBL_DIG);
    printf("%d %d %d %d\n", FLT_MIN_EXP, FLT_MAX_EXP, DBL_MIN_EXP, DBL_MAX_EXP);
    printf("%a %a %a\n", FLT_MAX, FLT_MIN, FLT_EPSILON);
    printf("%a %a %a\n", DBL_MAX, DBL_MIN, DBL_EPSILON);
    printf("%d %d %d\n", FLT_RADIX, DBL_MIN_10_EXP, DBL_MAX_10_EXP);
    volatile double m = DBL_MAX, e = DBL_EPSILON; volatile float f = FLT_MAX;
    printf("%d %d %d\n", m * 2 > m, 1 + e > 1, 1 + e / 2 == 1);
    printf("%a %a\n", DBL_MIN / 2, (double)(f * 0.5f));
    volatile double d = DBL_MIN;
    int halvings = 0;
    while (d > 0) { d /= 2; halvings++; }
    return halvings;
}
