#include <stdio.h>
#include <string.h>
/* Every power of two, its neighbours, in all conversions. */
int run(void) { unsigned h = 7; char b[300]; for (int i = 0; i < 64; i++) for (int d = -1; d <= 1; d++) { unsigned long v = (1ul << i) + d; int n = sprintf(b, "%lu %ld %lx %lX %lo %#lx %d %u %hd %hu %hhd %hhu %22lu %-22ld| %022lx %+ld % ld %.20lu", v, (long)v, v, v, v, v, (int)v, (unsigned)v, (short)v, (unsigned short)v, (signed char)v, (unsigned char)v, v, (long)v, v, (long)v, (long)v, v); for (int k = 0; k < n; k++) h = h * 31 + b[k]; if (i % 16 == 5) printf("%s\n", b); h += n == (int)strlen(b); } return h >> 1; }
