#include <stdio.h>
#include <string.h>
/* strtok over several delimiters, empty fields, and a new text in between. */
int run(void) {
    char a[] = "  one,two;;three , four;", b[] = "a=1&b=22&c=", c[] = "", d[] = ";;;"; int n = 0;
    for (char *t = strtok(a, " ,;"); t; t = strtok(NULL, " ,;")) { printf("[%s]", t); n++; }
    putchar('\n');
    for (char *t = strtok(b, "&"); t; t = strtok(NULL, "&")) { char *e = strchr(t, '='); *e = 0; printf("%s->%s ", t, e + 1); n += strlen(e + 1); }
    putchar('\n');
    printf("%d %d\n", strtok(c, ",") == NULL, strtok(d, ";") == NULL);
    char e[] = "x y"; char *first = strtok(e, " "), *rest = strtok(NULL, ""); printf("%s|%s\n", first, rest ? rest : "(none)");
    char p[] = "/usr/local/lib"; char *last = 0; for (char *t = strtok(p, "/"); t; t = strtok(0, "/")) last = t;
    puts(last); return n;
}
