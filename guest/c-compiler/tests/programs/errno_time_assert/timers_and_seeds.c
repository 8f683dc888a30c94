#include <stdio.h>
#include <stdlib.h>
#include <time.h>
/* Clocks only in ways that do not depend on when this runs. */
static double seconds(clock_t from, clock_t to) { return (double)(to - from) / CLOCKS_PER_SEC; } static time_t noon(int y, int m, int d) { struct tm t = {.tm_year = y - 1900, .tm_mon = m - 1, .tm_mday = d, .tm_hour = 12}; return mktime(&t); }
int run(void) { clock_t start = clock(); volatile double x = 0; for (int i = 0; i < 1000; i++) x += i; double spent = seconds(start, clock()); time_t now = time(NULL); srand((unsigned)now); int r = rand() % 6; printf("%d %d %d\n", spent >= 0 && spent < 1000, now > noon(2020, 1, 1), r >= 0 && r < 6); printf("%.0f %.0f\n", difftime(noon(2024, 3, 1), noon(2024, 2, 28)) / 86400, difftime(noon(2023, 3, 1), noon(2023, 2, 28)) / 86400); char b[40]; for (int m = 1; m <= 12; m += 5) { time_t t = noon(2024, m, 31); struct tm *u = gmtime(&t); strftime(b, sizeof b, "%a %d %b %Y %H:%M:%S", u); printf("%s %d\n", b, u->tm_yday); } time_t zero = 0; struct tm copy = *gmtime(&zero); copy.tm_sec = -1; zero = mktime(&copy); printf("%ld %d %d\n", (long)zero, copy.tm_year, copy.tm_mon); return (int)(x / 1000); }
