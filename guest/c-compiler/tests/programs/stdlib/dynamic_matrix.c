#include <stdio.h>
#include <stdlib.h>
/* Arrays of rows, each allocated: resized, transposed, freed. */
static double **make(int rows, int columns) { double **m = malloc(rows * sizeof *m); for (int i = 0; i < rows; i++) m[i] = calloc(columns, sizeof **m); return m; }
static void drop(double **m, int rows) { while (rows--) free(m[rows]); free(m); }
static double **transpose(double **m, int rows, int columns) { double **t = make(columns, rows); for (int i = 0; i < rows; i++) for (int j = 0; j < columns; j++) t[j][i] = m[i][j]; return t; }
int run(void) {
    int n = 12, k = 7; double **a = make(n, k); for (int i = 0; i < n; i++) for (int j = 0; j < k; j++) a[i][j] = i * 10 + j + 0.5;
    double **t = transpose(a, n, k); double trace = 0; for (int i = 0; i < k; i++) trace += t[i][i] + t[i][n - 1];
    for (int i = 0; i < k; i++) { t[i] = realloc(t[i], 20 * sizeof(double)); for (int j = n; j < 20; j++) t[i][j] = j; }
    printf("%g %g %g\n", trace, t[3][5], t[6][19]);
    int **jagged = malloc(5 * sizeof *jagged), total = 0; for (int i = 0; i < 5; i++) { jagged[i] = malloc((i + 1) * sizeof(int)); for (int j = 0; j <= i; j++) jagged[i][j] = i * j; }
    for (int i = 0; i < 5; i++) for (int j = 0; j <= i; j++) total += jagged[i][j];
    for (int i = 0; i < 5; i++) free(jagged[i]); free(jagged); drop(a, n); drop(t, k); return total;
}
