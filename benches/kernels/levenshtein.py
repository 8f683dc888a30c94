"""Dynamic programming: the edit distance of two texts of n letters."""


def run(n):
    seed = 7
    one, other = [], []
    for _ in range(n):
        seed = (seed * 1664525 + 1013904223) & 0xFFFFFFFF
        one.append((seed >> 16) % 8)
        seed = (seed * 1664525 + 1013904223) & 0xFFFFFFFF
        other.append((seed >> 16) % 8)
    row = list(range(n + 1))
    for i in range(1, n + 1):
        diagonal = row[0]
        row[0] = i
        letter = one[i - 1]
        for j in range(1, n + 1):
            best = diagonal + (letter != other[j - 1])
            diagonal = row[j]
            if row[j] + 1 < best:
                best = row[j] + 1
            if row[j - 1] + 1 < best:
                best = row[j - 1] + 1
            row[j] = best
    return float(row[n])
