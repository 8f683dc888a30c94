#include <stdio.h>
#include <string.h>
/* External and internal names of all kinds of objects, defined in any order, with and without initialisers. */
extern int counter; static const char *const greeting; int table[4]; static double ratio; struct settings { int level; char name[8]; } settings; static void configure(int); extern struct settings *current; static int (*hook)(int); int helper(int); static int helper_calls;
int counter = 5; static const char *const greeting = "hello"; static double ratio = 0.75; struct settings *current = &settings; int table[4] = {[3] = 9}; static int (*hook)(int) = helper; struct settings settings = {2, "first"};
static void configure(int level) { current->level += level; strcpy(settings.name, level > 1 ? "high" : "low"); ratio *= level; hook = level > 5 ? 0 : hook; } int helper(int x) { helper_calls++; extern int counter; return x * counter; }
int run(void) { printf("%d %s %g %d %s %d\n", counter, greeting, ratio, settings.level, current->name, table[3]); configure(3); counter = 7; printf("%d %s %g %d\n", settings.level, settings.name, ratio, hook(6)); { struct settings settings = {99}; current = &settings; configure(2); printf("%d %s\n", settings.level, settings.name); } current = &settings; configure(6); table[0] = hook == 0; printf("%d %d %s %d\n", table[0], helper_calls, settings.name, settings.level); return counter + table[3]; }
