#include <stdio.h>
#include <stdlib.h>
// fails: 42
static void dig(int depth, void (*at_bottom)(int)) { if (depth) { printf("%d ", depth); dig(depth - 1, at_bottom); printf("never"); } else at_bottom(42); }
static void leave(int code) { fprintf(stderr, "leaving\n"); exit(code); }
int run(void) { dig(5, leave); return 1; }
