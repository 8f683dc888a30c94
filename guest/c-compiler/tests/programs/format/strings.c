/* printf of characters and strings. */
#include <stdio.h>
int run(void) {
    int n = 0;
    char not_terminated[3] = {'a', 'b', 'c'};
    n += printf("[%s] [%10s] [%-10s] [%.3s] [%10.3s] [%-10.3s]\n", "string", "string", "string", "string", "string", "string");
    n += printf("[%c] [%5c] [%-5c] [%c%c]\n", 'x', 'x', 'x', 65, 'A' + 256);
    n += printf("[%.3s] [%.*s] [%.0s] [%s]\n", not_terminated, 2, "precise", "nothing", "");
    n += printf("[%*s] [%-*s]\n", 8, "right", 8, "left");
    n += printf("%s%s%s", "no", " newline", " yet");
    n += printf("\n%%s %c%c\n", '%', 'd');
    n += printf("tabs\tand \"quotes\" and \\ \n");
    n += puts("puts adds the newline");
    putchar('p'); putchar('c'); putchar('\n');
    fputs("fputs does not\n", stdout);
    fprintf(stdout, "%s-%d\n", "fprintf", 1);
    return n;
}
