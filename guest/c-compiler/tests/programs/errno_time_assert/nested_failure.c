#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
// fails: index >= 0
struct vector { int *data, n; };
static int get(const struct vector *v, int index) { assert(index >= 0 && index < v->n); return v->data[index]; }
int run(void) { int d[] = {1, 2, 3}; struct vector v = {d, 3}; for (int i = 2; i > -3; i--) printf("%d %d\n", i, get(&v, i)); return 0; }
