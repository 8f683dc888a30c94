#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* A formatted string of the right size, appended text, and an error carried in a struct. */
static char *format(const char *f, ...) { va_list a, b; va_start(a, f); va_copy(b, a); int n = vsnprintf(NULL, 0, f, a); va_end(a); char *s = malloc(n + 1); vsnprintf(s, n + 1, f, b); va_end(b); return s; } struct error { int code; char text[32]; }; static struct error fail(int code, const char *f, ...) { struct error e = {code}; va_list a; va_start(a, f); vsnprintf(e.text, sizeof e.text, f, a); va_end(a); return e; } static void append(char **s, const char *f, ...) { va_list a; char piece[64]; va_start(a, f); vsprintf(piece, f, a); va_end(a); *s = realloc(*s, strlen(*s) + strlen(piece) + 1); strcat(*s, piece); }
int run(void) { char *s = format("%s has %d of %5.2f%c", "box", 3, 2.5, '!'); puts(s); append(&s, " and %ld", 1L << 33); append(&s, "%s", ""); append(&s, "/%x/%g", 255u, 1e-5); puts(s); struct error e = fail(-3, "line %d: '%.5s' is %s", 12, "toolongname", "not known here at all"); printf("%d %s\n", e.code, e.text); int n = strlen(s); free(s); s = format("%*s|%-*s|", 5, "r", 5, "l"); n = n * 100 + strlen(s); puts(s); free(s); return n; }
