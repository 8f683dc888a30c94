"""Lists and branches: n numbers sorted, without sort(); a sum over their places."""


def run(n):
    numbers = []
    seed = 42
    for _ in range(n):
        seed = (seed * 1664525 + 1013904223) & 0xFFFFFFFF
        numbers.append(seed >> 8)

    def sort(first, last):
        while first < last:
            pivot = numbers[first + (last - first) // 2]
            low, high = first, last
            while low <= high:
                while numbers[low] < pivot:
                    low += 1
                while numbers[high] > pivot:
                    high -= 1
                if low <= high:
                    numbers[low], numbers[high] = numbers[high], numbers[low]
                    low += 1
                    high -= 1
            if high - first < last - low:
                sort(first, high)
                first = low
            else:
                sort(low, last)
                last = high

    sort(0, n - 1)
    total = 0
    for i, number in enumerate(numbers):
        total = (total + number * (i + 1)) & 0xFFFFFFFF
    return float(total)
