/* Calls: Fibonacci numbers by plain recursion. */
static int fib(int n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }

double run(int n) { return fib(n); }
