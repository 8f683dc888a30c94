/* Character arrays from strings: exact, shorter, longer, in structs. */
#include <stdio.h>
#include <string.h>
static char exact[3] = "abc", longer[6] = "abc", own[] = "abc", braced[] = {"braces"}, list[] = {'a', 'b', 0};
static char table[][4] = {"one", "two", "six"}, padded[2][6] = {"x", {"y"}}; struct s { char a[4], b[4]; int n; } s = {"wxyz", "q", 5};
static const char *const p = "shared"; static char joined[] = "one" "two\0three" "\x41" "B";
static unsigned char bytes[] = "\xff\376\0"; static const char *none[2] = {""};
int run(void) {
    printf("%zu %zu %zu %zu %zu\n", sizeof exact, sizeof longer, sizeof own, sizeof braced, sizeof list);
    printf("%.3s %s %d %d\n", exact, longer, longer[4], own[3]);
    printf("%zu %s %s %d\n", sizeof table / sizeof *table, table[1], padded[1], padded[0][5]);
    printf("%.4s %s %d %zu %s\n", s.a, s.b, s.n, strlen(p), none[0]);
    printf("%zu %zu %s\n", sizeof joined, strlen(joined), joined + 7);
    printf("%d %d %zu\n", bytes[0], bytes[1], sizeof bytes);
    char local[] = "local", big[10] = "big"; local[0] = 'v'; for (int i = 0; i < 2; i++) { char fresh[] = "fresh"; fresh[i]++; printf("%s ", fresh); }
    printf("%s %d\n", local, big[9]);
    char *q = (char[]){"literal"}; q[0]++; puts(q); return sizeof "abc\0d" + sizeof(char[7]){""};
}
