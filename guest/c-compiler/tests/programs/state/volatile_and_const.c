#include <stdio.h>
/* Qualifiers change nothing in the values. */
static volatile int signal_count; static const volatile long fixed = 5; const int limits[] = {1, 2, 3};
struct q { const int a; volatile short b; int *const p; const char *volatile s; };
static int poll(volatile int *flag) { int n = 0; while (*flag > 0) { (*flag)--; n++; } return n; }
static int sum(const int *const v, const int n) { int s = 0; for (const int *p = v; p != v + n; p++) s += *p; return s; }
static volatile int *where(void) { return &signal_count; }
int run(void) {
    signal_count = 7; int polled = poll(&signal_count); printf("%d %d\n", polled, signal_count); signal_count += 3; signal_count++; (*where())--; *where() *= 2; printf("%d %ld\n", signal_count, fixed * 2);
    int x = 1; struct q q = {2, 3, &x, "abc"}; q.b += 40000; *q.p = 9; q.s++; printf("%d %d %d %s\n", q.a, q.b, x, q.s);
    volatile double d = 0.1; d += d; volatile unsigned char c = 255; c++; const volatile struct { int n; } s = {4}; printf("%g %d %d\n", d, c, s.n);
    volatile int array[4] = {1, 2, 3, 4}; volatile int *p = array; int t = 0; while (p < array + 4) t = t * 10 + *p++; int const *volatile *z = &(int const *volatile){limits}; printf("%d %d\n", t, (*z)[2]);
    return sum(limits, 3) + (int)sizeof(const volatile long);
}
