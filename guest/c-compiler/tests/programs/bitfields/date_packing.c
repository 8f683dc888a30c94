/* A date in 32 bits, compared and sorted as a number. */
#include <stdio.h>
struct stamp { unsigned minute : 6, hour : 5, day : 5, month : 4, year : 12; };
static long key(struct stamp s) { return ((((long)s.year * 16 + s.month) * 32 + s.day) * 32 + s.hour) * 64 + s.minute; }
static struct stamp next(struct stamp s) {
    static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (++s.minute < 60) return s;
    s.minute = 0;
    if (++s.hour < 24) return s;
    s.hour = 0;
    unsigned last = days[s.month - 1] + (s.month == 2 && s.year % 4 == 0);
    if (s.day++ < last) return s;
    s.day = 1;
    if (s.month++ < 12) return s;
    s.month = 1; s.year++;
    return s;
}
int run(void) {
    struct stamp s[] = {{59, 23, 31, 12, 1999}, {59, 23, 28, 2, 2000}, {59, 23, 28, 2, 2001}, {30, 12, 15, 6, 4095}};
    for (int i = 0; i < 4; i++) {
        struct stamp n = next(s[i]);
        printf("%u-%u-%u %u:%u %d %ld\n", n.year, n.month, n.day, n.hour, n.minute, key(n) > key(s[i]), key(n));
    }
    struct stamp t = s[0];
    for (int i = 0; i < 100000; i++) t = next(t);
    printf("%u-%u-%u %u:%u\n", t.year, t.month, t.day, t.hour, t.minute);
    return sizeof t;
}
