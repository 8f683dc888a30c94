//! What is wrong, or not covered, is refused with line, column and a message that names it.

use skerry_c_compiler::compile;

/// The first error of a source.
fn refusal(source: &str) -> String {
    match compile(source) {
        Ok(_) => "compiles".to_owned(),
        Err(errors) => {
            let first = &errors.diagnostics()[0];
            format!("line {}, column {}: {}", first.line, first.column, first.message)
        }
    }
}

/// Checks all before it fails, to show every difference at once.
fn check(expectations: &[(&str, &str)]) {
    let mut differences = String::new();
    for (source, expected) in expectations {
        let given = refusal(source);
        if given != *expected {
            differences.push_str(&format!("{source}\n  expected {expected}\n  got      {given}\n"));
        }
    }
    assert!(differences.is_empty(), "{differences}");
}

#[test]
fn constructs_that_are_not_covered_are_refused_by_name() {
    check(&[
        ("int f(int n) { int a[n]; return 0; }", "line 1, column 22: variable-length arrays are not supported"),
        ("int f(int n, int a[n][n]) { return 0; }", "line 1, column 23: variable-length arrays are not supported"),
        (
            "int f(void) { __asm__(\"nop\"); return 0; }",
            "line 1, column 15: inline assembler statements are not supported",
        ),
        ("double _Complex f(void) { return 0; }", "line 1, column 8: complex numbers are not supported"),
        ("long double f(void) { return 0; }", "line 1, column 1: long double is not supported"),
        ("double f(void) { return 1.0L; }", "line 1, column 25: long double is not supported"),
        ("_Atomic int f(void) { return 0; }", "line 1, column 1: atomic types are not supported"),
        (
            "__attribute__((vector_size(16))) int x;\nint f(void) { return 0; }",
            "line 1, column 16: attribute 'vector_size' is not supported",
        ),
        (
            "_Alignas(8192) int x;\nint f(void) { return x; }",
            "line 1, column 1: alignments above 4096 bytes are not supported",
        ),
        (
            "int f(int n) { int a[3] = {[0 ... 1] = n}; return 0; }",
            "line 1, column 28: ranges of designators take constants only",
        ),
        (
            "_Thread_local int x;\nint f(void) { return x; }",
            "line 1, column 1: thread-local variables are not supported",
        ),
        (
            "int f(a) int a; { return a; }",
            "line 1, column 10: parameter declarations after the parameter list are not supported",
        ),
        (
            "int f(void) { return u'a'; }",
            "line 1, column 22: characters of types char16_t and char32_t are not supported",
        ),
    ]);
}

