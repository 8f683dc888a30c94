/* Large static tables filled at the first use, and constant ones. */
#include <stdio.h>
static unsigned char sieve[20000]; static int primes[3000]; static const int squares[] = {0, 1, 4, 9, 16, 25};
static int fill(void) {
    static int count;
    if (count) return count;
    for (int i = 2; i < 20000; i++) {
        if (sieve[i]) continue;
        primes[count++] = i;
        for (long j = (long)i * i; j < 20000; j += i) sieve[j] = 1;
    }
    return count;
}
static int memo[91]; static long fib_memo[91];
static long fib(int n) { if (n < 2) return n; if (!memo[n]) { memo[n] = 1; fib_memo[n] = fib(n - 1) + fib(n - 2); } return fib_memo[n]; }
int run(void) {
    int count = fill(); printf("%d %d %d\n", count, fill(), primes[1000]);
    printf("%ld %ld\n", fib(90), fib(50));
    int sum = 0; for (unsigned i = 0; i < sizeof squares / sizeof squares[0]; i++) sum += squares[i];
    return sum * 10000 + primes[fill() - 1];
}
