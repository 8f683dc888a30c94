#include <stdio.h>
#include <stdlib.h>
/* A doubly linked list with insertion, deletion, sorting by merging. */
typedef struct node { struct node *prev, *next; int value; } node;
typedef struct { node *head, *tail; int count; } list;
static void push(list *l, int v) { node *n = malloc(sizeof *n); *n = (node){l->tail, NULL, v}; if (l->tail) l->tail->next = n; else l->head = n; l->tail = n; l->count++; }
static void drop(list *l, node *n) { if (n->prev) n->prev->next = n->next; else l->head = n->next; if (n->next) n->next->prev = n->prev; else l->tail = n->prev; free(n); l->count--; }
static node *merge(node *a, node *b) { node head, *t = &head; while (a && b) { node **s = a->value <= b->value ? &a : &b; t = t->next = *s; *s = (*s)->next; } t->next = a ? a : b; return head.next; }
static node *sort(node *n) { if (!n || !n->next) return n; node *slow = n, *fast = n->next; while (fast && fast->next) { slow = slow->next; fast = fast->next->next; } node *half = slow->next; slow->next = NULL; return merge(sort(n), sort(half)); }
int run(void) {
    list l = {0}; for (int i = 0; i < 200; i++) push(&l, i * 7919 % 211);
    for (node *n = l.head; n;) { node *next = n->next; if (n->value % 3 == 0) drop(&l, n); n = next; }
    int back = 0; for (node *n = l.tail; n; n = n->prev) back++;
    node *s = sort(l.head); int good = 1, last = -1; long sum = 0;
    for (node *n = s; n; n = n->next) { good &= last <= n->value; last = n->value; sum += n->value; }
    printf("%d %d %d %ld %d\n", l.count, back, good, sum, last);
    while (s) { node *next = s->next; free(s); s = next; }
    return l.count;
}