#[test]
fn violations_of_the_language_are_refused() {
    check(&[
        ("int f(int a) { return b; }", "line 1, column 23: 'b' is not declared"),
        ("int f(int a) { return g(a); }", "line 1, column 23: function 'g' is not declared"),
        (
            "double f(double a) { return sin(a); }",
            "line 1, column 29: function 'sin' is not declared: #include <math.h> declares it",
        ),
        (
            "int g(int a) { return a; }\nint f(void) { return g(1, 2); }",
            "line 2, column 22: function 'g' takes 1 arguments, not 2",
        ),
        ("int g(void);\nint f(void) { return g(); }", "line 2, column 22: function 'g' is declared, but never defined"),
        ("int f(int a) { 5 = a; return a; }", "line 1, column 16: this expression does not designate a variable"),
        ("int f(int a) { (a + 1)++; return a; }", "line 1, column 16: this expression does not designate a variable"),
        ("int f(const int a) { a = 1; return a; }", "line 1, column 22: this is const and cannot be changed"),
        ("int f(const int *a) { *a = 1; return 0; }", "line 1, column 23: this is const and cannot be changed"),
        (
            "const int x[2] = {1, 2};\nint f(void) { x[0]++; return 0; }",
            "line 2, column 15: this is const and cannot be changed",
        ),
        (
            "int f(const int *a) { int *b = a; return *b; }",
            "line 1, column 32: initialisation discards 'const' of 'const int*'",
        ),
        (
            "int f(int *a) { int b = a; return b; }",
            "line 1, column 25: initialisation from 'int*' to 'int' needs a cast",
        ),
        (
            "int f(int a) { int *b = a; return *b; }",
            "line 1, column 25: initialisation from 'int' to 'int*' needs a cast",
        ),
        (
            "int f(int *a) { double *b; b = a; return 0; }",
            "line 1, column 32: assignment from 'int*' to 'double*' needs a cast",
        ),
        (
            "void g(int *a) { }\nint f(double *a) { g(a); return 0; }",
            "line 2, column 22: argument passing from 'double*' to 'int*' needs a cast",
        ),
        ("int f(int *a, double *b) { return a == b; }", "line 1, column 35: 'int*' and 'double*' cannot be compared"),
        ("int f(int *a) { return a < 0; }", "line 1, column 24: 'int*' and 'int' cannot be compared"),
        ("int f(int *a) { return a * 2; }", "line 1, column 24: a number is needed here, not 'int*'"),
        ("int f(double a) { return a % 2; }", "line 1, column 26: an integer is needed here, not 'double'"),
        ("int f(double a) { return a << 1; }", "line 1, column 26: an integer is needed here, not 'double'"),
        ("int f(double a) { return ~a; }", "line 1, column 27: an integer is needed here, not 'double'"),
        ("int f(double a) { switch (a) { } return 0; }", "line 1, column 27: an integer is needed here, not 'double'"),
        (
            "int f(int *a) { return (int)(double)a; }",
            "line 1, column 29: a cast from 'int*' to 'double' is not possible",
        ),
        ("int f(int a) { return *a; }", "line 1, column 23: only pointers can be followed, not 'int'"),
        ("int f(int a) { return a[0]; }", "line 1, column 23: only arrays and pointers have elements"),
        (
            "int f(void *a) { return *a; }",
            "line 1, column 25: what a pointer to void points to has no type: cast the pointer first",
        ),
        ("int f(void) { int a[2], b[2]; a = b; return 0; }", "line 1, column 31: an array cannot be assigned to"),
        (
            "void g(void) { }\nint f(void) { return g(); }",
            "line 2, column 22: a value is needed here, but the expression is void",
        ),
        ("void g(void) { }\nint f(void) { return 1 + g(); }", "line 2, column 22: a number is needed here, not 'void'"),
        ("void f(void) { return 1; }", "line 1, column 23: a void function returns no value"),
        ("int f(void) { return; }", "line 1, column 15: the function returns 'int': a value is missing here"),
        ("int f(void) { break; }", "line 1, column 15: 'break' outside of a loop or switch"),
        (
            "int f(int a) { switch (a) { case 1: continue; } return 0; }",
            "line 1, column 37: 'continue' outside of a loop",
        ),
        ("int f(int a) { goto end; return a; }", "line 1, column 21: label 'end' is not defined"),
        ("int f(int a) { l: a++; l: return a; }", "line 1, column 24: label 'l' is there twice"),
        (
            "int f(int a) { return ({ l: a++; goto l; 1; }); }",
            "line 1, column 26: labels and goto in statement expressions are not supported",
        ),
        ("int f(int a) { while (1) ({ break; 1; }); }", "line 1, column 29: 'break' outside of a loop or switch"),
        (
            "int f(int a) { switch (a) { case 1: case 0 ... 3: return a; } return 0; }",
            "line 1, column 37: case 1 is there twice",
        ),
        ("int f(int a) { case 1: return a; }", "line 1, column 16: a case label outside of a switch"),
        (
            "int f(int a) { switch (a) { case 1: case 1: return a; } return 0; }",
            "line 1, column 37: case 1 is there twice",
        ),
        (
            "int f(int a) { switch (a) { case a: return a; } return 0; }",
            "line 1, column 34: an integer constant is needed here",
        ),
        ("int f(int a) { int a = 1; return a; }", "line 1, column 20: 'a' is defined already"),
        ("int f(int a, int a) { return a; }", "line 1, column 18: parameter 'a' is there twice"),
        ("int f(void) { return 0; }\nint f(void) { return 1; }", "line 2, column 5: function 'f' is defined already"),
        (
            "int f(int a);\nint f(double a) { return 1; }",
            "line 2, column 5: function 'f' is declared already with other types",
        ),
        ("int x = 1;\nint x = 2;\nint f(void) { return x; }", "line 2, column 5: 'x' is defined already"),
        ("int x;\ndouble x;\nint f(void) { return 0; }", "line 2, column 8: 'x' is declared already as something else"),
        (
            "extern int x;\nint f(void) { return x; }",
            "line 1, column 12: variable 'x' is declared extern, but never defined",
        ),
        (
            "int y;\nint x = y;\nint f(void) { return x; }",
            "line 2, column 9: the initialiser of a static variable must be constant",
        ),
        ("int f(void) { int a[2] = {1, 2, 3}; return 0; }", "line 1, column 33: more initialisers than elements"),
        ("int f(void) { int a[2] = {[2] = 1}; return 0; }", "line 1, column 28: the index is outside of the array"),
        ("int f(void) { char a[2] = \"abc\"; return 0; }", "line 1, column 27: the string is longer than the array"),
        ("int f(void) { int a[-1]; return 0; }", "line 1, column 21: an array's length must be positive"),
        ("int f(void) { int a[]; return 0; }", "line 1, column 19: an array needs a length or an initialiser"),
        ("int f(void) { void a; return 0; }", "line 1, column 20: variable 'a' cannot be void"),
        ("_Static_assert(1 == 2, \"no\");\nint f(void) { return 0; }", "line 1, column 1: static assertion failed: no"),
        ("int f(void) { return 08; }", "line 1, column 22: syntax error: unexpected '08'"),
        (
            "int f(void) { return 99999999999999999999; }",
            "line 1, column 22: this integer constant needs more than 64 bits",
        ),
        ("int f(void) { return sizeof(void); }", "line 1, column 22: void has no size"),
        ("unsigned double f(void) { return 0; }", "line 1, column 1: C has no such type"),
        ("enum e f(void) { return 0; }", "line 1, column 6: enum 'e' is not defined"),
        ("#include <math.h>\nint f(int a) { return isnan(a); }", "line 2, column 29: 'isnan' takes float or double"),
    ]);
}

