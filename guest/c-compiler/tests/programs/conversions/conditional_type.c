/* Both arms of ?: are converted to one type, whichever is taken. */
#include <stdio.h>
static double pick(int which) { return which ? 1 : 2.5; }
int run(void) {
    int yes = 1, no = 0, score = 0;
    if ((yes ? -1 : 0u) > 0) score += 1;
    if ((yes ? -1 : 0) > 0) score += 2;
    if ((yes ? (unsigned char)255 : (signed char)-1) == 255) score += 4;
    if ((yes ? -1 : 0ul) == ~0ul) score += 8;
    if ((yes ? -1L : 0u) < 0) score += 16;
    printf("%d\n", score);
    printf("%.2f %.2f\n", pick(1), pick(0));
    printf("%zu %zu\n", sizeof(yes ? 'a' : 1L), sizeof(no ? (char)1 : (char)2));
    printf("%.3f\n", (yes ? 7 : 0.5f) / 2);
    unsigned u = no ? 0u : -5;
    printf("%u\n", u / 2);
    int a = 3, b = 4;
    int *p = yes ? &a : 0;
    *(no ? &a : &b) = 9;
    printf("%d %d\n", *p, b);
    int chained = no ? 1 : no ? 2 : yes ? 3 : 4;
    return score * 10 + chained;
}
