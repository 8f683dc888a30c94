#include <assert.h>
#include <stdio.h>
// fails: n < 3
static int check(int n) { assert(n < 3); return n; }
int run(void) { for (int i = 0; i < 10; i++) printf("%d\n", check(i)); return 0; }
