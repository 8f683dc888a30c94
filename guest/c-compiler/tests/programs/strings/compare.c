#include <stdio.h>
#include <string.h>
/* Comparisons look at bytes as unsigned; only the sign of the result counts. */
static int sign(int x) { return (x > 0) - (x < 0); }
int run(void) {
    const char *w[] = {"", "a", "abc", "abd", "ab", "ABC", "abc\xff", "abc\x01"}; int sum = 0;
    for (int i = 0; i < 8; i++) { for (int j = 0; j < 8; j++) { int c = sign(strcmp(w[i], w[j])); printf("%2d", c); sum = sum * 3 % 10007 + c; } putchar('\n'); }
    printf("%d %d %d %d\n", sign(strncmp("abcde", "abcxy", 3)), sign(strncmp("abcde", "abcxy", 4)), sign(strncmp("a", "b", 0)), sign(strncmp("ab", "abc", 10)));
    printf("%d %d %d\n", sign(memcmp("a\0b", "a\0c", 3)), sign(memcmp("a\0b", "a\0c", 2)), sign(memcmp("\x80", "\x7f", 1)));
    int a[] = {1, 2, 3}, b[] = {1, 2, 4}; printf("%d %d\n", memcmp(a, b, 8), sign(memcmp(a, b, sizeof a)));
    return sum;
}
