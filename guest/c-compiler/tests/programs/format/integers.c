/* printf of integers: flags, width, precision, length. */
#include <limits.h>
#include <stdio.h>
int run(void) {
    int n = 0;
    n += printf("[%d] [%5d] [%-5d] [%05d] [%+d] [% d]\n", 42, 42, 42, 42, 42, 42);
    n += printf("[%d] [%5d] [%-5d] [%05d] [%+d] [% d]\n", -42, -42, -42, -42, -42, -42);
    n += printf("[%.3d] [%8.3d] [%-8.3d] [%08.3d] [%.0d] [%.0d]\n", 7, 7, 7, 7, 0, 1);
    n += printf("[%x] [%X] [%#x] [%#X] [%#010x] [%#o] [%o]\n", 48879, 48879, 48879, 48879, 48879, 8, 8);
    n += printf("[%#x] [%#o] [%+u] [%.5x] [%#.5x]\n", 0, 0, 5u, 255, 255);
    n += printf("[%hhd] [%hd] [%hhu] [%hu]\n", 300, 70000, -1, -1);
    n += printf("[%ld] [%lld] [%lu] [%llx]\n", LONG_MIN, LLONG_MAX, ULONG_MAX, 0xfedcba9876543210ull);
    n += printf("[%zu] [%td] [%jd]\n", sizeof(long), (long)-3, (long)-4);
    n += printf("[%*d] [%-*d] [%*d] [%.*d]\n", 6, 1, 6, 2, -6, 3, 4, 5);
    n += printf("[%i] [%u] [%d%%]\n", INT_MIN, UINT_MAX, 100);
    n += printf("[%+05d] [%- 5d] [% 05d] [%+-5d]|\n", 3, 3, 3, 3);
    return n;
}
