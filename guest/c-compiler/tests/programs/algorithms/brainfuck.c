#include <stdio.h>
#include <string.h>
/* An interpreter with a table of jumps, running three programs. */
static int interpret(const char *code, const char *input) { static unsigned char tape[3000]; int jump[600], stack[50], top = 0, steps = 0, n = strlen(code); memset(tape, 0, sizeof tape); for (int i = 0; i < n; i++) if (code[i] == '[') stack[top++] = i; else if (code[i] == ']') { int o = stack[--top]; jump[o] = i; jump[i] = o; }
    unsigned char *p = tape; for (int i = 0; i < n; i++, steps++) switch (code[i]) { case '>': p++; break; case '<': p--; break; case '+': ++*p; break; case '-': --*p; break; case '.': putchar(*p); break; case ',': *p = *input ? *input++ : 0; break; case '[': if (!*p) i = jump[i]; break; case ']': if (*p) i = jump[i]; break; } return steps; }
int run(void) { int n = interpret("++++++++[>++++[>++>+++>+++>+<<<<-]>+>+>->>+[<]<-]>>.>---.+++++++..+++.>>.<-.<.+++.------.--------.>>+.>++.", ""); n += interpret(",[>,]<[.<]", "reversed"); putchar('\n'); n += interpret("++++++++[>++++++++<-]>+.+.+.[>+++<-]>>++++++++++.", ""); return n; }
