//! No source makes the compiler panic, overflow a small native stack, or emit an invalid module.

use proptest::prelude::*;
use skerry_c_compiler::compile;
use std::time::Instant;

/// Of the 512 KiB of native stack that a thread of the Serverless Runtime has, what the compiler may use. Builds without
/// optimisation need more for the same work.
const STACK_BYTES: usize = if cfg!(debug_assertions) { 2 * 1024 * 1024 } else { 320 * 1024 };

fn compiles(source: String) -> bool {
    let thread = std::thread::Builder::new().stack_size(STACK_BYTES);
    let thread = thread.spawn(move || match compile(&source) {
        Ok(compiled) => {
            validate(&compiled.wasm);
            true
        }
        Err(errors) => {
            assert!(!errors.diagnostics().is_empty());
            false
        }
    });
    thread.expect("starts").join().expect("no panic")
}

fn validate(wasm: &[u8]) {
    // wasmi wants more native stack than the compiler under test may have.
    let wasm = wasm.to_vec();
    let thread = std::thread::Builder::new().stack_size(8 * 1024 * 1024);
    let checked = thread.spawn(move || wasmi::Module::new(&wasmi::Engine::default(), &wasm).map(|_| ()));
    checked.expect("starts").join().expect("no panic").expect("the module is valid");
}

