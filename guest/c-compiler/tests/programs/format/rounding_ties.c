#include <stdio.h>
/* Ties go to even; values next to a tie do not. */
int run(void) {
    double t[] = {0.5, 1.5, 2.5, 0.25, 0.75, 0.125, 0.375, 0.0625, 1.25, 1.75, 2.125, 1000.5, 1001.5, 9.5, 99.5, 999999.5, 0.05, 0.15, 0.25, 0.35, 1.005, 1.115, 8.345, 4.35}; int n = 0;
    for (int i = 0; i < 24; i++) n += printf("%.0f %.1f %.2f %.3f %.0e %.1e %.2e %.1g %.2g %.3g|", t[i], t[i], t[i], t[i], t[i], t[i], t[i], t[i], t[i], t[i]); printf("\n"); for (int i = 0; i < 12; i++) { double up = t[i] * (1 + 0x1p-52), down = t[i] * (1 - 0x1p-53); n += printf("%.0f %.0f %.1f %.1f|", up, down, up, down); } printf("\n"); n += printf("%.3f %.3f %.2f\n", 2.0005, 2.0015, 1.255); n += printf("%.1f %.1f %.1f %.1f\n", 0.45, 0.55, 0.65, 0.95); return n;
}
