/* bsearch finds any key that is there, and nothing else. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
static int ints(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }
struct entry { const char *key; int value; };
static int by_key(const void *key, const void *e) { return strcmp(key, ((const struct entry *)e)->key); }
int run(void) {
    int v[50], found = 0, missed = 0;
    for (int i = 0; i < 50; i++) v[i] = i * 3 + 1;
    for (int k = -2; k < 160; k++) {
        int *p = bsearch(&k, v, 50, sizeof *v, ints);
        if (p) found += *p == k; else missed++;
    }
    printf("%d %d\n", found, missed);
    static const struct entry table[] = {{"apple", 1}, {"fig", 2}, {"kiwi", 3}, {"pear", 4}, {"plum", 5}};
    const char *keys[] = {"fig", "plum", "apple", "grape", ""};
    for (int i = 0; i < 5; i++) { const struct entry *e = bsearch(keys[i], table, 5, sizeof *table, by_key); printf("%s:%d ", keys[i], e ? e->value : -1); }
    printf("%d\n", bsearch(keys[0], table, 0, sizeof *table, by_key) == NULL);
    return found;
}
