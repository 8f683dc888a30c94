#include <stdio.h>
#include <string.h>
/* The macros of everyday debugging: tracing expressions, checks that count, timing stubs, statements that are one. */
static int failures, checks;
#define CHECK(e) (checks++, (e) ? (void)0 : (void)(failures++, printf("line %d: %s failed\n", __LINE__ - base, #e)))
#define TRACE(format, ...) printf("%s: " format "\n", __func__, __VA_ARGS__)
#define DUMP(type, e) printf(#e " = %" type "\n", (e))
#define UNUSED(x) ((void)(x))
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define CLAMP(x, lo, hi) MIN((hi), ((x) < (lo) ? (lo) : (x)))
#define FOREACH(p, array) for (__typeof__(*(array)) *p = (array); p < (array) + sizeof(array) / sizeof *(array); p++)
#define ONCE(statement) do { static int done; if (!done) { done = 1; statement; } } while (0)
static int work(int n) { TRACE("n=%d", n); ONCE(puts("first time")); return n * n; }
int run(void) {
    const int base = __LINE__;
    CHECK(work(3) == 9);
    CHECK(1 + 1 == 3);
    CHECK(strcmp("a", "b") > 0 && "text \"quoted\"");
    DUMP("d", work(4) + 1); DUMP("s", "string" + 3); DUMP("g", CLAMP(7.5, 0, 5));
    int v[] = {4, 5, 6}, s = 0; FOREACH(p, v) s += *p; UNUSED(s);
    if (s > 10) ONCE(printf("once\n")); else CHECK(0);
    return failures * 100 + checks + s;
}
