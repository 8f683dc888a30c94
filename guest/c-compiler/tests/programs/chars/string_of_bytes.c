#include <stdio.h>
/* Escapes, embedded zeros, bytes above 127 compared and classified by hand. */
static int printable(char c) { return c >= ' ' && c <= '~'; } static int continuation(char c) { return (c & 0xc0) == 0x80; }
int run(void) { static const char data[] = "A\0B\n\tZ\x7f\x80\xbf\xc0\xff~ "; int p = 0, c = 0, neg = 0, zero = 0; for (unsigned i = 0; i < sizeof data; i++) { p += printable(data[i]); c += continuation(data[i]); neg += data[i] < 0; zero += !data[i]; if (data[i] == '\xff' && data[i] == -1) p += 100; if (data[i] == 0xff) p += 1000; } printf("%d %d %d %d %zu\n", p, c, neg, zero, sizeof data); return p; }