#[test]
fn violations_of_the_rules_for_structs_and_functions_are_refused() {
    check(&[
        ("int f(int a) { return a.b; }", "line 1, column 25: only struct and union have members, not 'int'"),
        (
            "struct s { int a; };\nint f(struct s *p) { return p->b; }",
            "line 2, column 32: 'struct s' has no member 'b'",
        ),
        ("struct s;\nint g(struct s *p) { return p->b; }", "line 2, column 32: 'struct s' is an incomplete type"),
        (
            "struct s;\nint f(void) { struct s a; return 0; }",
            "line 2, column 24: variable 'a' has the incomplete type 'struct s'",
        ),
        ("struct s { struct s a; };\nint f(void) { return 0; }", "line 1, column 21: 'struct s' is an incomplete type"),
        ("struct s { int a; double a; };\nint f(void) { return 0; }", "line 1, column 26: member 'a' is there twice"),
        (
            "struct s { int a; struct { int a; }; };\nint f(void) { return 0; }",
            "line 1, column 19: member 'a' is there twice",
        ),
        (
            "struct s { int a; }; struct s { int a; };\nint f(void) { return 0; }",
            "line 1, column 22: 'struct s' is defined already",
        ),
        (
            "struct s { int a; }; union s x;\nint f(void) { return 0; }",
            "line 1, column 28: 's' is the tag of another kind of type",
        ),
        ("struct s { };\nint f(void) { return 0; }", "line 1, column 1: a struct or union needs a member with a name"),
        ("struct s { int a; int f(void); };\nint f(void) { return 0; }", "line 1, column 23: a function is no object"),
        (
            "struct s { int a[]; int b; };\nint f(void) { return 0; }",
            "line 1, column 16: an array without a length must be the last member of a struct, not the first",
        ),
        (
            "struct s { int a; } x; struct t { int a; } y;\nint f(void) { x = y; return 0; }",
            "line 2, column 19: assignment from 'struct t' to 'struct s' needs a cast",
        ),
        (
            "struct s { int a; } x;\nint f(void) { return x + 1; }",
            "line 2, column 22: a number is needed here, not 'struct s'",
        ),
        (
            "struct s { int a; } x;\nint f(void) { return (int)x; }",
            "line 2, column 22: a cast from 'struct s' to 'int' is not possible",
        ),
        (
            "struct s { int a; } x;\nint f(void) { if (x) return 1; return 0; }",
            "line 2, column 19: a condition cannot be of type 'struct s'",
        ),
        (
            "const struct s { int a; } x = {1};\nint f(void) { x.a = 1; return 0; }",
            "line 2, column 15: this is const and cannot be changed",
        ),
        (
            "struct s { const int a; } x, y;\nint f(void) { x = y; return 0; }",
            "line 2, column 15: this has a const member and cannot be changed as a whole",
        ),
        (
            "struct s { int a; };\nstruct s g(void) { struct s x = {1}; return x; }\nint f(void) { g().a = 1; return 0; }",
            "line 3, column 15: this expression does not designate a variable",
        ),
        (
            "struct s { int a; };\nint f(void) { struct s x = {1, 2}; return 0; }",
            "line 2, column 32: more initialisers than elements",
        ),
        (
            "struct s { int a; };\nint f(void) { struct s x = {.b = 1}; return 0; }",
            "line 2, column 30: there is no member 'b'",
        ),
        (
            "int g(int a) { return a; }\nint f(void) { int x = g; return x; }",
            "line 2, column 23: initialisation from 'pointer to function' to 'int' needs a cast",
        ),
        (
            "int g(int a) { return a; }\nint f(void) { g = 0; return 0; }",
            "line 2, column 15: this expression does not designate a variable",
        ),
        (
            "int g(int a) { return a; }\nint f(void) { double (*p)(int) = g; return 0; }",
            "line 2, column 34: initialisation from 'pointer to function' to 'pointer to function' needs a cast",
        ),
        ("int f(int a) { return a(1); }", "line 1, column 23: 'a' is not a function"),
        (
            "int f(int (*a)(int)) { return a(1, 2); }",
            "line 1, column 31: function 'a function pointer' takes 1 arguments, not 2",
        ),
        (
            "int g(int n, ...) { return n; }\nint f(void) { return g(); }",
            "line 2, column 22: function 'g' takes at least 1 arguments, not 0",
        ),
        (
            "#include <stdarg.h>\nint f(int n) { va_list a; va_start(a, n); return 0; }",
            "line 2, column 27: va_start is for functions with variable arguments",
        ),
        (
            "#include <stdarg.h>\nint g(int n, ...) { va_list a; va_start(a, n); return va_arg(a, char); }",
            "line 2, column 65: 'char' never comes as a variable argument: it is promoted or decays",
        ),
    ]);
}

