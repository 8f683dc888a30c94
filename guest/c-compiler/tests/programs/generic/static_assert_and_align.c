#include <assert.h>
#include <stdalign.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
/* _Static_assert in all its places; _Alignof and _Alignas. */
_Static_assert(sizeof(int) == 4 && sizeof(long) == 8, "the data model"); static_assert((char)-1 < 0, "char is signed"); _Static_assert(1.5 > 1, "folded");
struct s { char c; _Static_assert(sizeof(short) == 2, "inside"); alignas(16) int n; }; enum { N = sizeof(struct s) }; _Static_assert(N == 32 && offsetof(struct s, n) == 16, "aligned");
static alignas(64) char buffer[10]; static _Alignas(double) char small[3]; struct t { _Alignas(8) char a, b; };
int run(void) {
    _Static_assert(N > 1, "in a block"); printf("%zu %zu %zu %zu %zu\n", alignof(char), _Alignof(short), alignof(long), alignof(double[3]), alignof(struct s));
    printf("%d %d %zu\n", (int)((uintptr_t)buffer % 64), (int)((uintptr_t)small % 8), sizeof(struct t)); for (int i = 0; i < 3; i++) { alignas(32) short local[3] = {i}; printf("%d ", (int)((uintptr_t)local % 32) + local[0]); static_assert(sizeof local == 6, ""); }
    printf("%zu\n", sizeof(max_align_t) >= 16 ? sizeof(struct s) : 0); return N + (int)offsetof(struct t, b);
}