/// Nests a construct this deep in a function.
fn nested(kind: &str, depth: usize) -> String {
    let wrapped =
        |open: &str, inner: &str, close: &str| format!("{}{inner}{}", open.repeat(depth), close.repeat(depth));
    let expression = match kind {
        "parentheses" => wrapped("(", "1", ")"),
        "casts" => wrapped("(int)", "1", ""),
        "unknown casts" => wrapped("(a)", "1", ""),
        "signs" => wrapped("- ", "1", ""),
        "steps" => wrapped("++", "a", ""),
        "unfinished steps" => wrapped("++", "", ""),
        "unfinished steps and stars" => wrapped("++*--*", "", ""),
        "steps in parentheses" => wrapped("++(", "", ")"),
        "complements" => wrapped("~", "1", ""),
        "dereferences" => wrapped("*", "p", ""),
        "addresses" => wrapped("*&", "a", ""),
        "sums" => wrapped("1+", "a", ""),
        "long products" => wrapped("1L*", "a", ""),
        "conjunctions" => wrapped("a&&", "a", ""),
        "disjunctions" => wrapped("a||", "a", ""),
        "conditionals" => wrapped("a?1:", "1", ""),
        "middle conditionals" => wrapped("a?", "1", ":1"),
        "assignments" => wrapped("a=", "1", ""),
        "compound assignments" => wrapped("a+=", "1", ""),
        "indices" => wrapped("p[", "1", "]"),
        "calls" => wrapped("f(", "1", ")"),
        "call chains" => wrapped("", "f", "(1)"),
        "index chains" => wrapped("", "p", "[1]"),
        "commas" => wrapped("a,", "1", ""),
        "sizeof" => wrapped("sizeof ", "a", ""),
        "sizeof parentheses" => wrapped("sizeof(", "a", ")"),
        "cast parentheses" => wrapped("(int)(", "1", ")"),
        "mixed" => wrapped("1+(2*-", "a", ")"),
        "statement expressions" => wrapped("({", "1;", "})"),
        "generic" => wrapped("_Generic(1,int:", "1", ")"),
        "compound literals" => wrapped("(int[]){", "1", "}"),
        "strings" => wrapped("\"a\"", "", "[0]"),
        _ => String::new(),
    };
    const RECORD: &str = "struct s{int n;struct s*p;};struct s g(struct s x);int v(int n,...);";
    let in_function = |declarations: &str, statements: String| {
        format!("{RECORD}int f(int a){{{declarations};{statements};return a;}}")
    };
    match kind {
        "members" => in_function("struct s x={1,&x}", format!("a=x.p{}->n", "->p".repeat(depth))),
        "members of results" => in_function("", format!("a={}", wrapped("g(", "*(struct s*)0", ")"))),
        "anonymous members" => {
            format!("{}int f(void){{return x.a;}}", wrapped("struct{", "int a;", "}x;").replace("}x;}", "};}"))
        }
        "structs in structs" => {
            let chain: String =
                (1..depth).map(|index| format!("struct t{index}{{struct t{} a;}};", index - 1)).collect();
            format!("struct t0{{int a;}};{chain}struct t{} x={{1}};int f(void){{return 0;}}", depth.max(1) - 1)
        }
        "pointers between structs" => {
            let chain: String =
                (1..depth).map(|index| format!("struct t{index}{{struct t{} *a;}};", index - 1)).collect();
            format!("{chain}int f(void){{return 0;}}")
        }
        "designators" => {
            format!("struct s{{int a;}};int f(void){{struct s x={{{}}};return 0;}}", ".a".repeat(depth) + "=1")
        }
        "compound literals in compound literals" => {
            in_function("", format!("a={}.n", wrapped("(struct s){1,&", "(struct s){1}", "}")))
        }
        "literals in open arrays" => in_function("", format!("a={}[0].n", wrapped("(struct s[]){", "{1}", "}"))),
        "open arrays in statement expressions" => {
            in_function("", format!("struct s x={}", wrapped("({struct s y[]={", "*(struct s*)0", "};y[0];})")))
        }
        "function pointers" => format!("int f(void){{{};return 0;}}", wrapped("int(*", "p", ")(int)")),
        "functions of functions" => format!("{};int f(void){{return 0;}}", wrapped("int(*p(", "void", "))(int)")),
        "calls through pointers" => in_function("int(*p)(int)=f", format!("a={}", wrapped("p(", "1", ")"))),
        "variable arguments" => in_function("", format!("a={}", wrapped("v(1,", "2", ")"))),
        "typeof" => in_function("", wrapped("typeof(", "a", ")") + " b"),
        "generic choices" => in_function("", format!("a={}", wrapped("_Generic(a,int:", "a", ")"))),
        "generic controls" => in_function("", format!("a={}", wrapped("_Generic(", "a", ",int:a)"))),
        "labels and jumps" => {
            let labels: String =
                (0..depth).map(|index| format!("l{index}:if(a>{index})goto l{};", (index * 7 + 3) % depth)).collect();
            format!("int f(int a){{{labels}return a;}}")
        }
        "nested labels" => {
            format!("int f(int a){{if(a)goto x;{}return a;}}", wrapped("while(a){if(a){", "x:a--;", "}}"))
        }
        "nested cases" => {
            format!("int f(int a){{switch(a){{{}}}return a;}}", wrapped("for(;;){", "case 1:break;", "}"))
        }
        "label chains" => {
            format!("int f(int a){{{};return a;}}", (0..depth).map(|index| format!("l{index}:")).collect::<String>())
        }
        "attributes" => format!("int f(void)__attribute__(({}));", "unused,".repeat(depth)),
        "parentheses of attributes" => format!("int f(void)__attribute__{};", wrapped("(", "unused", ")")),
        "alignments" => format!("{}int x;int f(void){{return x;}}", "_Alignas(8)".repeat(depth)),
        "nested alignments" => format!("{}int x;int f(void){{return x;}}", wrapped("_Alignas(sizeof(", "1", "))")),
        "sizeof literals" => in_function("", format!("a={}", wrapped("sizeof(struct s){", "1", "}"))),
        "attributes of structs" => wrapped("struct __attribute__((packed)) {", "int a;", "} x;"),
        "enumeration constants" => {
            let constants: String =
                (0..depth).map(|index| format!("c{index}=0x7fffffffffffffff-{depth}+{index},")).collect();
            format!("enum{{{constants}last}};int f(void){{return last>0;}}")
        }
        "blocks" => format!("int f(int a){{{}}}", wrapped("{", "", "}")),
        "ifs" => format!("int f(int a){{{};}}", wrapped("if(a)", "", "")),
        "else ifs" => format!("int f(int a){{{};}}", wrapped("if(a);else ", "", "")),
        "loops" => format!("int f(int a){{{};}}", wrapped("for(;;)", "", "")),
        "whiles" => format!("int f(int a){{{};}}", wrapped("while(a)", "", "")),
        "dos" => format!("int f(int a){{{}}}", wrapped("do ", ";", "while(a);")),
        "switches" => format!("int f(int a){{{};}}", wrapped("switch(a)case 1:", "", "")),
        "switch blocks" => format!("int f(int a){{{}}}", wrapped("switch(a){case 1:", ";", "}")),
        "cases" => format!("int f(int a){{switch(a){{{};}}}}", wrapped("default:", "", "")),
        "labels" => format!("int f(int a){{{};}}", wrapped("l:", "", "")),
        "initialisers" => format!("int x={};int f(void){{return 0;}}", wrapped("{", "1", "}")),
        "array initialisers" => {
            format!("int x{}={};int f(void){{return 0;}}", "[1]".repeat(depth), wrapped("{", "1", "}"))
        }
        "declarators" => format!("int {};int f(void){{return 0;}}", wrapped("(", "x", ")")),
        "stars" => format!("int {};int f(void){{return 0;}}", wrapped("*", "x", "")),
        "dimensions" => format!("int {};int f(void){{return 0;}}", wrapped("", "x", "[1]")),
        "function parameters" => format!("int f({});", wrapped("int(*x)(", "int", ")")),
        "structs" => format!("{};", wrapped("struct{", "int a;", "}x;")),
        "open parentheses" => format!("int f(int a){{return {}", "(".repeat(depth)),
        "open braces" => format!("int f(int a){{{}", "{".repeat(depth)),
        "typedefs" => {
            let chain: String = (1..depth).map(|index| format!("typedef t{}*t{index};", index - 1)).collect();
            format!("typedef int t0;{chain}int f(void){{return 0;}}")
        }
        "macros" => {
            let chain: String = (1..depth).map(|index| format!("#define m{index} m{}\n", index - 1)).collect();
            format!("#define m0 1\n{chain}int f(void){{return m{};}}", depth.max(1) - 1)
        }
        "macro calls" => format!("#define m(x) x\nint f(void){{return {};}}", wrapped("m(", "1", ")")),
        "conditions" => format!("{}\n{}int f(void){{return 0;}}", "#if 1\n".repeat(depth), "#endif\n".repeat(depth)),
        "condition parentheses" => format!("#if {}\n#endif\nint f(void){{return 0;}}", wrapped("(", "1", ")")),
        "condition signs" => format!("#if {}\n#endif\nint f(void){{return 0;}}", wrapped("-", "1", "")),
        "enumerations" => format!("enum{{a0=1{}}};int f(void){{return 0;}}", "+1".repeat(depth)),
        _ => format!("int f(int a){{int*p=0;return {expression};}}"),
    }
}

