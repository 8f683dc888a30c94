#include <assert.h>
#include <stdio.h>
/* Assertions that hold do nothing; with NDEBUG they are not evaluated. */
static int n; static int count(void) { return ++n; } static int checked(int x) { assert(x > 0 && "positive"); return x; }
int run(void) {
    assert(count() == 1); assert(1); assert("text"); assert(&n); assert(0.5); printf("%d %d\n", n, checked(5));
#define NDEBUG
#include <assert.h>
    assert(count() == 100); assert(0); printf("%d\n", n);
#undef NDEBUG
#include <assert.h>
    assert(count()); if (n) assert(n == 2); else n = 9; return n;
}