#[test]
fn the_function_to_run_must_be_callable_from_outside() {
    check(&[
        ("", "line 1, column 1: the source defines no function to run"),
        ("int x;", "line 1, column 1: the source defines no function to run"),
        (
            "int f(int **a) { return 0; }",
            "line 1, column 5: parameter 'a' of the function to run, 'f', cannot be 'int**': \
             only one pointer deep can be passed: an array of numbers, or a text (char *)",
        ),
        (
            "int f(void *a) { return 0; }",
            "line 1, column 5: parameter 'a' of the function to run, 'f', cannot be 'void*': \
             declare it as a pointer to what it points to",
        ),
        (
            "int f(int (*g)(int)) { return g(1); }",
            "line 1, column 5: parameter 'g' of the function to run, 'f', cannot be 'pointer to function': \
             call the function by its name",
        ),
        (
            "struct s { int a; };\nint f(struct s a) { return a.a; }",
            "line 2, column 5: parameter 'a' of the function to run, 'f', cannot be 'struct s': \
             pass its members as parameters of their own, and build it in the function",
        ),
        (
            "int f(int n, ...) { return n; }",
            "line 1, column 5: the function to run, 'f', cannot have variable arguments",
        ),
        (
            "int *f(int *a) { return a; }",
            "line 1, column 6: the function to run, 'f', cannot return 'int*': \
             return a number or a text (char *), or write through pointers that are parameters",
        ),
    ]);
}

