#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
/* strtol and its kind: bases, prefixes, where they stop, ranges. */
static void try(const char *s, int base) { char *e; errno = 0; long v = strtol(s, &e, base); printf("%ld %d %d|", v, (int)(e - s), errno == ERANGE); errno = 0; unsigned long u = strtoul(s, &e, base); printf("%lu %d %d\n", u, (int)(e - s), errno == ERANGE); }
int run(void) {
    const char *t[] = {"42", "  -17xyz", "+8", "0x1F", "0x", "0xg", "077", "08", "", "-", "abc", "zz", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809", "18446744073709551615", "18446744073709551616", "\t\n 5", "1 2", "--3", "0b101", "-0", "- 4"};
    for (unsigned i = 0; i < sizeof t / sizeof *t; i++) try(t[i], 10);
    int bases[] = {0, 2, 8, 16, 36}; for (int b = 0; b < 5; b++) for (unsigned i = 0; i < 12; i++) if (!(t[i][0] == '0' && t[i][1] == 'b')) try(t[i], bases[b]);
    printf("%d %ld %lld %d\n", atoi(" 12ab"), atol("-99999999999"), atoll("7"), atoi("x"));
    printf("%lld %llu\n", strtoll("-7fffffff", NULL, 16), strtoull("ffffffffffffffff", NULL, 16));
    return (int)strtol("7z", NULL, 36);
}
