/* Calculators: tables of functions, chosen by symbol. */
#include <stdio.h>
typedef long (*binary)(long, long);
static long add(long a, long b) { return a + b; }
static long sub(long a, long b) { return a - b; }
static long mul(long a, long b) { return a * b; }
static long power(long a, long b) { long r = 1; while (b-- > 0) r *= a; return r; }
static const struct { char symbol; binary run; } table[] = {{'+', add}, {'-', sub}, {'*', &mul}, {'^', power}};
static binary find(char c) { for (unsigned i = 0; i < sizeof table / sizeof *table; i++) if (table[i].symbol == c) return table[i].run; return NULL; }
static long rpn(const char *s) {
    long stack[16]; int top = 0;
    for (; *s; s++) {
        if (*s >= '0' && *s <= '9') { long v = 0; while (*s >= '0' && *s <= '9') v = v * 10 + *s++ - '0'; stack[top++] = v; s--; continue; }
        binary f = find(*s);
        if (f) { top--; stack[top - 1] = f(stack[top - 1], stack[top]); }
    }
    return stack[0];
}
int run(void) {
    printf("%ld %ld %ld\n", rpn("3 4 + 2 *"), rpn("2 10 ^ 24 -"), rpn("1 2 3 4 5 + + + +"));
    printf("%d %d %d\n", find('?') == 0, find('*') == mul, !find('+'));
    long (*fs[3])(long, long) = {add, sub, mul}; long r = 1;
    for (int i = 0; i < 9; i++) r = (*fs[i % 3])(r, i + 2);
    return (int)r;
}
