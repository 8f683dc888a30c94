#include <limits.h>
#include <stdio.h>
/* #if and its expressions, nesting, what is skipped is not looked at. */
#define A 3
#define B (A * 2)
#define F(x) ((x) + 1)
#if 0
this is not C ' " and #error would not matter
#error never
#if 1
nested
#else
#endif
#elif A == 3 && defined B && !defined(C) && F(2) == 3
enum { FIRST = 1 };
#else
enum { FIRST = 2 };
#endif
#ifdef UNKNOWN
enum { SECOND = 1 };
#elif UNKNOWN
enum { SECOND = 2 };
#elif (-1 < 0) && (-1 > 0u) && 7 / 2 == 3 && -7 % 3 == -1 && (1 ? 2 : 3) == 2
enum { SECOND = 3 };
#endif
#ifndef UNKNOWN
# define OK 1
#endif
#if 'a' == 97 && '\n' == 10 && 0x10 == 16 && 010 == 8 && 10L == 10u && ~0 == -1 && (1 << 40) > INT_MAX && LONG_MAX > 0xffffffff
#  define CHARS 1
#else
#  define CHARS 0
#endif
#if defined A
#if A > 5
#define DEPTH 1
#elif A > 2
#if B == 6
#define DEPTH 2
#endif
#endif
#endif
#if true || (2 || 1 / 0) && !(0 && 1 / 0) && (1 | 6) == 7 && (5 ^ 1) == 4 && (6 & 3) == 2 && +1 && 3 >= 3 && 1 <= 1 && 2 != 3
#define LOGIC 1
#endif
int run(void) {
    printf("%d %d %d %d %d %d\n", FIRST, SECOND, OK, CHARS, DEPTH, LOGIC);
    int n = 0;
#if __STDC__ && __STDC_VERSION__ >= 201112L
    n += 1;
#endif
#undef A
#ifdef A
    n += 10;
#else
    n += 100;
#endif
    # /* the null directive */
    return n;
}
