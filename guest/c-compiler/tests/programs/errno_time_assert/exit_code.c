#include <stdio.h>
#include <stdlib.h>
// fails: 3
static void leave(int code) { if (code > 2) exit(code); }
int run(void) { for (int i = 0; i < 10; i++) { leave(i); printf("still here %d\n", i); } return 0; }
