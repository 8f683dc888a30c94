/* Floating point in arrays: the product of two n x n matrices. */
#define MOST 128
static double a[MOST][MOST], b[MOST][MOST], c[MOST][MOST];

double run(int n) {
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++) {
            a[i][j] = (i * 3 + j * 7) % 11;
            b[i][j] = (i * 5 + j * 2) % 13;
        }
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++) {
            double sum = 0;
            for (int k = 0; k < n; k++)
                sum += a[i][k] * b[k][j];
            c[i][j] = sum;
        }
    double total = 0;
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++)
            total += c[i][j] * ((i + j) % 3);
    return total;
}
