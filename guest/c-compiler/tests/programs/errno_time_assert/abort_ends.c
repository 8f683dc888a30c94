#include <stdio.h>
#include <stdlib.h>
// fails: abort
int run(void) { printf("before\n"); abort(); printf("after\n"); return 0; }
