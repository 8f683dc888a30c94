/* Callbacks with context: map, filter, fold, and composition. */
#include <stdio.h>
typedef int (*unary)(int, void *);
static void map(int *v, int n, unary f, void *context) { for (int i = 0; i < n; i++) v[i] = f(v[i], context); }
static int filter(int *v, int n, int (*keep)(int)) { int k = 0; for (int i = 0; i < n; i++) if (keep(v[i])) v[k++] = v[i]; return k; }
static long fold(const int *v, int n, long start, long (*f)(long, int)) { for (int i = 0; i < n; i++) start = f(start, v[i]); return start; }
static int scale(int x, void *by) { return x * *(int *)by; }
static int count(int x, void *counter) { ++*(unsigned *)counter; return x; }
static int odd(int x) { return x & 1; }
static long sum(long a, int b) { return a + b; }
static long horner(long a, int b) { return a * 10 + b % 10; }
static int (*pick(int which))(int) { return which ? odd : 0; }
int run(void) {
    int v[10], by = 3; unsigned calls = 0;
    for (int i = 0; i < 10; i++) v[i] = i + 1;
    map(v, 10, scale, &by); map(v, 10, count, &calls);
    printf("%ld %u\n", fold(v, 10, 0, sum), calls);
    int n = filter(v, 10, odd); printf("%d %ld\n", n, fold(v, n, 0, horner));
    printf("%d %d\n", pick(1)(7), pick(0) == NULL);
    int (*f)(int) = pick(5); f = f ? f : 0;
    return (**f)(3) + (***f)(5) + n;
}
