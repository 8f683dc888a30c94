/* Structs that point to their own kind: list, ring, mutual reference. */
#include <stdio.h>
struct node { int value; struct node *next; };
struct tree; struct leaf { struct tree *owner; int n; }; struct tree { struct leaf *leaves[2]; int id; };
static struct node *reversed(struct node *list) {
    struct node *done = 0;
    while (list) { struct node *next = list->next; list->next = done; done = list; list = next; }
    return done;
}
static int sum(const struct node *n) { return n ? n->value + sum(n->next) : 0; }
int run(void) {
    struct node n[5];
    for (int i = 0; i < 5; i++) n[i] = (struct node){i * i, i < 4 ? &n[i + 1] : NULL};
    printf("%d\n", sum(n));
    struct node *r = reversed(n);
    for (struct node *p = r; p; p = p->next) printf("%d ", p->value);
    printf("\n");
    n[0].next = &n[4];
    int steps = 0;
    for (struct node *p = r; steps < 12; p = p->next) steps += p->value % 2 + 1;
    struct tree t = {.id = 9}; struct leaf a = {&t, 1}, b = {&t, 2};
    t.leaves[0] = &a; t.leaves[1] = &b;
    a.owner->leaves[1]->owner->leaves[0]->n = 40;
    return steps * 100 + a.n + b.owner->id + r->next->next->value;
}
