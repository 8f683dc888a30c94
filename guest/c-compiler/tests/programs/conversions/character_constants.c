/* Character constants are of type int; escapes of all kinds. */
#include <stdio.h>
int run(void) {
    printf("%zu %d %d %d\n", sizeof('x'), '\n', '\0', '\\');
    printf("%d %d %d %d\n", '\a', '\b', '\f', '\v');
    printf("%d %d %d %d\n", '\t', '\r', '\'', '"');
    printf("%d %d %d\n", '\x41', '\101', '\7');
    printf("%d %d %d\n", '\xff', '\377', (unsigned char)'\xff');
    printf("%d %d\n", '\x7f', '\x80');
    char text[] = "a\0b\x63" "d\1012";
    printf("%zu", sizeof text);
    for (unsigned i = 0; i < sizeof text; i++) printf(" %d", text[i]);
    printf("\n%s|%s\n", text, text + 2);
    printf("\?\"\'\n");
    int c = 'A';
    c += 'z' - 'a';
    return c;
}
