"""Floating point in arrays: the product of two n x n matrices."""


def run(n):
    a = [[float((i * 3 + j * 7) % 11) for j in range(n)] for i in range(n)]
    b = [[float((i * 5 + j * 2) % 13) for j in range(n)] for i in range(n)]
    total = 0.0
    for i in range(n):
        row = a[i]
        for j in range(n):
            sum_ = 0.0
            for k in range(n):
                sum_ += row[k] * b[k][j]
            total += sum_ * ((i + j) % 3)
    return total
