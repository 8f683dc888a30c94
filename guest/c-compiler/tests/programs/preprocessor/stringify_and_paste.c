#include <stdio.h>
#include <string.h>
/* # and ##, with and without expansion of what they take. */
#define STR(x) #x
#define XSTR(x) STR(x)
#define CAT(a, b) a##b
#define XCAT(a, b) CAT(a, b)
#define VALUE 42
#define NAME(n) variable_##n
#define DECLARE(type, n) type NAME(n) = n; static const char *const n##_text = #n
#define SHOW(e) printf(#e " = %d\n", (e))
#define PREFIX_VALUE 7
#define hash_hash # ## #
#define MK(n) n ## L
#define OP(a, op, b) a op##= b
enum { one = 1, two = 2 };
int run(void) {
    printf("%s %s\n", STR(VALUE), XSTR(VALUE)); printf("%d %d\n", CAT(PREFIX_, VALUE), XCAT(1, VALUE));
    printf("[%s] [%s] [%s]\n", STR(  a   +  b  ), STR("quo\"te\n" '\'' ), STR(a /* comment */ b)); printf("[%s][%s]\n", STR(), XSTR(hash_hash));
    DECLARE(int, one); DECLARE(long, two); printf("%d %ld %s%s\n", variable_one, variable_two, one_text, two_text);
    int a = 5; SHOW(a * VALUE); SHOW(a++ + 1); OP(a, +, 3); OP(a, <<, 2); SHOW(a);
    printf("%zu %d\n", sizeof(MK(5)), (int)strlen(STR(\n "\\")));
    printf("%s\n", XSTR(XCAT(XCAT(x, y), z))); return CAT(0x, ff) + CAT(, 3) + CAT(4, );
}
