/* Every integer type assigned to every other: the value each keeps. */
#include <stdio.h>
#define TARGETS(X) X(_Bool) X(char) X(signed char) X(unsigned char) X(short) X(unsigned short) X(int) X(unsigned) \
    X(long) X(unsigned long) X(long long) X(unsigned long long)
#define SHOW(type) { type t = (type)x; printf(" %lld", (long long)t); }
#define FROM(type, value) { type x = (type)(value); printf("%s:", #type); TARGETS(SHOW) printf("\n"); }
long run(void) {
    FROM(char, 200)
    FROM(unsigned char, 200)
    FROM(short, 40000)
    FROM(unsigned short, 40000)
    FROM(int, -1234567)
    FROM(unsigned, 3000000000u)
    FROM(long, -9000000000L)
    FROM(unsigned long, 18000000000000000000ul)
    FROM(long long, 0x123456789abcdefLL)
    FROM(_Bool, 17)
    return 1;
}
