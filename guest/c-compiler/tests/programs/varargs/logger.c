#include <stdarg.h>
#include <stdio.h>
#include <string.h>
/* A logger with levels, prefixes and a ring of lines, built on vsnprintf. */
enum level { DEBUG, INFO, ERROR }; static struct { char lines[3][24]; int n; enum level least; } log_ = {.least = INFO}; static int vlog(enum level l, const char *f, va_list a) { if (l < log_.least) return 0; char *to = log_.lines[log_.n++ % 3]; int k = snprintf(to, 24, "%c%02d ", "DIE"[l], log_.n); return k + vsnprintf(to + k, 24 - k, f, a); } static int info(const char *f, ...) { va_list a; va_start(a, f); int n = vlog(INFO, f, a); va_end(a); return n; } static int logf_(enum level l, const char *f, ...) { va_list a; va_start(a, f); int n = vlog(l, f, a); va_end(a); return n; }
int run(void) { int n = info("started %s", "now"); n += logf_(DEBUG, "hidden %d", 1); n += logf_(ERROR, "code %d at %.2f percent of it all", -7, 99.5); n += info("%c%c%c", 'x', 'y', 'z'); log_.least = DEBUG; n += logf_(DEBUG, "%5.1f|%-5d|%#x", 2.25, 42, 255); for (int i = 0; i < 3; i++) printf("%s %zu\n", log_.lines[i], strlen(log_.lines[i])); return n; }
