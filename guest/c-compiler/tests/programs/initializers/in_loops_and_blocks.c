/* Locals are initialised anew each time; static ones once. */
#include <stdio.h>
static int next(void) { static int n = 10; static int calls[3] = {1, 1, 1}; calls[n % 3]++; return n++ + calls[0]; }
int run(void) {
    int total = 0;
    for (int i = 0; i < 4; i++) {
        int fresh[3] = {i}, copy = i; struct { int a, b; } s = {copy}; static int kept = 5; static struct { int n; } st = {3};
        fresh[1] += i; fresh[2]++; s.b += fresh[1]; kept += s.b; st.n *= 2; copy = 99;
        printf("%d%d%d %d %d %d\n", fresh[0], fresh[1], fresh[2], s.b, kept, st.n);
        total += kept + next();
    }
    { int total = 5; total++; { int total = 7; printf("%d ", total); } printf("%d ", total); }
    int x = 1; { int y = x, x = 2; printf("%d %d ", x, y); } for (int x = 5; x < 6; x++) { int x = 50; printf("%d ", x); } printf("%d\n", x);
    int n = 0; while (n < 3) { int m = n; m *= 2; n++; if (m == 2) continue; total += m; }
    return total;
}
