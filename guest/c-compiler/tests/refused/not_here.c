//// files
#include <stdio.h>
int run(void) {
    FILE *f = fopen("data.txt", "r");
    int c = getchar();
    return scanf("%d", &c) + (f != NULL);
}
//! gcc takes it
//- 3:15: fopen
//- 4:13: getchar
//- 5:12: scanf
//// threads and jumps
#include <pthread.h>
#include <setjmp.h>
int run(void) { return 0; }
//! gcc takes it
//- 1:2: header <pthread.h> is not available
//- 2:2: header <setjmp.h> is not available
//// lengths that are not constant
int run(int n) {
    int a[n];
    a[0] = n;
    return a[0];
}
//! gcc takes it
//- 2:11: variable-length arrays
//// long double, complex, atomic
int run(int n) {
    long double x = n;
    return (int)x;
}
//! gcc takes it
//- 2:5: long double
//// atexit and system
#include <stdlib.h>
static void bye(void) { }
int run(void) {
    atexit(bye);
    return system("ls");
}
//! gcc takes it
//- 4:5: atexit
//- 5:12: system
