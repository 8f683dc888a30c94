#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* A hash map from words to counts, with chains and growth. */
struct entry { char *key; int value; struct entry *next; }; struct map { struct entry **slots; unsigned size, used; };
static unsigned hash(const char *s) { unsigned h = 2166136261u; while (*s) h = (h ^ (unsigned char)*s++) * 16777619u; return h; }
static void grow(struct map *m) {
    unsigned size = m->size ? m->size * 2 : 4; struct entry **slots = calloc(size, sizeof *slots);
    for (unsigned i = 0; i < m->size; i++) for (struct entry *e = m->slots[i], *next; e; e = next) { next = e->next; unsigned s = hash(e->key) % size; e->next = slots[s]; slots[s] = e; }
    free(m->slots); m->slots = slots; m->size = size;
}
static int *get(struct map *m, const char *key) {
    if (m->size) for (struct entry *e = m->slots[hash(key) % m->size]; e; e = e->next) if (!strcmp(e->key, key)) return &e->value;
    if (m->used >= m->size * 3 / 4) grow(m);
    struct entry *e = malloc(sizeof *e); e->key = strdup(key); e->value = 0; unsigned s = hash(key) % m->size; e->next = m->slots[s]; m->slots[s] = e; m->used++; return &e->value;
}
static int order(const void *a, const void *b) { const struct entry *x = *(struct entry **)a, *y = *(struct entry **)b; return x->value != y->value ? y->value - x->value : strcmp(x->key, y->key); }
int run(void) {
    char text[] = "it was the best of times it was the worst of times it was the age of wisdom it was the age of foolishness"; struct map m = {0};
    for (char *w = strtok(text, " "); w; w = strtok(NULL, " ")) ++*get(&m, w);
    struct entry *all[64]; int n = 0; for (unsigned i = 0; i < m.size; i++) for (struct entry *e = m.slots[i]; e; e = e->next) all[n++] = e;
    qsort(all, n, sizeof *all, order); for (int i = 0; i < n; i++) printf("%s=%d ", all[i]->key, all[i]->value);
    putchar('\n'); char key[16]; for (int i = 0; i < 500; i++) { snprintf(key, sizeof key, "k%d", i % 170); *get(&m, key) += i; }
    return m.used * 10 + *get(&m, "k3") % 10 + *get(&m, "was");
}
