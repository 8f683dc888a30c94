#include <stdio.h>
/* switch: fall-through, default anywhere, nested, ranges by fall-through, dense and sparse labels. */
static int dense(int n) { switch (n) { case 0: return 10; case 1: case 2: n += 5; case 3: n *= 2; break; default: n = -1; case 5: n++; break; case 4: return 44; } return n; }
static int sparse(long n) { switch (n) { case -1000000: return 1; case 0: return 2; case 1L << 40: return 3; case 77: case 78: return 4; } return 5; }
static const char *grade(int points) { switch (points / 10) { case 10: case 9: return "A"; case 8: return "B"; case 7: return "C"; default: return points < 0 ? "?" : "F"; } }
static int nested(int a, int b) { int r = 0; switch (a) { case 1: switch (b) { case 1: r = 11; break; case 2: r = 12; default: r += 100; } r += 1000; break; case 2: for (int i = 0; i < 5; i++) { switch (i) { case 3: continue; case 4: goto out; default: break; } r += i; } out: r += 7; } return r; }
int run(void) {
    for (int i = -1; i < 7; i++) printf("%d ", dense(i)); printf("\n%d %d %d %d %d\n", sparse(-1000000), sparse(1L << 40), sparse(78), sparse(1), sparse(0));
    printf("%s%s%s%s%s\n", grade(100), grade(85), grade(70), grade(3), grade(-20)); printf("%d %d %d %d\n", nested(1, 1), nested(1, 2), nested(1, 9), nested(2, 0));
    int n = 0; switch (n) { } switch (5) default: n = 3; switch (n) { case 1: ; int k; case 3: k = 4; n += k; } switch (1) case 2: n = 0;
    unsigned char c = 250; for (int i = 0; i < 10; i++) switch (c++) { case 255: n += 100; break; case 0: n += 1000; }
    return n;
}
