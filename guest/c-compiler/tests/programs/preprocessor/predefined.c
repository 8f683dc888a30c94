#include <stdio.h>
#include <string.h>
/* __LINE__, __func__, #line, and lines that are continued. */
#define HERE __LINE__
#define WHERE() printf("%s:%d\n", __func__, __LINE__)
static int helper(void) { WHERE(); return __LINE__; }
static const char *who(void) { return __func__; }
int run(void) {
    int a = __LINE__, b = HERE, \
        c = __LINE__;
    printf("%d %d %d\n", b - a, c - a, helper() < a);
    WHERE(); printf("%s %zu\n", who(), sizeof __func__); printf("%d %d\n",
        __LINE__,
        HERE);
    int spli\
ced = 5; printf("%d %s\n", spliced, "con\
tinued"); // a comment that goes \
    on
    /* comments /* do not nest */ int d = 7 /* */ / /**/ 2; printf("%d %d\n", d, __STDC__);
#line 1000
    printf("%d\n", __LINE__);
#line 2000 "other.c"
    printf("%d %s\n", __LINE__, __FILE__);
    return __LINE__ + (int)strlen(who());
}
