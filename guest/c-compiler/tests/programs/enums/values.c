/* Enumeration constants: implicit values, gaps, repeats, expressions, negative ones. */
#include <stdio.h>
enum a { A0, A1, A5 = 5, A6, AGAIN = 5, ANOTHER };
enum b { NEG = -3, NEXT, SUM = A5 + A6 * 2, SHIFT = 1 << 10, SIZE = sizeof(long), CHAR = 'x', COND = SUM > 10 ? 7 : 8, LAST };
enum { ANON = 1000, MASK = ~0xf & 0xff };
typedef enum color { RED, GREEN = 10, BLUE } color;
static const char *name(color c) { switch (c) { case RED: return "red"; case GREEN: return "green"; case BLUE: return "blue"; } return "?"; }
int run(void) {
    printf("%d %d %d %d %d %d\n", A0, A1, A5, A6, AGAIN, ANOTHER);
    printf("%d %d %d %d %d %d %d %d\n", NEG, NEXT, SUM, SHIFT, SIZE, CHAR, COND, LAST);
    printf("%d %d %zu %zu\n", ANON, MASK, sizeof(enum a), sizeof RED);
    int table[LAST] = {[A5] = 3, [BLUE - GREEN] = 4};
    printf("%d %d\n", table[5], table[1]);
    for (color c = RED; c <= BLUE; c++) if (name(c)[0] != '?') printf("%s ", name(c));
    enum { INNER = ANON + 1, A1 = 77 };
    printf("%d %d\n", INNER, A1);
    enum b e = NEG; e += 1; color d = 10;
    return e * 100 + d + (d == GREEN);
}
