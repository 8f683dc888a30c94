/* div, ldiv and lldiv give quotient and remainder at once. */
#include <stdio.h>
#include <stdlib.h>
int run(void) {
    int pairs[][2] = {{17, 5}, {-17, 5}, {17, -5}, {-17, -5}, {0, 3}, {2147483647, 2}};
    int sum = 0;
    for (int i = 0; i < 6; i++) {
        div_t d = div(pairs[i][0], pairs[i][1]);
        ldiv_t l = ldiv(pairs[i][0] * 1000000000L, pairs[i][1]);
        printf("%d %d %ld %ld\n", d.quot, d.rem, l.quot, l.rem);
        sum += d.quot * 3 + d.rem;
    }
    lldiv_t ll = lldiv(-9223372036854775807LL, 10);
    printf("%lld %lld\n", ll.quot, ll.rem);
    printf("%d %ld %lld\n", abs(-5), labs(-5000000000L), llabs(-9000000000LL));
    return sum + div(100, 7).rem;
}
