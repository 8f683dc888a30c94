"""Calls: Fibonacci numbers by plain recursion."""


def run(n):
    def fib(n):
        return n if n < 2 else fib(n - 1) + fib(n - 2)

    return float(fib(n))
