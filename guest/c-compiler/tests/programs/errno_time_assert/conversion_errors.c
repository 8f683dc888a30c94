#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* A careful parser of numbers on top of strtol and strtod, with each kind of failure. */
enum result { OK, EMPTY, TRAILING, RANGE }; static enum result to_int(const char *s, int *out) { char *end; errno = 0; long v = strtol(s, &end, 0); if (end == s) return EMPTY; if (*end) return TRAILING; if (errno == ERANGE || v < INT_MIN || v > INT_MAX) return RANGE; *out = v; return OK; } static enum result to_double(const char *s, double *out) { char *end; errno = 0; double v = strtod(s, &end); if (end == s) return EMPTY; if (*end) return TRAILING; if (errno == ERANGE) return RANGE; *out = v; return OK; }
int run(void) { const char *t[] = {"12", "-0x7f", "010", "", "abc", "12abc", "3000000000", "99999999999999999999", " 7", "7 ", "1e3", "1e999", "-1e999", ".5", "1e-999", "0x1p4"}; int h = 0; for (int i = 0; i < 16; i++) { int n = -1; double d = -1; enum result a = to_int(t[i], &n), b = to_double(t[i], &d); printf("[%s] %d %d %d %g\n", t[i], a, n, b, d); h = h * 5 % 100003 + a * 4 + b; } return h; }
