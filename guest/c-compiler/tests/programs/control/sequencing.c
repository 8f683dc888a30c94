#include <stdio.h>
/* Order that C guarantees: && || ?: and the comma; side effects that do not happen. */
static int calls; static int say(int v) { calls = calls * 10 + v; return v; } static int zero(int v) { say(v); return 0; }
int run(void) {
    int a = zero(1) && say(2); int b = say(3) || say(4); int c = zero(5) ? say(6) : say(7); int d = (say(8), zero(9), 42); printf("%d %d %d %d %d\n", a, b, c, d, calls); calls = 0;
    int x = 0; x && (x = 5); printf("%d ", x); x || (x = 7); printf("%d ", x); !x || x++ > 6 && x++; printf("%d\n", x);
    int e = zero(1) && say(2) || say(3) && zero(4) || say(5); printf("%d %d\n", e, calls); calls = 0; if (!zero(1) && (say(2), say(3)) && !(say(4) && zero(5))) printf("%d\n", calls);
    int i = 1; i = i++ ? i + 10 : 0; printf("%d\n", i); i = (i++, i + i); printf("%d\n", i); int t = 5, u = (t += 2, t * t); printf("%d\n", u);
    int *null = 0; if (null && *null) x = -1; if (!null || *null == 3) x = 50; for (int k = 0; k < 3 && say(k); k++) ; while (zero(3) || x-- > 48) ; printf("%d %d\n", x, calls);
    return (x < 0 ? 1 : x > 40 ? x > 100 ? 2 : 3 : 4) + !!x + !x * 10;
}
