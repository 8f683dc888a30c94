/* The controlling expression of switch is promoted, its labels are converted to that type. */
#include <stdio.h>
static int of_char(char c) {
    switch (c) {
    case -1: return 1;
    case 255: return 2;
    case 'a': return 3;
    default: return 4;
    }
}
static int of_unsigned_char(unsigned char c) {
    switch (c) {
    case 255: return 1;
    case 0: return 2;
    default: return 3;
    }
}
static int of_unsigned(unsigned u) {
    switch (u) {
    case -1: return 1;
    case 0x80000000: return 2;
    default: return 3;
    }
}
static int of_long(long l) {
    switch (l) {
    case 1L << 32: return 1;
    case -1u: return 2;
    case -1: return 3;
    default: return 4;
    }
}
int run(void) {
    printf("%d %d %d\n", of_char(-1), of_char((char)255), of_char('a'));
    printf("%d %d %d\n", of_unsigned_char(-1), of_unsigned_char(256), of_unsigned_char(7));
    printf("%d %d %d\n", of_unsigned(-1), of_unsigned(1u << 31), of_unsigned(5));
    printf("%d %d %d %d\n", of_long(1L << 32), of_long(4294967295), of_long(-1), of_long(0));
    return of_char(98);
}
