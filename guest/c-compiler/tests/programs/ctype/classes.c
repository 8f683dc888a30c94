#include <ctype.h>
#include <stdio.h>
/* Each class over all byte values of the C locale. */
#define COUNT(f) { int n = 0; unsigned h = 0; for (int c = -1; c < 256; c++) if (f(c)) { n++; h = h * 31 + c; } printf("%s %d %u\n", #f, n, h); total += n; }
int run(void) {
    int total = 0;
    COUNT(isalpha) COUNT(isdigit) COUNT(isalnum) COUNT(isupper) COUNT(islower) COUNT(isspace) COUNT(isblank) COUNT(ispunct) COUNT(isprint) COUNT(isgraph) COUNT(iscntrl) COUNT(isxdigit)
    unsigned u = 0, l = 0; for (int c = 0; c < 128; c++) { u = u * 7 + toupper(c); l = l * 7 + tolower(c); } printf("%u %u\n", u, l);
    for (const char *p = "Mixed Case 42_\n"; *p; p++) putchar(isupper((unsigned char)*p) ? tolower(*p) : toupper(*p));
    return total;
}