#[test]
fn places_are_those_of_the_users_own_text() {
    check(&[
        ("int f(int a) {\n\treturn a +;\n}", "line 2, column 12: syntax error: an expression is missing before ';'"),
        ("int f(int a) {\n  return a;\n", "line 2, column 12: syntax error: '}' is missing"),
        (
            "#define BAD nowhere\n/* two\nlines */ int f(int a) { return BAD; }",
            "line 3, column 32: 'nowhere' is not declared",
        ),
        (
            "#include <stdint.h>\n#include <math.h>\n\nint32_t f(int32_t a)\n{ return \\\n  zz; }",
            "line 6, column 3: 'zz' is not declared",
        ),
        ("// \u{e4}\u{f6}\u{fc}\nint f(void) { /* \u{e4} */ return q; }", "line 2, column 30: 'q' is not declared"),
    ]);
}

#[test]
fn several_errors_are_reported_at_once() {
    let source = "int g(int a) { return x; }\nint f(int a) {\n  y = 1;\n  if (z) a = 2;\n  return \"\"; }\n";
    let errors = compile(source).expect_err("wrong");
    let places: Vec<(u32, u32)> = errors.diagnostics().iter().map(|error| (error.line, error.column)).collect();
    assert_eq!(places, [(1, 23), (3, 3), (4, 7), (5, 10)]);
}

#[test]
fn syntax_errors_of_all_functions_are_reported_and_hide_no_other_errors() {
    let errors = |source: &str| -> Vec<String> {
        let errors = compile(source).expect_err(source);
        let lines = errors.diagnostics().iter();
        lines.map(|error| format!("{}:{}: {}", error.line, error.column, error.message)).collect()
    };
    assert_eq!(
        errors(
            "typedef int number;\nnumber a(number x) { return x +; }\nint b(int y) { return unknown; }\n\
             int c(number z) {\n  z = 1\n  return a(z);\n}\nint d(int i) { return c(i)); }\nint e(int j) { return j; }\n"
        ),
        [
            "2:32: syntax error: an expression is missing before ';'",
            "3:23: 'unknown' is not declared",
            "5:8: syntax error: ';' is missing before 'return'",
            "8:27: syntax error: ';' is missing before ')'",
        ]
    );
    // A brace that does not close hides what follows it only up to the next line that begins a declaration.
    assert_eq!(
        errors(
            "int a(int x) {\n  if (x) {\n  return 1;\n}\n\nint b(int x) { return x *; }\nint c(void) { return 0; }\n"
        ),
        ["4:2: syntax error: '}' is missing", "6:26: syntax error: an expression is missing before ';'",]
    );
    assert_eq!(
        errors("int a(void) { return 0; } }\nint b(void) { return 0 }"),
        ["1:27: syntax error: unexpected '}'", "2:23: syntax error: ';' is missing before '}'",]
    );
    // Errors of macros hide nothing in other functions, and bring no others with them.
    assert_eq!(
        errors("#define F(x) x\nint a(void) { return F(1, 2); }\nint b(void) { return y; }\nint c(void) { return; }"),
        [
            "2:22: macro 'F' takes 1 argument, not 2",
            "3:22: 'y' is not declared",
            "4:15: the function returns 'int': a value is missing here",
        ]
    );
    // Of a declaration that is lost, nothing follows but other syntax errors.
    assert_eq!(errors("typedef int number\nnumber f(number x) { return x; }\nint g(void) { return 1 1; }").len(), 2);
}

#[test]
fn sizes_have_limits() {
    check(&[
        ("char a[1000000000000];\nint f(void) { return 0; }", "line 1, column 8: the array is too large"),
        ("int a[1000000][1000000];\nint f(void) { return 0; }", "line 1, column 7: the array is too large"),
        (
            "char a[8000000]; char b[8000000];\nint f(void) { return 0; }",
            "line 1, column 23: the static variables are too large in all",
        ),
        (
            "int f(void) { char a[7000000]; char b[7000000]; return a[0] + b[0]; }",
            "line 1, column 1: the functions' arrays and addressed variables are too large in all",
        ),
    ]);
    let long = format!("int f(void) {{ return 0; }}{}", " ".repeat(300_000));
    assert_eq!(refusal(&long), "line 1, column 1: the source is longer than 256 KiB");
    let many = (0..5000).map(|index| format!("int v{index};")).collect::<String>();
    let start = 12 + (0..4096).map(|index| format!("int v{index};").len()).sum::<usize>();
    let expected = format!("line 1, column {}: the function has too many variables", start + 4 + 2);
    assert_eq!(refusal(&format!("int f(void) {{{many} return 0; }}")), expected);
}
