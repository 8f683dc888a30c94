#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <float.h>
#include <inttypes.h>
#include <iso646.h>
#include <limits.h>
#include <math.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <stdnoreturn.h>
#include <string.h>
#include <time.h>
#include <stdio.h>
#  include   <string.h>   /* twice, with spaces */
/* All headers at once, and a word from each. */
static noreturn void never(void) { for (;;); }
int run(void) { assert(isalpha('a')); errno = 0; bool b = true and not false; size_t n = strlen("abc"); int32_t i = INT32_MAX; double d = fabs(-DBL_MAX); time_t t = 0; printf("%d %zu %" PRId32 " %d %d %d\n", b, n, i, d > 1, CHAR_BIT, (int)t); if (0) never(); alignas(16) int a[2] = {abs(-3), (int)offsetof(struct { char c; int i; }, i)}; va_list *none = NULL; return a[0] * 10 + a[1] + (none == NULL) + (i bitand 1) + (4 xor 1) + compl 0; }
