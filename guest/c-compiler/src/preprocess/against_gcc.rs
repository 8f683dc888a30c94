//! The preprocessor gives the tokens that gcc's gives, for sources made at random.

use super::lexer::Lexer;
use super::*;
use proptest::prelude::*;
use std::io::Write as _;
use std::process::{Command, Stdio};

/// The tokens after preprocessing, or `None` when there were errors.
fn ours(source: &str) -> Option<Vec<String>> {
    let spliced = Spliced::new(source);
    let texts = Texts::default();
    let mut reports = Reports::new();
    let preprocessed = preprocess(&spliced, &texts, &mut reports).ok()?;
    if !reports.is_empty() {
        return None;
    }
    Some(preprocessed.tokens.iter().map(|token| token.text.to_owned()).collect())
}

fn gccs(source: &str) -> Option<Vec<String>> {
    let mut gcc = Command::new("gcc")
        .args(["-E", "-P", "-w", "-std=gnu11", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("gcc starts");
    gcc.stdin.take().expect("piped").write_all(source.as_bytes()).expect("gcc reads");
    let output = gcc.wait_with_output().expect("gcc ends");
    let text = String::from_utf8(output.stdout).expect("text");
    let mut lexer = Lexer::of_text(&text, SourceOffset(0));
    let tokens = std::iter::from_fn(|| lexer.next()).map(|token| token.canonical().to_owned()).collect();
    output.status.success().then_some(tokens)
}

/// One word of a body or of the text; the parameters are `a`, `b` and `c`.
fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => proptest::sample::select(vec!["a", "b", "c"]).prop_map(str::to_owned),
        4 => proptest::sample::select(vec!["O", "P", "Q", "F", "G", "H", "V", "E"]).prop_map(str::to_owned),
        3 => proptest::sample::select(vec!["x", "y1", "7", "0x1f", "'\\n'", "\"s\\t\"", "+", "-", "<", ";", "<:"])
            .prop_map(str::to_owned),
        2 => proptest::sample::select(vec!["(", ")", ","]).prop_map(str::to_owned),
        1 => proptest::sample::select(vec!["##", " ## ", "#a", "# b", "#c", "__VA_ARGS__", "#__VA_ARGS__"])
            .prop_map(str::to_owned),
    ]
}

fn words(most: usize) -> impl Strategy<Value = String> {
    proptest::collection::vec((word(), proptest::bool::ANY), 0..most).prop_map(|words| {
        let mut text = String::new();
        for (word, space) in words {
            text.push_str(&word);
            // Without a space two words may become one, which is fine; with it, `#` sees one.
            text.push_str(if space { " " } else { "" });
        }
        text
    })
}

/// A call whose parentheses are balanced, in most cases with the right number of arguments.
fn call() -> impl Strategy<Value = String> {
    let leaf = words(4).prop_map(|text| text.replace(['(', ')'], "").replace('#', ""));
    leaf.prop_recursive(4, 16, 3, |inner| {
        (proptest::sample::select(vec!["F", "G", "H", "V"]), proptest::collection::vec(inner, 3), 0..12_u8).prop_map(
            |(name, arguments, odd)| {
                let count = match (name, odd) {
                    (_, 0) => 3,
                    ("F", _) => 1,
                    ("G", _) => 2,
                    ("V", 1..4) => 1,
                    _ => 3,
                };
                let space = if odd % 2 == 0 { " " } else { "" };
                format!("{name}{space}({})", arguments[..count].join(if odd % 3 == 0 { " , " } else { "," }))
            },
        )
    })
}

