//// an error of one's own
#define VERSION 3
#if VERSION > 2
#error only up to version 2
#endif
int run(void) { return VERSION; }
//- 3:2: only up to version 2
//// conditions that do not end, or never began
int run(void) { return 1; }
#endif
#if 1
int more(void) { return 2; }
//- 2:2: #endif without #if
//- 3:2: #if without #endif
//// a macro with the wrong number of arguments
#define MAX(a, b) ((a) > (b) ? (a) : (b))
int run(int x) {
    int y = MAX(x);
    return MAX(x, y, 3);
}
//- 3:13: MAX
//- 4:12: MAX
//// an error inside of a macro is told at its use
#define ADD(a, b) (a + b)
int run(int x) {
    return ADD(x, y);
}
//- 3:19: 'y' is not declared
//// a header that is not there
#include <stdio.h>
#include <nosuch.h>
#include "own.h"
int run(void) { return 0; }
//- 2:2: header <nosuch.h> is not available
//- 3:2: header "own.h" is not available
//// a directive that is none
#defin A 1
int run(void) { return 1; }
//- 1:2: defin
//// an expression of #if that is none
#if 1 +
#endif
#if 1 / 0
#endif
int run(void) { return 1; }
//- 1:2: the condition of #if is not an integer constant expression
//- 3:7: division by zero in #if
//// # needs a parameter, ## two sides
#define A(x) #y
#define B(x) ## x
int run(void) { return 1; }
//- 1:14: '#' must stand before a parameter of the macro
//- 2:14: '##' cannot be at either end of a macro's body
