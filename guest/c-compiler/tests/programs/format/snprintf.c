/* snprintf tells the length it would have had, and always ends the text. */
#include <stdio.h>
#include <string.h>
int run(void) {
    char b[8]; int total = 0;
    memset(b, '#', sizeof b);
    total += snprintf(b, sizeof b, "%d", 12345678); printf("%s %zu\n", b, strlen(b));
    total += snprintf(b, 1, "abc"); printf("[%s]\n", b);
    total += snprintf(NULL, 0, "%s-%s", "long", "text");
    memset(b, '#', sizeof b);
    total += snprintf(b, 0, "untouched"); printf("%c\n", b[0]);
    total += snprintf(b, sizeof b, "%s", "exactly"); printf("%s\n", b);
    total += snprintf(b, sizeof b, "%s", "too long"); printf("%s\n", b);
    char big[100]; int at = 0;
    for (int i = 0; i < 5; i++) at += sprintf(big + at, "%d:%c,", i * i, 'a' + i);
    printf("%s %d\n", big, at);
    at += snprintf(big + at, sizeof big - at, "%.2f|%5s|%-5s|%x", 3.14159, "ab", "cd", 255);
    printf("%s %d\n", big, at);
    return total + at;
}