const KINDS: [&str; 84] = [
    "members",
    "members of results",
    "anonymous members",
    "structs in structs",
    "pointers between structs",
    "designators",
    "compound literals in compound literals",
    "literals in open arrays",
    "open arrays in statement expressions",
    "function pointers",
    "functions of functions",
    "calls through pointers",
    "variable arguments",
    "typeof",
    "generic choices",
    "generic controls",
    "labels and jumps",
    "nested labels",
    "nested cases",
    "label chains",
    "attributes",
    "parentheses of attributes",
    "alignments",
    "nested alignments",
    "sizeof literals",
    "attributes of structs",
    "enumeration constants",
    "steps",
    "unfinished steps",
    "unfinished steps and stars",
    "steps in parentheses",
    "parentheses",
    "casts",
    "unknown casts",
    "signs",
    "complements",
    "dereferences",
    "addresses",
    "sums",
    "long products",
    "conjunctions",
    "disjunctions",
    "conditionals",
    "middle conditionals",
    "assignments",
    "compound assignments",
    "indices",
    "calls",
    "call chains",
    "index chains",
    "commas",
    "sizeof",
    "sizeof parentheses",
    "cast parentheses",
    "mixed",
    "statement expressions",
    "generic",
    "compound literals",
    "strings",
    "blocks",
    "ifs",
    "else ifs",
    "loops",
    "whiles",
    "dos",
    "switches",
    "switch blocks",
    "cases",
    "labels",
    "initialisers",
    "array initialisers",
    "declarators",
    "stars",
    "dimensions",
    "function parameters",
    "structs",
    "open parentheses",
    "open braces",
    "typedefs",
    "macros",
    "macro calls",
    "conditions",
    "condition parentheses",
    "condition signs",
];

