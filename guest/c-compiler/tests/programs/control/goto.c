#include <stdio.h>
/* goto forward, backward, out of loops, into blocks, between cases. */
static int find(int m[3][3], int v) { int i, j; for (i = 0; i < 3; i++) for (j = 0; j < 3; j++) if (m[i][j] == v) goto found; return -1; found: return i * 10 + j; }
static int retry(int n) { int tries = 0; again: tries++; if (n % 7 != 0) { n += 3; goto again; } return tries * 100 + n; }
static int into(int n) { int r = 0; if (n > 5) goto inside; while (n > 0) { r += 10; inside: r += n; n--; } return r; }
static int cleanup(int fail) { int open = 0; open |= 1; if (fail == 1) goto first; open |= 2; if (fail == 2) goto second; open |= 4; second: open &= ~2; first: open &= ~1; return open; }
static long collatz(long n) { long steps = 0; loop: if (n == 1) goto done; if (n & 1) { n = 3 * n + 1; goto counted; } n /= 2; counted: steps++; goto loop; done: return steps; }
static int across(int n) { int r = 0; switch (n) { case 0: r = 1; goto three; case 1: two: r += 2; break; case 2: goto two; default: three: r += 30; if (r < 100) goto three; } return r; }
static int skip(int n) { { int a = 5; if (n) goto past; a = 7; n = a; } past: { int b = n * 2; n = b; } if (n < 0) { unused: return 99; } return n; }
int run(void) {
    int m[3][3] = {{1, 2, 3}, {4, 5, 6}, {7, 8, 9}};
    printf("%d %d %d\n", find(m, 6), find(m, 10), retry(5)); printf("%d %d\n", into(3), into(8));
    printf("%d %d %d %ld\n", cleanup(0), cleanup(1), cleanup(2), collatz(27)); printf("%d %d %d %d\n", across(0), across(1), across(2), across(3));
    return skip(0) + skip(3);
}
