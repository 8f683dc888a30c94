#include <stdio.h>
#include <string.h>
#include <time.h>
/* The calendar, of fixed times (UTC), and clocks that do not go backwards. */
int run(void) {
    time_t v[] = {0, 951782400, 1000000000, 1735689599, 2147483648, -86400, 4102444800}; char b[80];
    for (int i = 0; i < 7; i++) { struct tm *t = gmtime(&v[i]); printf("%d-%02d-%02d %02d:%02d:%02d %d %d\n", t->tm_year + 1900, t->tm_mon + 1, t->tm_mday, t->tm_hour, t->tm_min, t->tm_sec, t->tm_wday, t->tm_yday); size_t n = strftime(b, sizeof b, "%Y/%m/%d %H-%M-%S %j %a %A %b %B %y %%", t); printf("%zu %s\n", n, b); }
    struct tm m = {.tm_year = 124, .tm_mon = 1, .tm_mday = 30, .tm_hour = 25}; time_t k = mktime(&m); printf("%ld %d-%d-%d %d %d\n", (long)k, m.tm_year, m.tm_mon, m.tm_mday, m.tm_hour, m.tm_wday); printf("%.1f\n", difftime(v[2], v[1]));
    printf("%zu\n", strftime(b, 3, "%Y", &m)); time_t now, again = time(&now); clock_t a = clock(), c = clock(); printf("%d %d %d %d\n", now == again, now > 1600000000, c >= a, CLOCKS_PER_SEC == 1000000); return (int)strlen(asctime(gmtime(&v[1])));
}
