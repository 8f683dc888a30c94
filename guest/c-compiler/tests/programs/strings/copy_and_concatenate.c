#include <stdio.h>
#include <string.h>
/* strcpy, strncpy, strcat, strncat, and what they leave behind. */
static void show(const char *b, int n) { for (int i = 0; i < n; i++) putchar(b[i] ? b[i] : '.'); putchar('\n'); }
int run(void) {
    char b[16]; memset(b, '#', 16);
    show(strcpy(b, "copy"), 16);
    show(strncpy(b, "ab", 6), 16);
    show(strncpy(b, "abcdefgh", 4), 16);
    strcpy(b, "x"); show(strcat(b, "yz"), 16);
    show(strcat(strcat(b, ""), "!"), 16);
    show(strncat(b, "12345678", 3), 16);
    show(strncat(b, "90", 10), 16);
    printf("%zu %zu %d\n", strlen(b), strlen(""), (int)strlen(b + 3));
    char big[64] = ""; for (int i = 0; i < 9; i++) { char digit[2] = {'0' + i}; strcat(big, digit); if (i % 3 == 2) strcat(big, "-"); }
    puts(big);
    char *d = strdup(big); d[0] = 'D'; printf("%s %s\n", d, big); 
    return strlen(d);
}
