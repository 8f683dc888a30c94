#include <ctype.h>
#include <stdio.h>
#include <string.h>
/* Words counted, capitalised, and numbers told from names. */
static void capitalise(char *s) { int start = 1; for (; *s; s++) { *s = start ? toupper((unsigned char)*s) : tolower((unsigned char)*s); start = !isalpha((unsigned char)*s); } }
static const char *kind(const char *s) { if (isdigit((unsigned char)*s)) { while (isdigit((unsigned char)*s)) s++; return *s ? "mixed" : "number"; } if (isalpha((unsigned char)*s) || *s == '_') { while (isalnum((unsigned char)*s) || *s == '_') s++; return *s ? "mixed" : "name"; } return "other"; }
static int palindrome(const char *s) { int i = 0, j = strlen(s) - 1; while (i < j) { if (!isalnum((unsigned char)s[i])) i++; else if (!isalnum((unsigned char)s[j])) j--; else if (tolower(s[i++]) != tolower(s[j--])) return 0; } return 1; }
int run(void) {
    char a[] = "the QUICK brown-fox 3rd o'clock"; capitalise(a); puts(a);
    printf("%s %s %s %s %s\n", kind("1234"), kind("12a"), kind("_x1"), kind("a-b"), kind("+"));
    printf("%d %d %d\n", palindrome("A man, a plan, a canal: Panama!"), palindrome("not one"), palindrome(""));
    int lines = 0, words = 0, chars = 0, in = 0; for (const char *p = "two lines\nof  text\n\tthird"; *p; p++) { chars++; lines += *p == '\n'; if (isspace((unsigned char)*p)) in = 0; else if (!in) { in = 1; words++; } }
    return lines * 10000 + words * 100 + chars;
}
