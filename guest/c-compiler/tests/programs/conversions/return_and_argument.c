/* Arguments and results are converted to the types of the prototype. */
#include <stdio.h>
static unsigned char low(int x) { return x; }
static signed char signed_low(int x) { return x; }
static short middle(long x) { return x; }
static int truncated(double x) { return x; }
static float narrowed(double x) { return x; }
static _Bool truth(float x) { return x; }
static unsigned wide(signed char c) { return c; }
static long longer(unsigned u) { return u; }
static double half(int x) { return x / 2; }
int run(void) {
    printf("%d %d %d\n", low(511), low(-1), low('A' + 256));
    printf("%d %d\n", signed_low(200), signed_low(0x17f));
    printf("%d %d\n", middle(0x18000), middle(-40000L));
    printf("%d %d\n", truncated(-2.99), truncated(3));
    printf("%.9g %d\n", narrowed(0.1), narrowed(0.1) == 0.1);
    printf("%d %d %d\n", truth(0.001f), truth(0), truth(-0.0f));
    printf("%u %u\n", wide(255), wide(127));
    printf("%ld %ld\n", longer(-1), longer(1u << 31));
    printf("%.2f %.2f\n", half(7), half(7.9));
    return low(truncated(1e6)) + middle(1L << 15);
}
