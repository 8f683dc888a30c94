#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* A JSON parser with a tree of values, written out again in compact form. */
enum kind { JNULL, JFALSE, JTRUE, JNUMBER, JSTRING, JARRAY, JOBJECT };
struct json { enum kind kind; double number; char *text; struct json *child, *next; char *key; };
static const char *at; static int errors;
static void space(void) { while (isspace((unsigned char)*at)) at++; }
static int eat(char c) { space(); if (*at != c) return 0; at++; return 1; }
static char *string(void) { if (!eat('"')) { errors++; return strdup(""); } char *out = malloc(strlen(at) + 1), *o = out; while (*at && *at != '"') { if (*at == '\\') { at++; switch (*at) { case 'n': *o++ = '\n'; break; case 't': *o++ = '\t'; break; case 'u': { unsigned v = 0; sscanf(at + 1, "%4x", &v); at += 4; if (v < 128) *o++ = v; else { *o++ = 0xc0 | v >> 6; *o++ = 0x80 | (v & 63); } break; } default: *o++ = *at; } at++; } else *o++ = *at++; } if (*at) at++; else errors++; *o = 0; return out; }
static struct json *value(void) { struct json *j = calloc(1, sizeof *j); space(); if (*at == '{' || *at == '[') { char end = *at++ == '{' ? '}' : ']'; j->kind = end == '}' ? JOBJECT : JARRAY; struct json **link = &j->child; if (eat(end)) return j; do { char *key = NULL; if (end == '}') { space(); key = string(); if (!eat(':')) errors++; } *link = value(); (*link)->key = key; link = &(*link)->next; } while (eat(',')); if (!eat(end)) errors++; } else if (*at == '"') { j->kind = JSTRING; j->text = string(); } else if (*at == '-' || isdigit((unsigned char)*at)) { char *e; j->kind = JNUMBER; j->number = strtod(at, &e); at = e; } else if (!strncmp(at, "true", 4)) { j->kind = JTRUE; at += 4; } else if (!strncmp(at, "false", 5)) { j->kind = JFALSE; at += 5; } else if (!strncmp(at, "null", 4)) at += 4; else { errors++; if (*at) at++; } return j; }
static void quote(const char *s) { putchar('"'); for (; *s; s++) if (*s == '"' || *s == '\\') printf("\\%c", *s); else if (*s == '\n') printf("\\n"); else putchar(*s); putchar('"'); }
static void write(const struct json *j) { switch (j->kind) { case JNULL: printf("null"); break; case JFALSE: printf("false"); break; case JTRUE: printf("true"); break; case JNUMBER: printf("%.10g", j->number); break; case JSTRING: quote(j->text); break; case JARRAY: case JOBJECT: putchar(j->kind == JARRAY ? '[' : '{'); for (struct json *c = j->child; c; c = c->next) { if (c->key) { quote(c->key); putchar(':'); } write(c); if (c->next) putchar(','); } putchar(j->kind == JARRAY ? ']' : '}'); } }
static double sum(const struct json *j) { double s = j->kind == JNUMBER ? j->number : 0; for (struct json *c = j->child; c; c = c->next) s += sum(c); return s; }
static void drop(struct json *j) { while (j) { struct json *n = j->next; drop(j->child); free(j->text); free(j->key); free(j); j = n; } }
double run(void) { const char *t[] = {"{\"name\": \"J\\u0041 \\\"q\\\" \\n\", \"list\": [1, 2.5, -3e2, [], {}], \"ok\": true, \"none\": null, \"deep\": {\"a\": {\"b\": [false]}}}", "[1,2", "{\"a\" 1}", "  42  ", "[nul]"}; double s = 0; for (int i = 0; i < 5; i++) { at = t[i]; errors = 0; struct json *j = value(); write(j); printf(" %d\n", errors); s += sum(j); drop(j); } return s; }
