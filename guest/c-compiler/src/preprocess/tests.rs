//! What the parser gets of a source, and which sources it does not get.

use super::*;

/// The tokens that the parser gets, or all errors.
fn expanded(source: &str) -> String {
    let spliced = Spliced::new(source);
    let texts = Texts::default();
    let mut reports = Reports::new();
    let outcome = preprocess(&spliced, &texts, &mut reports);
    let Some(errors) = reports.into_errors(source) else {
        let text = ParserText::new(outcome.expect("without errors there is an outcome"));
        return text.text.trim_end().to_owned();
    };
    let lines = errors.diagnostics().iter();
    let lines = lines.map(|error| format!("line {}, column {}: {}", error.line, error.column, error.message));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn operators_make_strings_and_names() {
    for (source, expected) in [
        ("#define S(x) #x\nS( a  +\n\"b\\n\" ) S()", r#""a + \"b\\n\"" """#),
        ("#define P(a,b) a##b\nP(x,1) P(,y) P(z,) P(,) P(<,<=)", "x1 y z <<="),
        (
            "#define hash_hash # ## #\n#define mkstr(a) # a\n#define in_between(a) mkstr(a)\n\
             #define join(c, d) in_between(c hash_hash d)\nchar p[] = join(x, y);",
            "char p [ ] = \"x ## y\" ;",
        ),
        (
            "#define t(x,y,z) x ## y ## z\n\
             int j[] = { t(1,2,3), t(,4,5), t(6,,7), t(8,9,), t(10,,), t(,11,), t(,,12), t(,,) };",
            "int j [ ] = { 123 , 45 , 67 , 89 , 10 , 11 , 12 , } ;",
        ),
        ("#define V(f, ...) g(f, __VA_ARGS__)\nV(1, 2, 3) V(1)", "g ( 1 , 2 , 3 ) g ( 1 , )"),
        ("#define V(f, ...) g(f, ## __VA_ARGS__)\nV(1, 2, 3) V(1)", "g ( 1 , 2 , 3 ) g ( 1 )"),
        ("#define V(f, rest...) g(f, #rest)\nV(1, 2, 3) V(1)", "g ( 1 , \"2, 3\" ) g ( 1 , \"\" )"),
        ("#define f(a) a*g\n#define g(a) f(a)\nf(2)(9)", "2 * 9 * g"),
        ("#define NIL(xxx) xxx\n#define G_0(arg) NIL(G_1)(arg)\n#define G_1(arg) NIL(arg)\nG_0(42)", "42"),
        ("#define foo() bar\nfoo\n#define x 1\n() foo", "bar foo"),
        ("#define E\n#define S(x) #x\n#define X(x) S(x)\nX(a E+) X( E b) X([E ])", r#""a +" "b" "[ ]""#),
    ] {
        assert_eq!(expanded(source), expected, "{source}");
    }
}

#[test]
fn macros_expand_recursively_but_never_themselves() {
    for (source, expected) in [
        ("#define A B\n#define B 1+A\nA", "1 + A"),
        ("#define N 3\nint a[N];\n#undef N\nN", "int a [ 3 ] ; N"),
        ("#define EMPTY\nint EMPTY x;", "int x ;"),
        ("#define SQ(x) ((x)*(x))\nSQ(SQ(a)+1)", "( ( ( ( a ) * ( a ) ) + 1 ) * ( ( ( a ) * ( a ) ) + 1 ) )"),
        ("#define MAX(a,b) a>b\nMAX(f(1,2),(3,4)) MAX", "f ( 1 , 2 ) > ( 3 , 4 ) MAX"),
        ("#define ZERO() 0\nZERO() + ZERO ( )", "0 + 0"),
        ("#define SP (x)\nSP", "( x )"),
        ("#define f(a) f(a+1)\nf(f(2))", "f ( f ( 2 + 1 ) + 1 )"),
    ] {
        assert_eq!(expanded(source), expected, "{source}");
    }
}

#[test]
fn conditions_choose_the_lines_that_stay() {
    for (source, expected) in [
        ("#ifdef X\na\n#else\nb\n#endif\nc", "b c"),
        ("#define X\n#ifndef X\na\n#else\nb\n#endif", "b"),
        ("#if 0\n#if 1\na\n#endif\n#bogus\n#elif 2 > 1\nb\n#else\nc\n#endif", "b"),
        ("#define N 4\n#if defined(N) && N * 2 == 8 && !defined M\nyes\n#endif", "yes"),
        ("#if 1 ? 0 : 1\na\n#elif (-1 >> 1) < 0 && 0x10 == 020\nb\n#endif", "b"),
        ("#if UNKNOWN\na\n#endif\nb", "b"),
        ("#if 18446744073709551615u > 1\nbig\n#endif", "big"),
        ("#define D defined(X)\n#if D || 1 << 64 || (1 >> -1) != 2\nno\n#else\nyes\n#endif", "yes"),
        ("#if 'a' == 97 && 0b11 == 3 && (2 || 1 / 0)\nyes\n#endif", "yes"),
        ("f(\n#if 1\na\n#else\nb\n#endif\n)", "f ( a )"),
    ] {
        assert_eq!(expanded(source), expected, "{source}");
    }
}

#[test]
fn comments_and_line_continuations_leave_no_trace() {
    assert_eq!(expanded("a/* x\n */b // c \\\n d\ne"), "a b e");
    assert_eq!(expanded("#define A 1 \\\n + 2\nin\\\nt x = A;"), "int x = 1 + 2 ;");
    assert_eq!(expanded("\u{feff}in\\  \r\nt"), "int");
    assert_eq!(expanded("'/*' \"//\" c"), "'/*' \"//\" c");
}

#[test]
fn directives_that_are_wrong_are_refused_by_name_and_place() {
    for (source, expected) in [
        ("int x;\n#include <stdlib.hh>", "line 2, column 2: header <stdlib.hh> is not available; there are <"),
        ("#include \"mine.h\"", "line 1, column 2: header \"mine.h\" is not available; there are <"),
        ("#include MISSING", "line 1, column 2: #include needs the name of a header: <math.h> for example"),
        ("#define S(x) #y", "line 1, column 14: '#' must stand before a parameter of the macro"),
        ("#define P(x) ##x", "line 1, column 14: '##' cannot be at either end of a macro's body"),
        ("#define V(a) __VA_ARGS__", "line 1, column 14: '__VA_ARGS__' is for macros with variable arguments only"),
        ("#define V(..., a) 1", "line 1, column 14: the parameters of macro 'V' are malformed"),
        ("#define V(a, a) 1", "line 1, column 14: macro 'V' has two parameters 'a'"),
        ("#define V(", "line 1, column 9: the parameters of macro 'V' are malformed"),
        ("#define defined 1", "line 1, column 9: 'defined' cannot be defined as a macro"),
        ("#define", "line 1, column 2: #define needs a name"),
        ("#define P(a, b) a ## b\nP(+, /)", "line 2, column 1: '##' makes no token of '+' and '/'"),
        ("#error no 'luck", "line 1, column 2: #error no 'luck"),
        ("#line x", "line 1, column 2: #line needs a number, and may have a file name in quotation marks"),
        ("#embed <x>", "line 1, column 2: directive #embed is not supported"),
        ("#endif", "line 1, column 2: #endif without #if"),
        ("a\n#if 1", "line 2, column 2: #if without #endif"),
        ("#if 1/0\n#endif", "line 1, column 6: division by zero in #if"),
        ("#if 1 +\n#endif", "line 1, column 2: the condition of #if is not an integer constant expression"),
        ("#define F(a) a\nF(1,2)", "line 2, column 1: macro 'F' takes 1 argument, not 2"),
        ("#define F(a,b,...) a\nF(1)", "line 2, column 1: macro 'F' takes at least 2 arguments, not 1"),
        ("#define F(a) a\nF(1", "line 2, column 1: the arguments of macro 'F' do not end: missing ')'"),
        ("int \u{e4};", "line 1, column 5: unexpected '\u{e4}': names of other than ASCII letters are not supported"),
        ("/* open", "line 1, column 1: comment does not end"),
        ("'a", "line 1, column 1: missing ''' at the end of this character constant: it does not end on its line"),
        ("#if 0\ndon't\n#endif\ndon't", "line 4, column 4: missing ''' at the end of this character constant"),
        ("L\"a\"", "line 1, column 1: strings of wide characters (L, u, U) are not supported"),
        ("__DATE__", "line 1, column 1: '__DATE__' is not available: a function is compiled when it is called"),
        ("#pragma pack(1)", "line 1, column 2: #pragma pack is not supported"),
        ("_Pragma(\"pack(1)\")", "line 1, column 1: #pragma pack is not supported"),
        ("a ` b", "line 1, column 3: unexpected character '`' in the source"),
    ] {
        let given = expanded(source);
        assert!(given.starts_with(expected), "{source}: {given}");
    }
}

#[test]
fn all_errors_are_reported() {
    let source = "#include <a.h>\n#include <b.h>\n#define F(a) a\nF(1, 2)\n@\n#endif";
    assert_eq!(expanded(source).lines().count(), 5);
}

#[test]
fn of_a_header_only_what_is_needed_gets_to_the_parser() {
    for (source, expected) in [
        ("#include <stdint.h>\nint x;", "int x ;"),
        ("#include <stdint.h>\nuint8_t x;", "typedef unsigned char uint8_t ; uint8_t x ;"),
        ("#include <stdlib.h>\n#include \"stddef.h\"\nsize_t x;", "typedef unsigned long size_t ; size_t x ;"),
        ("#define H <stddef.h>\n#include H\nsize_t x;", "typedef unsigned long size_t ; size_t x ;"),
    ] {
        assert_eq!(expanded(source), expected, "{source}");
    }
}

#[test]
fn every_header_is_well_formed() {
    for (name, text) in headers::HEADERS {
        assert!(!expanded(&format!("#include <{name}>\nx")).contains("line "), "{name}");
        for line in text.lines() {
            assert!(!line.ends_with('\\'), "{name}: each directive stands on one line: {line}");
        }
    }
}

#[test]
fn expansion_that_explodes_is_refused() {
    let bomb = |core: &str| {
        let mut source = format!("#define A0 {core}\n");
        for level in 1..9 {
            source.push_str(&format!("#define A{level} {}\n", format!("A{} ", level - 1).repeat(10)));
        }
        source + "A8"
    };
    let refusal = "line 10, column 1: the source is too long after macro expansion";
    assert_eq!(expanded(&bomb("x")), refusal);
    assert_eq!(expanded(&bomb("")), refusal);
    let doubling = format!("#define C(x) x##x\n#define D(x) C(x)\n{}aaaa{}", "D(".repeat(40), ")".repeat(40));
    assert!(expanded(&doubling).ends_with("the source is too long after macro expansion"));
    let strings = format!("#define S(x) #x\n#define T(x) S(x)\n{}\"\"{}", "T(".repeat(40), ")".repeat(40));
    assert!(expanded(&strings).ends_with("the source is too long after macro expansion"));
}

#[test]
fn places_survive_splices_and_macros() {
    let source = "#define N 1\\\n+2\n  N y";
    let spliced = Spliced::new(source);
    let texts = Texts::default();
    let mut reports = Reports::new();
    let preprocessed = preprocess(&spliced, &texts, &mut reports).expect("fine");
    let text = ParserText::new(preprocessed);
    assert_eq!(text.text, "1 + 2 y ");
    assert_eq!(text.token_at(6), "y");
    assert_eq!(text.origin(6), SourceOffset(source.rfind('y').expect("there") as u32));
    reports.set_places(text.places());
    reports.report(text.origin(2), "here");
    let shown = reports.into_errors(source).expect("one").to_string();
    assert!(shown.starts_with("function.c:3:3: error: here") && shown.contains("function.c:2:1: note"), "{shown}");
}

#[test]
fn literals_keep_their_characters_as_escapes() {
    assert_eq!(
        expanded("\"\u{e4}\" u8\"x\u{20ac}\" L'\u{20ac}' '\u{e4}'"),
        r#""\303\244" "x\342\202\254" L'\x20ac' '\303\244'"#
    );
    assert_eq!(expanded("%:define A(x) <:x:>\nA(1) <% %>"), "[ 1 ] { }");
}

#[test]
fn line_and_file_are_those_of_the_use() {
    assert_eq!(expanded("#define L __LINE__\n\nL __LINE__ __FILE__"), "3 3 \"function.c\"");
    assert_eq!(expanded("#line 70 \"mine.c\"\n__LINE__\n__LINE__ __FILE__"), "70 71 \"mine.c\"");
    assert_eq!(expanded("__COUNTER__ __COUNTER__"), "0 1");
}

#[test]
fn pragmas_and_warnings_leave_no_trace() {
    assert_eq!(expanded("#pragma STDC FP_CONTRACT ON\na _Pragma(\"omp parallel\") b"), "a b");
    assert_eq!(expanded("#pragma once\n#warning isn't\n#\na"), "a");
}
