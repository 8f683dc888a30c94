#include <stdio.h>
#include <stdlib.h>
/* A binary search tree: insert, walk, depth, delete, free. */
struct tree { long key; struct tree *left, *right; };
static struct tree *insert(struct tree *t, long key) { if (!t) { t = calloc(1, sizeof *t); t->key = key; } else if (key < t->key) t->left = insert(t->left, key); else if (key > t->key) t->right = insert(t->right, key); return t; }
static int size(const struct tree *t) { return t ? 1 + size(t->left) + size(t->right) : 0; }
static int depth(const struct tree *t) { if (!t) return 0; int l = depth(t->left), r = depth(t->right); return 1 + (l > r ? l : r); }
static void walk(const struct tree *t, void (*f)(long, void *), void *c) { if (t) { walk(t->left, f, c); f(t->key, c); walk(t->right, f, c); } }
static void hash(long key, void *c) { unsigned long *h = c; *h = *h * 31 + key; }
static struct tree *erase(struct tree *t, long key) {
    if (!t) return NULL;
    if (key < t->key) t->left = erase(t->left, key);
    else if (key > t->key) t->right = erase(t->right, key);
    else if (!t->left || !t->right) { struct tree *o = t->left ? t->left : t->right; free(t); return o; }
    else { struct tree *m = t->right; while (m->left) m = m->left; t->key = m->key; t->right = erase(t->right, m->key); }
    return t;
}
static void release(struct tree *t) { if (t) { release(t->left); release(t->right); free(t); } }
int run(void) {
    struct tree *t = NULL; unsigned x = 12345;
    for (int i = 0; i < 300; i++) { x = x * 1664525 + 1013904223; t = insert(t, x % 1000); }
    unsigned long h = 0; walk(t, hash, &h); printf("%d %d %lu\n", size(t), depth(t), h);
    for (long k = 0; k < 1000; k += 2) t = erase(t, k);
    h = 0; walk(t, hash, &h); printf("%d %d %lu\n", size(t), depth(t), h);
    int n = size(t); release(t); return n;
}
