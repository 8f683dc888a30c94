/* Shifts of every type by every legal count: the type is that of the promoted left operand. */
#include <stdio.h>
int run(void) {
    unsigned long check = 0;
    for (int n = 0; n < 32; n++) {
        unsigned u = 0x89abcdefu; int i = (int)0x89abcdef;
        unsigned char c = 0xa5; short s = -12345;
        check = check * 31 + (u << n);
        check = check * 31 + (u >> n);
        check = check * 31 + (unsigned)(i >> n);
        check = check * 31 + (unsigned)(c >> n);
        check = check * 31 + (unsigned)(s >> n);
        check = check * 31 + ((unsigned)c << n);
    }
    for (long n = 0; n < 64; n++) {
        unsigned long u = 0x0123456789abcdef; long l = -0x0123456789abcdef;
        check = check * 31 + (u << n);
        check = check * 31 + (u >> (char)n);
        check = check * 31 + (unsigned long)(l >> (unsigned long long)n);
    }
    printf("%lu\n", check);
    return (int)(check % 1000003);
}