#[test]
fn deep_nesting_ends_within_the_stack_and_in_time() {
    for kind in KINDS.into_iter().chain(["enumerations"]) {
        // A few depths around those at which the limits take hold, and one far beyond.
        for depth in [5, 7, 20, 40, 60, 70, 100, 145, 200, 300, 500, 1000, 1400, 3000, 20_000] {
            let begin = Instant::now();
            let source = nested(kind, depth);
            if source.len() > 256 * 1024 {
                continue;
            }
            compiles(source);
            println!("{kind} {depth}: {:?}", begin.elapsed());
        }
    }
}

#[test]
fn usual_nesting_compiles() {
    for kind in ["parentheses", "blocks", "ifs", "else ifs", "loops", "switch blocks", "conditionals", "mixed", "signs"]
    {
        assert!(compiles(nested(kind, 30)), "{kind}");
    }
    for kind in ["sums", "long products"] {
        assert!(compiles(nested(kind, 1000)), "{kind}");
    }
}

#[test]
fn large_flat_sources_compile() {
    let functions: String = (0..500).map(|index| format!("int f{index}(int a){{return a*{index}+1;}}\n")).collect();
    assert!(compiles(functions));
    let table: String = (0..10_000).map(|index| format!("{index},")).collect();
    assert!(compiles(format!("int t[]={{{table}}};int f(int i){{return t[i];}}")));
    let statements = "a+=1;if(a>3)a--;".repeat(2000);
    assert!(compiles(format!("int f(int a){{{statements}return a;}}")));
    let cases: String = (0..1000).map(|index| format!("case {index}:a+={index};break;")).collect();
    assert!(compiles(format!("int f(int a){{switch(a){{{cases}}}return a;}}")));
}

#[test]
fn sources_full_of_errors_are_refused_in_time() {
    for (name, source) in [
        ("unclosed functions", "int f(int a){a=;\n".repeat(5000)),
        ("closed functions", "int f(int a){a=;}\n".repeat(3500)),
        ("lists", format!("int a[]={};", "{1},".repeat(14_000))),
        ("stray braces", "}".repeat(50_000)),
        ("bad typedefs", (0..3000).map(|index| format!("typedef t{index} t{};\n", index + 1)).collect()),
        ("bad uses of types", (0..1500).map(|index| format!("typedef int t{index};t{index} v{index}=;\n")).collect()),
        ("headers", "#include <math.h>\n".repeat(14_000)),
        ("one header that counts", "#include <assert.h>\n".repeat(12_000)),
        ("bad directives", "#define\n".repeat(30_000)),
        ("bad calls", format!("#define F(a) a\n{}", "F(1,2)\n".repeat(20_000))),
        ("unknown characters", "@\n".repeat(100_000)),
        ("lines in macros", format!("#define L __LINE__\n{}", "L\n".repeat(70_000))),
        ("one long line of errors", "int f(void){return x;} ".repeat(5000)),
    ] {
        let begin = Instant::now();
        assert!(!compiles(source), "{name}");
        println!("{name}: {:?}", begin.elapsed());
    }
}

