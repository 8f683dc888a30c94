#include <stdio.h>
/* Runs of characters; signed loop variables over all codes. */
int run(void) { const char *s = "aaabbbbcXX\xff\xff "; int n = 0; for (const char *p = s; *p;) { const char *q = p; while (*q == *p) q++; printf("%d*%ld ", *p, (long)(q - p)); n += *p * (int)(q - p); p = q; } char c = 0; int rounds = 0; do rounds++; while (++c); unsigned char u = 0; do rounds++; while (--u); printf("\n%d\n", rounds); for (signed char k = 126; k > 0; k++) n++; return n; }
