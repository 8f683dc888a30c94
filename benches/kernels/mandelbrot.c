/* Floating point in registers: how many points of an n x n grid belong to the Mandelbrot set. */
double run(int n) {
    int inside = 0;
    for (int row = 0; row < n; row++)
        for (int column = 0; column < n; column++) {
            double cr = 3.0 * column / n - 2.25, ci = 2.5 * row / n - 1.25;
            double zr = 0, zi = 0;
            int i = 0;
            while (i < 50 && zr * zr + zi * zi <= 4.0) {
                double next = zr * zr - zi * zi + cr;
                zi = 2.0 * zr * zi + ci;
                zr = next;
                i++;
            }
            inside += i == 50;
        }
    return inside;
}
