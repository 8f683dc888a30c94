#include <stdio.h>
/* ++ and -- at the ends of each type's range. */
#define TRY(type, start, format, as) { type x = start; type before = x++; type after = x; type again = ++x; x--; --x; type last = x--; printf(#type " " format " " format " " format " " format " " format "\n", (as)before, (as)after, (as)again, (as)last, (as)x); }
int run(void) {
    TRY(char, 127, "%d", int) TRY(signed char, -128, "%d", int) TRY(unsigned char, 255, "%d", int) TRY(short, 32767, "%d", int) TRY(unsigned short, 65535, "%d", int)
    TRY(unsigned, 4294967295u, "%u", unsigned) TRY(unsigned long, 18446744073709551615ul, "%lu", unsigned long) TRY(long, 9223372036854775806, "%ld", long) TRY(_Bool, 0, "%d", int)
    TRY(float, 16777216.0f, "%.1f", double) TRY(double, 9007199254740992.0, "%.1f", double) TRY(float, 0.1f, "%.9g", double)
    _Bool b = 1; b++; b++; printf("%d ", b); b--; printf("%d ", b); b--; printf("%d\n", b);
    int a[2] = {5, 6}, *p = a; int v = *p++ + 10 * *p--; (void)v; printf("%d\n", a[0]++ + ++a[1]); char c = -128; c--; return c + a[0] * 100 + a[1];
}
