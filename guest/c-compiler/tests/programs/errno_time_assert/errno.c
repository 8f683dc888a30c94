#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* errno: zero at first, set by failures, kept by successes, an lvalue of the program's own. */
static int fail(int code) { errno = code; return -1; }
int run(void) {
    printf("%d\n", errno); strtol("99999999999999999999", NULL, 10); printf("%d\n", errno == ERANGE); strtol("5", NULL, 10); printf("%d\n", errno == ERANGE); errno = 0; double x = strtod("1e999", NULL); printf("%d %d\n", errno == ERANGE, x == HUGE_VAL);
    errno = 0; volatile double minus = -1; double y = log(minus); printf("%d %d\n", y != y, errno == EDOM); errno = 0; y = sqrt(minus); printf("%d\n", errno == EDOM); errno = 0; volatile double big = 1000; y = exp(big); printf("%d\n", errno == ERANGE); errno = 0; y = pow(minus, 0.5); printf("%d\n", errno == EDOM);
    if (fail(EINVAL) < 0) printf("%s\n", strerror(errno)); int *p = &errno; *p = 0; printf("%d %s %s %s\n", errno, strerror(ENOMEM), strerror(EDOM), strerror(0)); errno = ENOENT; perror("open"); errno = ENOENT + 1; return errno + ERANGE * 100 + EDOM * 10000;
}
