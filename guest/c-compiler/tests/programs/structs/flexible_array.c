/* A flexible array member behind a header in allocated memory. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
struct text { unsigned length, capacity; char data[]; };
static struct text *text_new(const char *s) {
    unsigned n = strlen(s);
    struct text *t = malloc(sizeof *t + n + 1);
    t->length = t->capacity = n;
    memcpy(t->data, s, n + 1);
    return t;
}
static struct text *append(struct text *t, const char *s) {
    unsigned n = strlen(s);
    if (t->length + n > t->capacity) {
        t->capacity = (t->length + n) * 2;
        t = realloc(t, sizeof *t + t->capacity + 1);
    }
    memcpy(t->data + t->length, s, n + 1);
    t->length += n;
    return t;
}
int run(void) {
    struct text *t = text_new("flex");
    for (int i = 0; i < 6; i++) { t = append(t, i % 2 ? "-odd" : "-even"); printf("%u/%u ", t->length, t->capacity); }
    printf("\n%s\n", t->data);
    int r = t->length * 1000 + t->capacity;
    free(t);
    return r + (int)sizeof(struct text);
}
