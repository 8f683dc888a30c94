"""Floating point in variables: how many points of an n x n grid belong to the Mandelbrot set."""


def run(n):
    inside = 0
    for row in range(n):
        ci = 2.5 * row / n - 1.25
        for column in range(n):
            cr = 3.0 * column / n - 2.25
            zr = zi = 0.0
            i = 0
            while i < 50 and zr * zr + zi * zi <= 4.0:
                zr, zi = zr * zr - zi * zi + cr, 2.0 * zr * zi + ci
                i += 1
            inside += i == 50
    return float(inside)
