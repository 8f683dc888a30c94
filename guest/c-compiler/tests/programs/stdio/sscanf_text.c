#include <stdio.h>
/* sscanf of words, characters and sets. */
int run(void) {
    char a[20] = "", b[20] = "", c[20] = ""; char x = 0, y = 0; int n = 0, v = 0;
    printf("%d ", sscanf("  hello world ", "%s %s %s", a, b, c)); printf("[%s][%s][%s]\n", a, b, c);
    printf("%d ", sscanf("abcdef", "%3s%2s", a, b)); printf("[%s][%s]\n", a, b);
    printf("%d ", sscanf(" xy z", "%c%c", &x, &y)); printf("[%c][%c]\n", x, y);
    printf("%d ", sscanf(" xy z", " %c %c", &x, &y)); printf("[%c][%c]\n", x, y);
    printf("%d ", sscanf("key=value;rest", "%[a-z]=%[^;];%s", a, b, c)); printf("[%s][%s][%s]\n", a, b, c);
    printf("%d ", sscanf("123abc", "%[0-9]%[^0-9]", a, b)); printf("[%s][%s]\n", a, b);
    printf("%d ", sscanf("abc", "%[0-9]", a)); printf("[%s]\n", a);
    printf("%d ", sscanf("]x-y", "%[]x-]%s", a, b)); printf("[%s][%s]\n", a, b);
    printf("%d ", sscanf("skip this 42", "%*s %*s %d%n", &v, &n)); printf("%d %d\n", v, n);
    printf("%d ", sscanf("2024-02-30T23:59", "%d-%d-%dT%d:%d", &v, &n, &v, &n, &v)); printf("%d %d\n", v, n);
    char three[4] = {0}; printf("%d ", sscanf("wxyz", "%3c", three)); printf("[%s]\n", three);
    printf("%d ", sscanf("(1.5, -2)", "( %[^,] , %[^)] )", a, b)); printf("[%s][%s]\n", a, b);
    return n;
}
