/* Pointers to pointers: out parameters, linked structures, tables. */
#include <stdio.h>
static void choose(int **which, int *a, int *b, int second) { *which = second ? b : a; }
static void swap(const char **a, const char **b) { const char *t = *a; *a = *b; *b = t; }
struct node { int value; struct node *next; };
static void insert_sorted(struct node **link, struct node *n) { while (*link && (*link)->value < n->value) link = &(*link)->next; n->next = *link; *link = n; }
static int remove_value(struct node **link, int value) {
    for (; *link; link = &(*link)->next) if ((*link)->value == value) { *link = (*link)->next; return 1; }
    return 0;
}
int run(void) {
    int a = 1, b = 2, *p; int **pp = &p, ***ppp = &pp;
    choose(&p, &a, &b, 1); *p += 10; choose(*ppp, &a, &b, 0); ***ppp += 100;
    printf("%d %d %d\n", a, b, **pp);
    const char *words[] = {"pear", "apple", "fig", "cherry"};
    for (int i = 0; i < 4; i++) for (int j = 0; j < 3; j++) if (words[j][0] > words[j + 1][0]) swap(&words[j], &words[j + 1]);
    for (const char **w = words; w < words + 4; w++) printf("%s ", *w);
    printf("\n");
    struct node n[6], *list = NULL; int v[] = {5, 1, 4, 2, 6, 3};
    for (int i = 0; i < 6; i++) { n[i].value = v[i]; insert_sorted(&list, &n[i]); }
    printf("%d %d %d\n", remove_value(&list, 1), remove_value(&list, 9), remove_value(&list, 4));
    int number = 0;
    for (struct node *q = list; q; q = q->next) number = number * 10 + q->value;
    return number;
}
