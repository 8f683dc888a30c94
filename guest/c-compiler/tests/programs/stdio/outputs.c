#include <stdio.h>
/* All functions that write, on both streams, in one order. */
int run(void) {
    int n = 0;
    n += puts("one"); n = 0; putchar('t'); fputc('w', stdout); putc('o', stdout); putchar('\n');
    fputs("three\n", stderr); fprintf(stderr, "%s %d\n", "four", 4); n += printf("five ") + fprintf(stdout, "six\n");
    fflush(stdout); n += putchar(300); putchar(10); printf("%s", ""); n += printf("%c%c", 'o', 'k'); puts("");
    char b[10]; n += sprintf(b, "%03d", 7); fputs(b, stdout); fputs("\n", stdout);
    fwrite("written\n", 1, 8, stdout);
    printf("no newline at the end"); return n;
}