fn source() -> impl Strategy<Value = String> {
    let bodies = (words(6), words(6), words(6), words(8), words(8), words(8), words(8));
    (bodies, proptest::collection::vec((call(), words(3)), 1..4)).prop_map(|((o, p, q, f, g, h, v), calls)| {
        let plain = |body: String| body.replace('#', "").replace("__VA_ARGS__", "x");
        let named = |body: String, names: &str| {
            let missing = ["a", "b", "c"].into_iter().filter(|name| !names.contains(*name));
            missing.fold(body, |body, name| body.replace(&format!("#{name}"), "#a").replace(&format!("# {name}"), "#a"))
        };
        let fixed = |body: String, names: &str| named(body, names).replace("__VA_ARGS__", names);
        let mut text = format!(
            "#define E\n#define O {}\n#define P {}\n#define Q {}\n#define F(a) {}\n#define G(a, b) {}\n\
             #define H(a,b,c) {}\n#define V(a, ...) {}\n",
            plain(o),
            plain(p),
            plain(q),
            fixed(f, "a"),
            fixed(g, "b"),
            fixed(h, "c"),
            named(v, "a")
        );
        for (call, more) in calls {
            text.push_str(&format!("{call} {}\n", plain(more)));
        }
        text
    })
}

#[test]
fn macros_expand_as_with_gcc() {
    if Command::new("gcc").arg("--version").output().is_err() {
        println!("skipped the comparison with gcc: gcc is not installed");
        return;
    }
    let cases = std::env::var("SKERRY_RANDOM_MACROS").ok().and_then(|count| count.parse().ok()).unwrap_or(150);
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    let accepted = std::cell::Cell::new(0);
    proptest::test_runner::TestRunner::new(config)
        .run(&source(), |source| {
            let expected = gccs(&source);
            accepted.set(accepted.get() + u32::from(expected.is_some()));
            prop_assert_eq!(ours(&source), expected, "{}", source);
            Ok(())
        })
        .unwrap_or_else(|failure| panic!("{failure}"));
    assert!(accepted.get() > cases / 10, "only {} sources of {cases} were valid", accepted.get());
}

fn condition() -> impl Strategy<Value = String> {
    let leaf = proptest::sample::select(vec![
        "0",
        "1",
        "2",
        "7",
        "63",
        "64",
        "0x7fffffffffffffff",
        "1u",
        "18446744073709551615u",
        "'a'",
        "'\\377'",
        "X",
        "N",
        "defined N",
        "defined(M)",
        "010",
        "3L",
    ])
    .prop_map(str::to_owned);
    leaf.prop_recursive(5, 40, 3, |inner| {
        let binary = proptest::sample::select(vec![
            "+", "-", "*", "/", "%", "<<", ">>", "<", ">", "<=", ">=", "==", "!=", "&", "|", "^", "&&", "||",
        ]);
        prop_oneof![
            6 => (inner.clone(), binary, inner.clone()).prop_map(|(left, operator, right)| format!("{left} {operator} {right}")),
            1 => (proptest::sample::select(vec!["-", "+", "~", "!"]), inner.clone()).prop_map(|(sign, inner)| format!("{sign} {inner}")),
            2 => inner.clone().prop_map(|inner| format!("({inner})")),
            1 => (inner.clone(), inner.clone(), inner).prop_map(|(a, b, c)| format!("({a} ? {b} : {c})")),
        ]
    })
}

#[test]
fn conditions_hold_as_with_gcc() {
    if Command::new("gcc").arg("--version").output().is_err() {
        println!("skipped the comparison with gcc: gcc is not installed");
        return;
    }
    let config = ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() };
    proptest::test_runner::TestRunner::new(config)
        .run(&proptest::collection::vec(condition(), 8), |conditions| {
            let text = |conditions: &[String]| {
                conditions.iter().fold("#define N (1 - 2)\n".to_owned(), |text, condition| {
                    text + &format!("#if {condition}\nyes\n#else\nno\n#endif\n")
                })
            };
            // A division by zero is an error to both, but spoils the other conditions.
            let valid: Vec<String> = conditions
                .into_iter()
                .filter(|condition| ours(&text(std::slice::from_ref(condition))).is_some())
                .collect();
            let source = text(&valid);
            prop_assert_eq!(ours(&source), gccs(&source), "{}", source);
            Ok(())
        })
        .unwrap_or_else(|failure| panic!("{failure}"));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_preprocessed_or_refused(text in "(\\PC|[#\n\\\\\"'(),A-C ]|#define |#if |#|##|__VA_ARGS__|/\\*){0,60}") {
        let _ = ours(&text);
    }
}
