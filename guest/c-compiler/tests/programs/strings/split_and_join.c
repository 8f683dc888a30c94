#include <stdio.h>
#include <string.h>
/* CSV lines with quotes taken apart and put together again. */
static int split(char *line, char **fields, int most) { int n = 0; char *out = line; while (n < most) { fields[n++] = out; if (*line == '"') { line++; while (*line && !(*line == '"' && line[1] != '"')) { if (*line == '"') line++; *out++ = *line++; } if (*line) line++; } else while (*line && *line != ',') *out++ = *line++; char stop = *line++; *out++ = 0; if (!stop) break; } return n; }
static void join(char **f, int n) { for (int i = 0; i < n; i++) { if (i) putchar(','); if (strpbrk(f[i], ",\"")) { putchar('"'); for (const char *p = f[i]; *p; p++) { if (*p == '"') putchar('"'); putchar(*p); } putchar('"'); } else printf("%s", f[i]); } putchar('\n'); }
int run(void) { const char *lines[] = {"a,b,c", "\"quoted, comma\",2,\"say \"\"hi\"\"\"", ",,", "single", "", "1,\"\",3"}; int total = 0; for (int i = 0; i < 6; i++) { char b[80], *f[8]; strcpy(b, lines[i]); int n = split(b, f, 8); printf("%d:", n); for (int k = 0; k < n; k++) printf("[%s]", f[k]); printf(" "); join(f, n); total = total * 3 + n; } return total; }
