%:include <stdio.h>
/* Digraphs, comments in odd places, splices within tokens, quotes in comments. */
%:define HASH(x) %:x
%:define PASTE(a, b) a%:%:b
int run(void) {
    int a<:3:> = <%1, 2, 3%>; // don't stop at this apostrophe
    /* "unclosed string in a comment */ int b = a[0]/**//a[0]; char slash = '/'; char *text = "/* no comment */ // nor this";
    int lo\
ng_name = 4; lon\
g_name++; /\
/ a comment by splice
    printf("%s %s %c\n", HASH(a b), text, slash); printf("%d %d\n", PASTE(long_, name), a<:2:> - -b);
    printf("one" /* between */ " two" // after
           " three\n"); return a[1]+ + +b- - -long_name; }
