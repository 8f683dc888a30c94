/* Recursion: linear, double, mutual, Ackermann's, through a pointer. */
#include <stdio.h>
static unsigned long factorial(unsigned n) { return n < 2 ? 1 : n * factorial(n - 1); }
static int fib(int n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }
static int is_odd(unsigned n);
static int is_even(unsigned n) { return n == 0 ? 1 : is_odd(n - 1); }
static int is_odd(unsigned n) { return n == 0 ? 0 : is_even(n - 1); }
static int ackermann(int m, int n) { return m == 0 ? n + 1 : n == 0 ? ackermann(m - 1, 1) : ackermann(m - 1, ackermann(m, n - 1)); }
static int hanoi(int n, char from, char to, char over, int shown) { if (!n) return 0; int a = hanoi(n - 1, from, over, to, shown); if (n <= shown) printf("%c%c ", from, to); return a + 1 + hanoi(n - 1, over, to, from, shown); }
static int apply(int (*f)(int), int n) { return n > 0 ? apply(f, n - 1) + f(n) : 0; }
static int square(int x) { return x * x; }
static int depth(int n) { int local[10]; for (int i = 0; i < 10; i++) local[i] = n + i; int below = n ? depth(n - 1) : 0; return below + local[n % 10] - n; }
int run(void) {
    printf("%lu %d %d %d\n", factorial(20), fib(18), is_even(101), ackermann(2, 5));
    printf("\n%d\n", hanoi(6, 'A', 'B', 'C', 2));
    printf("%d %d\n", apply(square, 20), depth(300));
    return is_odd(77);
}
