#include <stdio.h>
/* Macros with variable arguments. */
#define LOG(format, ...) printf("[log] " format "\n", __VA_ARGS__)
#define ALL(...) {__VA_ARGS__}
#define SHOW(...) puts(#__VA_ARGS__)
#define COUNT_(a, b, c, d, e, n, ...) n
#define COUNT(...) COUNT_(__VA_ARGS__, 5, 4, 3, 2, 1, 0)
#define FIRST(a, ...) a
#define REST(a, ...) __VA_ARGS__
#define SUM1(a) (a)
#define SUM2(a, ...) ((a) + SUM1(__VA_ARGS__))
#define SUM3(a, ...) ((a) + SUM2(__VA_ARGS__))
#define CAT(a, b) CAT_(a, b)
#define CAT_(a, b) a##b
#define SUM(...) CAT(SUM, COUNT(__VA_ARGS__))(__VA_ARGS__)
#define EACH(m, ...) EACH_(m, __VA_ARGS__)
#define EACH_(m, a, b, c) m(a) m(b) m(c)
#define PRINT(x) printf("<%d>", x);
#define GNU(format, ...) printf(format, ##__VA_ARGS__)
int run(void) {
    LOG("%d and %s", 1, "two"); int v[] = ALL(3, 4, 5); printf("%d\n", v[2]);
    SHOW(a, (b, c),  d ; e); SHOW(); printf("%d %d %d\n", COUNT(x), COUNT(x, y, z), COUNT(a, (b, c)));
    printf("%d %d %d\n", SUM(1), SUM(1, 2), SUM(1, 2, 3)); EACH(PRINT, 7, 8 + 1, v[0]) GNU("\n"); GNU("%d\n", 5);
    return FIRST(10, 20, 30) + (REST(1, 2, 3));
}
