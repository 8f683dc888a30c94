/* From floating point towards zero, for values that fit. */
#include <stdio.h>
int run(void) {
    double values[] = {0.0, 0.9, -0.9, 1.5, -1.5, 127.99, -128.0, 32767.9, 65535.2, 2147483647.0, -2147483648.0, 1e15};
    long sum = 0;
    for (int i = 0; i < 12; i++) {
        double v = values[i];
        printf("%ld ", (long)v);
        if (v > -2147483649.0 && v < 2147483648.0) printf("int %d ", (int)v);
        if (v > -1 && v < 4294967296.0) printf("unsigned %u ", (unsigned)v);
        if (v > -129 && v < 128) printf("char %d ", (signed char)v);
        if (v > -1 && v < 65536) printf("ushort %d ", (unsigned short)v);
        if (v > -1) printf("ulong %lu ", (unsigned long)v);
        printf("float %d\n", v < 1e9 && v > -1e9 ? (int)(float)v : 0);
        sum += (long)v;
    }
    unsigned long huge = (unsigned long)1.8e19;
    printf("%lu %lu\n", huge, (unsigned long)9223372036854775808.0);
    printf("%ld\n", (long)-9223372036854775808.0);
    return (int)(sum % 100000);
}
