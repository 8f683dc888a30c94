//// names that are not declared, each once
int total(int n) {
    int sum = 0;
    for (int i = 0; i < n; i++)
        sum += values[i] * factor;
    return sum + missing(n);
}
//- 4:16: 'values' is not declared
//- 4:28: 'factor' is not declared
//- 5:18: function 'missing' is not declared
//// a member that the struct does not have
struct point { int x, y; };
int run(void) {
    struct point p = {1, 2}, *q = &p;
    return p.z + q->w;
}
//- 4:14: no member
//- 4:21: no member
//// dot and arrow mixed up
struct point { int x, y; };
int run(void) {
    struct point p = {1, 2}, *q = &p;
    return p->x + q.y;
}
//- 4:12: only pointers can be followed, not 'struct point'
//- 4:21: only struct and union have members, not 'struct point*'
//// wrong number of arguments
static int add(int a, int b) { return a + b; }
int run(void) {
    int x = add(1);
    return add(1, 2, 3) + x;
}
//- 3:13: argument
//- 4:12: argument
//// a struct where a number is wanted
struct s { int n; };
int run(void) {
    struct s s = {1};
    int x = s;
    return s + 1;
}
//- 4:13: initialisation from 'struct s' to 'int' needs a cast
//- 5:12: a number is needed here, not 'struct s'
//// assignment to what is no variable
int run(int a) {
    5 = a;
    return a++ ++;
}
//- 2:5: x
//- 3:12: x
//// an assignment to a sum, which the grammar does not have
int run(int a) {
    a + 1 = 2;
    return a;
}
//- 2:10: syntax error: ';' is missing before '='
//// a constant is not assigned to
int run(void) {
    const int limit = 5;
    const int *p = &limit;
    limit = 6;
    *p = 7;
    limit++;
    return limit;
}
//- 4:5: const
//- 5:5: const
//- 6:5: const
//// one name declared twice in a block
int run(void) {
    int a = 1;
    double a = 2;
    return a;
}
//- 3:12: a
//// a function defined twice
static int f(void) { return 1; }
static int f(void) { return 2; }
int run(void) { return f(); }
//- 2:12: f
//// a type that is not complete
struct later;
int run(void) {
    struct later x;
    return sizeof(struct later);
}
//- 3:18: incomplete
//- 4:12: incomplete
//// what is called is no function
int run(int x) {
    int a[3] = {0};
    return x(1) + a();
}
//- 3:12: 'x' is not a function
//- 3:19: 'a' is not a function
//// an index into a number
int run(int x) {
    return x[0] + *x;
}
//- 2:12: only arrays and pointers have elements
//- 2:19: only pointers can be followed, not 'int'
//// operators on the wrong types
struct s { int n; };
int run(double d, int *p, struct s s) {
    int a = d % 2;
    int b = d << 1;
    int c = ~d;
    int e = p * 2;
    return !s + a + b + c + e;
}
//- 3:13: an integer is needed here, not 'double'
//- 4:13: an integer is needed here, not 'double'
//- 5:14: an integer is needed here, not 'double'
//- 6:13: a number is needed here, not 'int*'
//- 7:13: a condition cannot be of type 'struct s'
//// a function without its value
static void nothing(void) { }
int run(void) {
    int x = nothing();
    return nothing() + x;
}
//- 3:13: a value is needed here, but the expression is void
//- 4:12: a number is needed here, not 'void'
//// too many initialisers
int run(void) {
    int a[2] = {1, 2, 3};
    struct { int x; } s = {1, 2};
    char t[2] = "abc";
    return a[0] + s.x + t[0];
}
//- 2:23: more initialisers than elements
//- 3:31: more initialisers than elements
//- 4:17: the string is longer than the array
//// designators of what is not there
int run(void) {
    int a[3] = {[5] = 1};
    struct { int x; } s = {.y = 1};
    return a[0] + s.x;
}
//- 2:18: the index is outside of the array
//- 3:29: there is no member 'y'
//// a pointer takes no number and no pointer of another kind
int run(int x, double *d) {
    int *p = x;
    int *q = d;
    x = d;
    return *p + *q + x;
}
//- 2:14: initialisation from 'int' to 'int*' needs a cast
//- 3:14: initialisation from 'double*' to 'int*' needs a cast
//- 4:9: assignment from 'double*' to 'int' needs a cast
//// a return that does not fit
struct s { int n; };
struct s f(void) { return 1; }
void g(void) { return 1; }
int run(void) { struct s s = f(); return s; }
//- 2:27: return from 'int' to 'struct s' needs a cast
//- 3:23: a void function returns no value
//- 4:42: return from 'struct s' to 'int' needs a cast
