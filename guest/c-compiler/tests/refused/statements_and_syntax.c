//// a missing semicolon in each of two functions
static int f(int x) {
    int y = x + 1
    return y;
}
static int good(int x) { return x; }
int run(void) {
    return f(1) + good(2)
}
//- 2:18: syntax error: ';' is missing before 'return'
//- 7:26: syntax error: ';' is missing before '}'
//// a missing parenthesis
int run(int x) {
    if (x > 1 {
        return 2;
    }
    return (x + 1;
}
//- 2:14: syntax error: ')' is missing before '{'
//// break and continue outside of loops
int run(int x) {
    if (x) break;
    continue;
    return x;
}
//- 2:12: break
//- 3:5: continue
//// labels that are not there, or there twice
int run(int x) {
    if (x) goto end;
again:
    x--;
again:
    return x;
}
//- 2:17: end
//- 5:1: again
//// case labels twice, or outside of a switch
int run(int x) {
    switch (x) {
    case 1: return 5;
    case 2 - 1: return 6;
    default: x = 1;
    default: x = 2;
    }
    case 7: return x;
}
//- 4:5: case 1 is there twice
//- 6:5: default is there twice
//- 8:5: a case label outside of a switch
//// a label that is not constant
int run(int x, int y) {
    switch (x) { case y: return 1; }
    enum { A = x };
    static int s = y;
    return 0;
}
//- 2:23: an integer constant is needed here
//- 3:16: an integer constant is needed here
//- 4:20: the initialiser of a static variable must be constant
//// a text that does not end
int run(void) {
    const char *s = "never ends;
    return s[0];
}
//- 2:21: missing '"' at the end of this string: it does not end on its line
//// a comment that does not end
int run(void) {
    return 1; /* and so on
}
//- 2:14: syntax error: '}' is missing
//- 2:15: comment does not end
//// a character that C does not have
int run(int x) {
    return x @ 2;
}
//- 2:14: x
//// a switch on a floating value
int run(double d) {
    switch (d) { case 1: return 1; }
    return 0;
}
//- 2:13: an integer is needed here, not 'double'
//// a condition that is a struct
struct s { int n; };
int run(void) {
    struct s s = {1};
    if (s) return 1;
    while (s) { }
    return s ? 1 : 2;
}
//- 4:9: a condition cannot be of type 'struct s'
//- 5:12: a condition cannot be of type 'struct s'
//- 6:12: a condition cannot be of type 'struct s'
//// a static assertion that fails
_Static_assert(sizeof(int) == 8, "int has four bytes");
int run(void) {
    _Static_assert(1 > 2, "one is less");
    return 0;
}
//- 1:1: static assertion failed: int has four bytes
//- 3:5: static assertion failed: one is less
//// a bit-field that is too wide, or no integer
struct a { int x : 33; };
struct b { double d : 3; };
struct c { int n : -1; };
int run(void) { return 0; }
//- 1:20: a bit-field of this type has 0 to 32 bits
//- 2:23: a bit-field must be an integer
//- 3:20: a bit-field of this type has 0 to 32 bits
//// the address of what has none
struct s { int bit : 3; };
int run(int a) {
    struct s s = {1};
    register int r = 2;
    int *p = &s.bit, *q = &5;
    return *p + *q + a;
}
//- 5:15: a bit-field has no address
//- 5:28: this expression does not designate a variable
//// an array that cannot be
int run(void) {
    int a[-1];
    int b[0x7fffffff][100];
    void v;
    return 0;
}
//- 2:11: an array's length must be positive
//- 3:11: the array is too large
//- 4:10: variable 'v' cannot be void
