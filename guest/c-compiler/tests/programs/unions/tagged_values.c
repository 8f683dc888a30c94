/* A small dynamic language's values: union with a tag, operations by switch. */
#include <stdio.h>
#include <string.h>
typedef enum { NIL, BOOL, INT, NUM, STR } tag;
typedef struct { tag tag; union { _Bool b; long i; double n; const char *s; } as; } value;
#define INT_VALUE(x) ((value){INT, {.i = (x)}})
#define NUM_VALUE(x) ((value){NUM, {.n = (x)}})
#define STR_VALUE(x) ((value){STR, {.s = (x)}})
#define BOOL_VALUE(x) ((value){BOOL, {.b = (x)}})
static double number(value v) { return v.tag == INT ? v.as.i : v.tag == NUM ? v.as.n : v.tag == BOOL ? v.as.b : 0; }
static value add(value a, value b) {
    if (a.tag == INT && b.tag == INT) return INT_VALUE(a.as.i + b.as.i);
    if (a.tag == STR) return a;
    return NUM_VALUE(number(a) + number(b));
}
static value less(value a, value b) {
    if (a.tag == STR && b.tag == STR) return BOOL_VALUE(strcmp(a.as.s, b.as.s) < 0);
    return BOOL_VALUE(number(a) < number(b));
}
static void show(value v) {
    switch (v.tag) {
    case NIL: printf("nil\n"); break;
    case BOOL: printf("%s\n", v.as.b ? "true" : "false"); break;
    case INT: printf("%ld\n", v.as.i); break;
    case NUM: printf("%g\n", v.as.n); break;
    case STR: printf("'%s'\n", v.as.s); break;
    }
}
int run(void) {
    value v[] = {{NIL}, BOOL_VALUE(1), INT_VALUE(1L << 40), NUM_VALUE(2.5), STR_VALUE("text"), STR_VALUE("abc")};
    int count = 0;
    for (int i = 0; i < 6; i++) for (int j = i; j < 6; j++) { show(add(v[i], v[j])); count += less(v[i], v[j]).as.b; }
    return count;
}
