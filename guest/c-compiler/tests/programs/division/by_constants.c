/* Divisions by constants, which compilers like to replace with multiplications. */
#include <stdio.h>
#define TRY(n) q += x / n; r ^= x % n; uq += u / (unsigned)n; lq += l / (long)n; lr ^= l % (long)n;
int run(void) {
    int x; unsigned u; long l;
    long q = 0, r = 0, uq = 0, lq = 0, lr = 0;
    int values[] = {0, 1, -1, 99, -99, 1000000007, -1000000007, 2147483647, -2147483647 - 1, 12345, -54321};
    for (int i = 0; i < 11; i++) {
        x = values[i]; u = values[i]; l = values[i] * 4000000007L;
        TRY(1) TRY(2) TRY(3) TRY(5) TRY(6) TRY(7) TRY(8) TRY(9) TRY(10) TRY(12) TRY(16) TRY(25) TRY(60) TRY(100)
        TRY(125) TRY(641) TRY(1000) TRY(1024) TRY(65536) TRY(1000000) TRY(2147483647)
        q += x / -3 + x / -8; r ^= x % -3; r ^= x % -8;
    }
    printf("%ld %ld %ld %ld %ld\n", q, r, uq, lq, lr);
    return (int)(q + r);
}
