#include <stdio.h>
#include <string.h>
/* Program state in globals: an event log, an id generator, a ring buffer, undo. */
enum { SIZE = 8 }; static struct { int at; char what[12]; } ring[SIZE]; static unsigned head, used; static long clock_ticks;
static void note(const char *what) { ring[head].at = (int)++clock_ticks; strncpy(ring[head].what, what, sizeof ring[0].what - 1); head = (head + 1) % SIZE; if (used < SIZE) used++; }
static int id(void) { static unsigned next = 41; static unsigned char wrap = 254; if (++wrap == 0) next += 1000; return ++next; }
static int value, undo[4], undone; static void set(int v) { memmove(undo + 1, undo, sizeof undo - sizeof *undo); undo[0] = value; if (undone < 4) undone++; value = v; }
static int back(void) { if (!undone) return 0; value = undo[0]; memmove(undo, undo + 1, sizeof undo - sizeof *undo); undone--; return 1; }
int run(void) {
    char b[12] = "event a"; for (int i = 0; i < 11; i++) { b[6] = 'a' + i; note(b); } for (unsigned i = 0; i < used; i++) { unsigned k = (head - used + i + SIZE) % SIZE; printf("%d:%s ", ring[k].at, ring[k].what); } printf("\n");
    for (int i = 0; i < 5; i++) printf("%d ", id()); for (int i = 1; i < 8; i++) set(i * i); while (back()) printf("%d ", value); printf("\n"); return (int)clock_ticks + value;
}
