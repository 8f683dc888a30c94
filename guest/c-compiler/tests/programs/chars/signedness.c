/* Plain char is signed here, as with gcc on x86-64. */
#include <limits.h>
#include <stdio.h>
int run(void) {
    char c = '\xe4'; signed char s = '\xe4'; unsigned char u = '\xe4';
    printf("%d %d %d\n", c, s, u);
    printf("%d %d %d\n", c == s, c == u, s == u);
    printf("%d %d\n", CHAR_MIN, CHAR_MAX);
    char text[] = "gr\xc3\xbc\xc3\x9f";
    int sum = 0, negative = 0;
    for (int i = 0; text[i]; i++) { sum += text[i]; negative += text[i] < 0; }
    printf("%d %d\n", sum, negative);
    for (char *p = text; *p; p++) if ((unsigned char)*p > 127) *p = '?';
    puts(text);
    int table[256] = {0};
    const char *count = "hello world";
    for (int i = 0; count[i]; i++) table[(unsigned char)count[i]]++;
    printf("%d %d %d\n", table['l'], table['o'], table['z']);
    char loop; int rounds = 0;
    for (loop = 100; loop > 0; loop++) rounds++;
    printf("%d %d\n", rounds, loop);
    return c * u;
}
