/* Matrix product, transpose, determinant in plain arrays. */
#include <stdio.h>
#define N 4
typedef double matrix[N][N];
static void multiply(matrix a, matrix b, matrix r) { for (int i = 0; i < N; i++) for (int j = 0; j < N; j++) { r[i][j] = 0; for (int k = 0; k < N; k++) r[i][j] += a[i][k] * b[k][j]; } }
static void transpose(matrix m) { for (int i = 0; i < N; i++) for (int j = i + 1; j < N; j++) { double t = m[i][j]; m[i][j] = m[j][i]; m[j][i] = t; } }
static double determinant(int n, double m[N][N]) {
    double d = 1;
    for (int i = 0; i < n; i++) {
        int p = i; while (p < n && m[p][i] == 0) p++;
        if (p == n) return 0;
        if (p != i) { for (int k = 0; k < n; k++) { double t = m[i][k]; m[i][k] = m[p][k]; m[p][k] = t; } d = -d; }
        d *= m[i][i];
        for (int r = i + 1; r < n; r++) { double f = m[r][i] / m[i][i]; for (int k = i; k < n; k++) m[r][k] -= f * m[i][k]; }
    }
    return d;
}
double run(void) {
    matrix a = {{1, 2, 3, 4}, {0, 1, 4, 2}, {5, 6, 0, 1}, {1, 0, 2, 8}}, b, c;
    for (int i = 0; i < N; i++) for (int j = 0; j < N; j++) b[i][j] = i == j ? 2 : i - j;
    multiply(a, b, c); transpose(c);
    for (int i = 0; i < N; i++) { for (int j = 0; j < N; j++) printf("%g ", c[i][j]); printf("\n"); }
    return determinant(N, a) + b[3][0];
}
