#include <ctype.h>
#include <stdio.h>
#include <string.h>
/* A hex dump as tools print it, of text and numbers. */
static void dump(const void *data, size_t n) {
    const unsigned char *p = data;
    for (size_t at = 0; at < n; at += 16) {
        printf("%08zx ", at);
        for (size_t i = 0; i < 16; i++) { if (i == 8) putchar(' '); if (at + i < n) printf(" %02x", p[at + i]); else printf("   "); }
        printf("  |"); for (size_t i = at; i < n && i < at + 16; i++) putchar(isprint(p[i]) ? p[i] : '.'); printf("|\n");
    }
}
int run(void) {
    const char *t = "Hex dumps show\tbytes\nand \x01\x7f\x80\xff letters."; dump(t, strlen(t) + 1);
    double d[] = {1, -0.5}; dump(d, sizeof d); struct { int a; short b; char c[2]; } s = {-1, 0x1234, "z"}; dump(&s, sizeof s);
    return (int)strlen(t);
}
