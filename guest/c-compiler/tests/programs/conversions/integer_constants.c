/* The type of a constant is the first of its list that can hold it. */
#include <stdio.h>
#define KIND(x) _Generic((x), int: "int", unsigned: "unsigned", long: "long", unsigned long: "unsigned long", \
    long long: "long long", unsigned long long: "unsigned long long", default: "other")
int run(void) {
    puts(KIND(1)); puts(KIND(2147483647)); puts(KIND(2147483648)); puts(KIND(4294967295)); puts(KIND(4294967296));
    puts(KIND(0x7fffffff)); puts(KIND(0x80000000)); puts(KIND(0xffffffff)); puts(KIND(0x100000000));
    puts(KIND(0x7fffffffffffffff)); puts(KIND(0x8000000000000000)); puts(KIND(0xffffffffffffffff));
    puts(KIND(037777777777)); puts(KIND(01)); puts(KIND(1u)); puts(KIND(4294967296u));
    puts(KIND(1l)); puts(KIND(1ul)); puts(KIND(1ll)); puts(KIND(1ull)); puts(KIND(1LLU)); puts(KIND(0xffUL));
    puts(KIND(-2147483648)); puts(KIND(-1)); puts(KIND('a'));
    puts(KIND((char)1 + (char)1)); puts(KIND((short)1)); puts(KIND(1 ? 1 : 1u));
    return 0b1011 + 017 + 0x1F;
}
