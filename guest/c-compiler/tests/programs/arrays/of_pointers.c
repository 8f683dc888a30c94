/* Arrays of pointers, pointers to them, and ragged tables. */
#include <stdio.h>
#include <string.h>
static const char *const days[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun", 0};
static int *rows[4]; static int storage[10];
static int count(const char *const *list) { int n = 0; while (*list++) n++; return n; }
int run(void) {
    printf("%d %s %c\n", count(days), days[3], days[5][1]);
    int *next = storage;
    for (int i = 0; i < 4; i++) { rows[i] = next; for (int j = 0; j <= i; j++) *next++ = i && j && j < i ? rows[i - 1][j - 1] + rows[i - 1][j] : 1; }
    for (int i = 0; i < 4; i++) { for (int j = 0; j <= i; j++) printf("%d ", rows[i][j]); printf("\n"); }
    int a = 1, b = 2, c = 3, *order[] = {&c, &a, &b}, **p = order;
    *order[0] += 10; **++p += 100; *p[1] += 1000;
    printf("%d %d %d\n", a, b, c);
    char text[] = "one two three"; char *words[5] = {0}; int n = 0;
    for (char *w = strtok(text, " "); w; w = strtok(0, " ")) words[n++] = w;
    while (n--) printf("%s ", words[n]);
    printf("\n");
    const char *(*whole)[8] = (const char *(*)[8])&days; return (*whole)[6][2] + (int)(sizeof days / sizeof *days);
}
