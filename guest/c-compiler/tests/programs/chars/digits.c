/* Numbers from digits and digits from numbers, in any base. */
#include <stdio.h>
static int digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'z') return c - 'a' + 10;
    if (c >= 'A' && c <= 'Z') return c - 'A' + 10;
    return 99;
}
static long parse(const char *s, int base) {
    int sign = 1; long v = 0;
    while (*s == ' ') s++;
    if (*s == '-') { sign = -1; s++; }
    for (; digit(*s) < base; s++) v = v * base + digit(*s);
    return sign * v;
}
static char *format(unsigned long v, int base, char *end) {
    *--end = '\0';
    do { *--end = "0123456789abcdefghijklmnopqrstuvwxyz"[v % base]; v /= base; } while (v);
    return end;
}
int run(void) {
    char buffer[70];
    printf("%ld %ld %ld %ld\n", parse("  -123abc", 10), parse("ff", 16), parse("zz", 36), parse("1012", 2));
    for (int base = 2; base <= 36; base += 7) printf("%s ", format(123456789, base, buffer + 70));
    printf("%s\n", format(~0ul, 2, buffer + 70));
    return (int)parse(format(48879, 16, buffer + 70), 16);
}
