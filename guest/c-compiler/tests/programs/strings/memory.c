#include <stdio.h>
#include <string.h>
/* memcpy, memmove over itself both ways, memset, memchr over objects. */
static void show(const char *s) { printf("%s\n", s); }
int run(void) {
    char b[] = "0123456789abcdef";
    memmove(b + 2, b, 8); show(b); memmove(b, b + 4, 10); show(b); memmove(b + 5, b + 5, 3); show(b);
    memcpy(b, "XYZ", 3); show(b); memset(b + 4, '-', 3); show(b); memset(b, 'q', 0); show(b);
    int v[6] = {1, 2, 3, 4, 5, 6}; memmove(v + 1, v, 5 * sizeof *v); for (int i = 0; i < 6; i++) printf("%d ", v[i]);
    memset(v, 0xff, 8); printf("%d %d %d\n", v[0], v[1], v[2]); memset(v, 0x101, 4); printf("%x\n", v[0]);
    double d[2] = {1.5}; memcpy(&d[1], &d[0], sizeof d[0]); printf("%g\n", d[1]); memset(d, 0, sizeof d); printf("%g\n", d[0]);
    struct s { int a; char t[5]; } s = {1, "abcd"}, t; memcpy(&t, &s, sizeof s); t.t[0] = 'z'; printf("%s %s %d\n", s.t, t.t, memcmp(s.t + 1, t.t + 1, 4));
    char *r = memcpy(b, "end", 4); return (int)strlen(r) + (memchr(b, 'd', 3) == b + 2);
}
