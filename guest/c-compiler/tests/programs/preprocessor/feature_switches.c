#include <stdio.h>
/* Configuration by macros: defaults, tests of values and versions, nested inclusion guards, assertions at compile time. */
#ifndef LEVEL
#define LEVEL 2
#endif
#define MAJOR 1
#define MINOR 15
#define VERSION (MAJOR * 100 + MINOR)
#if VERSION >= 200
#error "too new"
#elif VERSION >= 110 && LEVEL > 1
#define NAME "modern"
#else
#define NAME "old"
#endif
#if defined(NAME) && !defined(LEGACY) && (LEVEL & 2)
#define HAS(feature) HAS_##feature
#define HAS_X 1
#define HAS_Y 0
#else
#define HAS(feature) 0
#endif
#define STATIC_ASSERT(c, name) typedef char name[(c) ? 1 : -1]
STATIC_ASSERT(sizeof(int) == 4, int_is_four);
STATIC_ASSERT(HAS(X), x_is_there);
#if HAS(X)
static int x(void) { return 10; }
#endif
#if HAS(Y)
static int y(void) { return syntax error here }
#else
#define y() 7
#endif
#undef LEVEL
#define LEVEL 5
#if LEVEL == 5 ? 1 : 0
#define TERNARY "yes"
#endif
#if 0x7fffffffffffffff + 1 < 0 || -1 > 0u || 1 << 62 > 0
#define WIDE 1
#endif
int run(void) { printf("%s %d %d %d %s\n", NAME, VERSION, x(), y(), TERNARY); return WIDE + LEVEL * 10 + (int)sizeof(int_is_four); }
