/* Arrays of two to five dimensions: indices, sizes, row pointers, whole rows copied. */
#include <stdio.h>
#include <string.h>
static int cube[3][4][5]; static short five[2][3][2][3][2];
static long total(int c[][4][5], int n) { long t = 0; for (int i = 0; i < n; i++) for (int j = 0; j < 4; j++) for (int k = 0; k < 5; k++) t = t * 3 % 1000003 + c[i][j][k]; return t; }
int run(void) {
    for (int i = 0; i < 3; i++) for (int j = 0; j < 4; j++) for (int k = 0; k < 5; k++) cube[i][j][k] = i * 100 + j * 10 + k;
    printf("%zu %zu %zu %zu\n", sizeof cube, sizeof cube[0], sizeof cube[0][0], sizeof cube / sizeof cube[0][0][0]);
    printf("%ld %d %d\n", total(cube, 3), *(*(*(cube + 2) + 3) + 4), cube[1][0][4]);
    int (*plane)[5] = cube[1]; printf("%d %d\n", plane[2][3], (*(plane + 1))[1]);
    memcpy(cube[0], cube[2], sizeof cube[0]); printf("%d %d\n", cube[0][1][1], cube[1][1][1]);
    int n = 0; short *flat = &five[0][0][0][0][0]; for (int i = 0; i < 72; i++) flat[i] = i;
    for (int a = 0; a < 2; a++) for (int b = 0; b < 3; b++) for (int c = 0; c < 2; c++) for (int d = 0; d < 3; d++) for (int e = 0; e < 2; e++)
        n += five[a][b][c][d][e] == (((a * 3 + b) * 2 + c) * 3 + d) * 2 + e;
    return n * 1000 + five[1][2][1][2][1];
}
