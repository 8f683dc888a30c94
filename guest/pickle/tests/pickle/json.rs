//! JSON, as Python's own module reads and writes it.

use crate::cpython::python;
use crate::description::{describe, hex};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use skerry_pickle::{Data, Id, Limits, PickleError, Value, from_json, to_json};

fn read(text: &str) -> Data {
    from_json(text.as_bytes(), Limits::default()).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn refusal(text: &str) -> String {
    from_json(text.as_bytes(), Limits::default()).expect_err("it is refused").to_string()
}

fn again(text: &str) -> String {
    to_json(&read(text), usize::MAX).expect("it can be written")
}

fn written(make: impl FnOnce(&mut Data) -> Id) -> Result<String, PickleError> {
    let mut data = Data::new(Limits::default());
    let root = make(&mut data);
    data.set_root(root);
    to_json(&data, usize::MAX)
}

fn add(data: &mut Data, value: Value) -> Id {
    data.add(value).expect("it fits")
}

#[test]
fn each_kind_of_value_is_read_and_written() {
    assert_eq!(
        again(" [ null , true,false, -0, 1.50, 1e2 ,\"\\u00e4\\n\\/\" ,{ }, [ ]]\n"),
        r#"[null,true,false,0,1.5,100.0,"ä\n/",{},[]]"#
    );
    assert_eq!(again(r#"{"b":[{"a":{}}],"a":1}"#), r#"{"b":[{"a":{}}],"a":1}"#);
    assert_eq!(again(r#""\ud83d\ude00\u0000\"\\""#), "\"😀\\u0000\\\"\\\\\"");
    assert_eq!(again("[NaN,Infinity,-Infinity,1e999,-1E999,-0.0]"), "[NaN,Infinity,-Infinity,Infinity,-Infinity,-0.0]");
}

#[test]
fn ints_have_any_size_up_to_a_number_of_digits() {
    for digits in [1, 18, 19, 20, 38, 39, 100, 20_000] {
        let text = "9".repeat(digits);
        assert_eq!(again(&text), text);
        assert_eq!(again(&format!("-{text}")), format!("-{text}"));
        assert_eq!(again(&format!("1{}", "0".repeat(digits - 1))), format!("1{}", "0".repeat(digits - 1)));
    }
    for edge in ["9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809"] {
        assert_eq!(again(edge), edge);
    }
    assert!(refusal(&"9".repeat(20_001)).contains("20000 digits"));
    let large = written(|data| add(data, Value::int_from_signed_bytes(&[1; 50_000])));
    assert!(large.expect_err("too many digits").to_string().contains("20000 digits"));
}

#[test]
fn a_tuple_becomes_a_list() {
    let tuple = written(|data| {
        let one = add(data, Value::Int(1));
        add(data, Value::Tuple(vec![one, one]))
    });
    assert_eq!(tuple.as_deref(), Ok("[1,1]"));
}

#[test]
fn a_type_without_a_form_in_json_is_named_with_a_way_out() {
    let bytes = written(|data| add(data, Value::Bytes(vec![1]))).expect_err("no form");
    assert_eq!(
        bytes.to_string(),
        "a bytes cannot be written as JSON: convert it, or send the parameters as a pickle, then the result is one"
    );
    for value in [Value::Set(Vec::new()), Value::Complex(1.0, 2.0), Value::Decimal("1".to_owned())] {
        let type_name = value.type_name();
        assert_eq!(written(|data| add(data, value)), Err(PickleError::NotJson { type_name }));
    }
    let key = written(|data| {
        let one = add(data, Value::Int(1));
        add(data, Value::Dict(vec![(one, one)]))
    });
    assert_eq!(key, Err(PickleError::NotJsonKey { type_name: "int" }));
}

#[test]
fn what_contains_itself_is_refused() {
    let cycle = written(|data| {
        let list = add(data, Value::List(Vec::new()));
        data.replace(list, Value::List(vec![list])).expect("it fits");
        list
    });
    assert!(cycle.expect_err("a cycle").to_string().contains("contains itself"));
}

#[test]
fn mistakes_are_named_with_line_and_column() {
    assert_eq!(refusal("[1,\n ä]"), "not valid JSON: a value is expected (line 2, column 2)");
    assert_eq!(refusal("[\"ä\", x]"), "not valid JSON: a value is expected (line 1, column 7)");
    assert_eq!(refusal("[1 2]"), "not valid JSON: `,` or `]` is expected (line 1, column 4)");
    for text in [
        "",
        " ",
        "[",
        "{",
        "[1",
        "[1,",
        "{\"a\"",
        "{\"a\":",
        "{\"a\":1",
        "{\"a\":1,",
        "{\"a\":1,}",
        "[1,]",
        "{1:2}",
        "01",
        "-",
        "1.",
        ".5",
        "1e",
        "+1",
        "\"",
        "\"\\x\"",
        "\"\\u12\"",
        "\"\t\"",
        "nul",
        "NaN1",
        "1 1",
        "'a'",
        "]",
        "--1",
        "-Inf",
    ] {
        assert!(refusal(text).starts_with("not valid JSON: "), "{text}");
    }
    assert!(from_json(b"\"\xff\"", Limits::default()).is_err());
    for text in [r#""\ud800""#, r#""\ud800\u0041""#, r#""\udc00""#, r#""\ud800\n""#] {
        assert_eq!(refusal(text), PickleError::LoneSurrogate.to_string(), "{text}");
    }
}

#[test]
fn nesting_and_memory_are_bounded() {
    let nested = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
    assert_eq!(again(&nested(500)), nested(500));
    assert!(refusal(&nested(501)).contains("nested more than 500"));
    assert!(refusal(&"[".repeat(1_000_000)).contains("nested more than 500"));
    let limits = Limits { memory_bytes: 100_000, ..Limits::default() };
    let many = format!("[{}0]", "0,".repeat(100_000));
    assert_eq!(from_json(many.as_bytes(), limits).err(), Some(PickleError::Memory { limit_bytes: 100_000 }));
}

/// A JSON value as text, with white space here and there.
fn any_json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        any::<bool>().prop_map(|truth| truth.to_string()),
        any::<i64>().prop_map(|number| number.to_string()),
        "-?[1-9][0-9]{0,60}",
        "-?(0|[1-9][0-9]{0,8})(\\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?",
        any::<f64>().prop_map(|number| if number.is_finite() { format!("{number:?}") } else { "NaN".to_owned() }),
        "\"([a-zäöü€😀 ]|\\\\[nrtbf/\\\\\"]|\\\\u[0-9a-c][0-9a-fA-F]{3}){0,12}\"",
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(|items| format!("[ {}\t]", items.join(" ,\n"))),
            prop::collection::btree_map("[a-z]{0,6}", inner, 0..6).prop_map(|pairs| {
                let pairs: Vec<_> = pairs.iter().map(|(key, value)| format!("\"{key}\" : {value}")).collect();
                format!("{{{}}}", pairs.join(", "))
            }),
        ]
    })
}

#[test]
fn python_and_we_read_the_same_from_the_same_text_and_from_what_we_write() {
    let mut runner = TestRunner::deterministic();
    let strategy = any_json();
    let mut texts: Vec<String> = (0..600).map(|_| strategy.new_tree(&mut runner).expect("a text").current()).collect();
    let rewritten: Vec<String> = texts.iter().map(|text| again(text)).collect();
    texts.extend(rewritten);
    let input: Vec<String> = texts.iter().map(|text| hex(text.as_bytes())).collect();
    let Some(seen) = python("json", &input) else { return };
    assert_eq!(seen.len(), texts.len());
    for (text, seen) in texts.iter().zip(seen) {
        assert_eq!(describe(&read(text)), seen, "{text}");
    }
}
