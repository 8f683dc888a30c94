/* Letters handled by arithmetic on their codes. */
#include <stdio.h>
#include <string.h>
static char upper(char c) { return c >= 'a' && c <= 'z' ? c - ('a' - 'A') : c; }
static char rot13(char c) {
    if (c >= 'a' && c <= 'z') return 'a' + (c - 'a' + 13) % 26;
    if (c >= 'A' && c <= 'Z') return 'A' + (c - 'A' + 13) % 26;
    return c;
}
static void caesar(char *s, int shift) {
    for (; *s; ++s) {
        if ((*s | 32) >= 'a' && (*s | 32) <= 'z') {
            char base = *s & ~31 | 1;
            *s = (*s - base + shift % 26 + 26) % 26 + base;
        }
    }
}
int run(void) {
    char s[] = "Hello, World! 123 xyz";
    char t[sizeof s];
    for (unsigned i = 0; i < sizeof s; i++) t[i] = upper(s[i]);
    puts(t);
    for (unsigned i = 0; i < sizeof s; i++) t[i] = rot13(s[i]);
    puts(t);
    caesar(s, 3); puts(s);
    caesar(s, -3); puts(s);
    caesar(s, -29); puts(s);
    return (int)strlen(t);
}
