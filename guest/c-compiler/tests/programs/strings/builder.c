#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* A growing text: join, replace, split, trim, repeat. */
typedef struct { char *data; size_t length, room; } text;
static void add(text *t, const char *s, size_t n) { if (t->length + n + 1 > t->room) { t->room = (t->length + n + 1) * 2; t->data = realloc(t->data, t->room); } memcpy(t->data + t->length, s, n); t->data[t->length += n] = 0; }
static void adds(text *t, const char *s) { add(t, s, strlen(s)); }
static char *replace(const char *s, const char *from, const char *to) { text t = {0}; const char *p; adds(&t, ""); while ((p = strstr(s, from))) { add(&t, s, p - s); adds(&t, to); s = p + strlen(from); } adds(&t, s); return t.data; }
static char *trim(char *s) { while (*s == ' ' || *s == '\t') s++; size_t n = strlen(s); while (n && strchr(" \t\n", s[n - 1])) s[--n] = 0; return s; }
int run(void) {
    char *r = replace("a cat and a cat and a cat", "cat", "tiger"), *q = replace(r, " and ", ""), *e = replace("", "x", "y");
    printf("%s\n%s\n[%s]\n", r, q, e);
    text t = {0}; const char *parts[] = {"alpha", "beta", "", "gamma"};
    for (int i = 0; i < 4; i++) { if (i) adds(&t, ", "); adds(&t, parts[i]); } puts(t.data);
    char padded[] = " \t both sides \n "; printf("[%s]\n", trim(padded));
    for (int i = 0; i < 100; i++) adds(&t, "=+"); printf("%zu %d\n", t.length, t.room >= t.length + 1);
    int n = (int)(t.length + strlen(r)); free(t.data); free(r); free(q); free(e); return n;
}
