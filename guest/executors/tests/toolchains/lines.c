// clang --target=wasm32-wasi -O2 -o lines.wasm lines.c
//
// A program: the parameters are its arguments, what it writes to stdout is the result, its log is stderr.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int main(int argc, char **argv) {
    char line[100];
    int number = 0;
    while (fgets(line, sizeof line, stdin)) printf("%d %s", ++number, line);
    for (int i = 1; i < argc; i++) printf("<%s>", argv[i]);
    printf("%s", getenv("HOME") ? getenv("HOME") : "no home");
    fprintf(stderr, "read %d lines\n", number);
    if (fopen("/etc/passwd", "r") || time(NULL) < 1700000000) return 1;
    return number < 5 ? 0 : number;
}