/// Sources to mutate: every case of the tables.
fn corpus() -> Vec<String> {
    let directory = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut sources = Vec::new();
    for entry in std::fs::read_dir(directory).expect("there") {
        let text = std::fs::read_to_string(entry.expect("read").path()).expect("text");
        for case in text.split("//// ").skip(1) {
            sources.push(case.lines().skip(1).filter(|line| !line.starts_with("//")).collect::<Vec<_>>().join("\n"));
        }
    }
    sources
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_compiled_or_refused(source in "\\PC{0,200}") {
        compiles(source);
    }

    #[test]
    fn any_mixture_of_tokens_is_compiled_or_refused(
        tokens in proptest::collection::vec(
            proptest::sample::select(vec![
                "int", "char", "unsigned", "long", "double", "float", "void", "const", "static", "typedef", "enum", "struct", "union", "struct s", "struct s {", "typeof(", "_Generic(", "({", "})", "(struct s){", "va_list",
                "va_start(", "va_arg(", "#include <stdarg.h>\n", "_Alignas(", "__attribute__((packed))", "l:", "goto l", "->a", ".a", ": 3", "= {", "(*p)(", "extern", "inline",
                "if", "else", "for", "while", "do", "switch", "case", "default", "break", "continue", "return", "sizeof", "goto",
                "a", "b", "f", "x", "0", "1", "2.5", "'c'", "\"s\"", "(", ")", "{", "}", "[", "]", ";", ",", ":", "?", "+", "-",
                "*", "/", "%", "&", "|", "^", "~", "!", "=", "==", "+=", "<<=", "++", "--", "&&", "||", "<", ">>", ".", "->",
                "#", "\n#define m 1\n", "\n#define g(x) x+m\n", "m", "g(", "...", "\n#if m\n", "\n#endif\n",
            ]),
            0..80,
        )
    ) {
        compiles(tokens.join(" "));
    }

    #[test]
    fn any_nesting_of_constructs_in_each_other_ends_within_the_stack(
        wraps in proptest::collection::vec(
            proptest::sample::select(vec![
                ("(", ")"), ("(int)", ""), ("v(1,", ")"), ("v(", ",2.5,x)"), ("g((struct s){", "}).n"), ("({int z=", ";z;})"),
                ("_Generic(1,int:", ",default:2)"), ("*&(int){", "}"), ("a?", ":1"), ("a+", ""), ("1+a*", ""), ("q[", "]"), ("-", ""),
                ("(a=", ")"), ("(a+=", ")"), ("p(", ")"), ("x.p->p->n+", ""), ("(x.b=", ")"), ("(x.b+=", ")"),
                ("({switch(a){case 1:for(;;)if(a){a=", ";break;}}a;})"), ("({struct s y[]={{", "}};y[0].n;})"),
                ("({struct s y={.p=&x,.n=", "};y;}).n"), ("sizeof(", ")"), ("sizeof(struct s){", "}"), ("(int)sizeof(typeof(", "))"),
                ("(*(int*)&x.n)*", ""), ("a&&", ""), ("(a,", ")"), ("(*(a?p:p))(", ")"), ("({while(a)if(", ")a--;else do a++;while(a);a;})"),
            ]),
            0..60,
        )
    ) {
        let opened: String = wraps.iter().map(|(open, _)| *open).collect();
        let closed: String = wraps.iter().rev().map(|(_, close)| *close).collect();
        compiles(format!(
            "struct s{{int n;struct s*p;int b:5;}};struct s g(struct s x){{return x;}}int v(int n,...){{return n;}}\
             int f(int a){{int q[3];struct s x={{1,&x}};int(*p)(int)=f;return {opened}a{closed};}}"
        ));
    }

    #[test]
    fn any_mutation_of_a_valid_source_is_compiled_or_refused(
        choice in any::<prop::sample::Index>(),
        edits in proptest::collection::vec((any::<prop::sample::Index>(), 0..4_u8, "[ -~]{1,3}"), 1..6),
    ) {
        let corpus = corpus();
        let mut source: Vec<char> = choice.get(&corpus).chars().collect();
        for (place, edit, text) in edits {
            if source.is_empty() {
                break;
            }
            let place = place.index(source.len());
            match edit {
                0 => { source.remove(place); }
                1 => { source.splice(place..place, text.chars()); }
                2 => { let end = (place + 8).min(source.len()); source.drain(place..end); }
                _ => { let end = (place + 12).min(source.len()); let copy = source[place..end].to_vec(); source.splice(place..place, copy); }
            }
        }
        compiles(source.into_iter().collect());
    }
}
