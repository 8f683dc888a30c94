/* The string functions as one writes them with pointers. */
#include <stdio.h>
static unsigned length(const char *s) { const char *e = s; while (*e++) ; return e - s - 1; }
static char *copy(char *to, const char *from) { char *r = to; while ((*to++ = *from++)) ; return r; }
static int compare(const char *a, const char *b) { while (*a && *a == *b) a++, b++; return *a - *b; }
static const char *find(const char *s, const char *t) {
    for (; *s; s++) { const char *p = s, *q = t; while (*q && *p == *q) p++, q++; if (!*q) return s; }
    return 0;
}
static char *reverse(char *s) { char *a = s, *b = s + length(s); while (a < --b) { char t = *a; *a++ = *b; *b = t; } return s; }
static int words(const char *s) { int n = 0, in = 0; do { int letter = *s && *s != ' '; n += letter && !in; in = letter; } while (*s++); return n; }
int run(void) {
    char b[40];
    printf("%u %s\n", length("twelve chars"), copy(b, "copied"));
    printf("%d %d %d\n", compare("abc", "abd"), compare("abc", "ab"), compare("", ""));
    printf("%s %s\n", find("hay needle stack", "needle"), find("aaab", "ab"));
    printf("%d %s\n", find("x", "xy") == 0, reverse(b));
    printf("%d %d %d\n", words("  three short words "), words(""), words("one"));
    return b[0];
}
