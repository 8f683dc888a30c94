//! Native functions, registered by the test.

use crate::support::{executors_with, failure, input, limits, output, random, result, run, success};
use skerry_executors::{
    CacheLimits, CallOptions, Executors, FailureKind, Lang, Limits, Outcome, RequestError, StopFlag,
};
use skerry_native::{Error, Json, Registry};
use std::time::Duration;

fn registry() -> Registry {
    let mut registry = Registry::default();
    registry
        .add("sum", |call| Ok(call.parse::<f64>(0)? + call.parse::<f64>(1)?))
        .add("sorted", |call| {
            let mut numbers: Vec<i64> = call.json(0)?;
            numbers.sort_unstable();
            Ok(Json(numbers))
        })
        .add("reversed", |call| Ok(call.bytes(0)?.iter().rev().copied().collect::<Vec<u8>>()))
        .add("nothing", |_| Ok(()))
        .add("log", |call| {
            call.log("seen");
            Err::<(), _>(Error::new("no good"))
        })
        .add("endless", |call| -> Result<(), Error> {
            loop {
                call.check()?;
            }
        })
        .add("limits", |call| {
            let mut bytes = [0; 3];
            call.random(&mut bytes)?;
            let has_time = call.time_left().is_some_and(|left| left > Duration::ZERO);
            Ok(Json((call.memory_limit_bytes(), call.output_limit_bytes(), bytes, has_time)))
        })
        .add("large", |call| Ok(vec![b'x'; call.parse(0)?]));
    registry
}

fn executors(limits: Limits) -> Executors {
    Executors::new(limits, CacheLimits::default(), random).with_natives(registry())
}

fn call(name: &str, params: &[Vec<u8>]) -> Outcome {
    run(&executors(limits()), Lang::Native, name.as_bytes(), params).unwrap()
}

#[test]
fn a_typed_parameter_is_its_text_and_anything_else_is_its_bytes() {
    assert_eq!(result(call("sum", &[input("float", "3"), input("double", "4.5")])), "7.5");
    assert_eq!(result(call("sum", &[b"3".to_vec(), b" 4.5 ".to_vec()])), "7.5");
    assert_eq!(result(call("sorted", &[input("int[]", "[3,1,2]")])), "[1,2,3]");
    assert_eq!(result(call("sorted", &[b"[3,1,2]".to_vec()])), "[1,2,3]");
    for raw in [&b"\x00\xff"[..], b"{", b"{}", br#"{"type":1,"mode":"IN"}"#] {
        let reversed: Vec<u8> = raw.iter().rev().copied().collect();
        assert_eq!(success(call("reversed", &[raw.to_vec()])).result, Some(reversed));
    }
    assert_eq!(success(call("nothing", &[])).result, None);
}

#[test]
fn an_unknown_name_is_told_those_that_are_there() {
    let executors = executors(limits());
    for name in [&b"Sum"[..], b"sum ", b"", b"\xff", &[b'x'; 100_000]] {
        let Err(RequestError::Unusable { message }) = run(&executors, Lang::Native, name, &[]) else {
            panic!("{name:?} was not refused")
        };
        assert!(message.contains("there are: sum, sorted,") && message.len() < 400, "{message}");
    }
}

#[test]
fn a_typed_parameter_that_is_not_well_formed_is_refused_with_its_field() {
    let executors = executors(limits());
    let no_value = br#"{"type":"int","var_name":"a","mode":"IN"}"#.to_vec();
    let bad_value = br#"{"type":"int","var_name":"a","mode":"IN","value":"!"}"#.to_vec();
    for (parameter, expected) in
        [(output("int", "a"), "params[1].mode"), (no_value, "params[1].value"), (bad_value, "params[1].value")]
    {
        match run(&executors, Lang::Native, b"sum", &[b"1".to_vec(), parameter]) {
            Err(RequestError::BadParameter { field, .. }) => assert_eq!(field, expected),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn what_the_function_says_of_its_failure_is_the_reason_and_its_log_stays() {
    let outcome = call("log", &[]);
    assert_eq!(outcome.log, "seen\n");
    assert_eq!(failure(outcome, FailureKind::Exception), "no good");
    let reason = failure(call("sum", &[b"1".to_vec(), b"x".to_vec()]), FailureKind::Exception);
    assert_eq!(reason, "params[1] is `x`: invalid float literal");
}

#[test]
fn a_function_that_looks_whether_it_may_go_on_ends_at_its_time_or_when_it_is_abandoned() {
    let hurried = executors(Limits { time: Duration::from_millis(20), ..limits() });
    let outcome = run(&hurried, Lang::Native, b"endless", &[]).unwrap();
    assert_eq!(failure(outcome, FailureKind::Time), "the call ran longer than 20 ms");
    let patient = executors(limits());
    let (stop, options) = (StopFlag::default(), CallOptions::default());
    std::thread::scope(|scope| {
        let endless = patient.prepare(Lang::Native, b"endless", &[], &options).unwrap();
        let running = scope.spawn(|| patient.run(endless, &stop));
        stop.set();
        failure(running.join().unwrap(), FailureKind::Stopped);
    });
}

#[test]
fn limits_are_told_and_that_of_the_output_is_kept() {
    let limits = Limits { memory_bytes: 5 << 20, result_bytes: 100, ..limits() };
    let executors = executors(limits);
    let told = run(&executors, Lang::Native, b"limits", &[]).unwrap();
    assert_eq!(result(told), "[5242880,100,[1,2,3],true]");
    assert!(run(&executors, Lang::Native, b"large", &[b"100".to_vec()]).unwrap().result.is_ok());
    failure(run(&executors, Lang::Native, b"large", &[b"101".to_vec()]).unwrap(), FailureKind::Output);
}

#[test]
fn native_is_a_language_of_those_that_have_functions_only() {
    assert!(executors(limits()).languages().contains(&Lang::Native));
    assert_eq!(executors(limits()).natives().next(), Some("sum"));
    let without = executors_with(limits());
    assert!(!without.languages().contains(&Lang::Native));
    let refused = run(&without, Lang::Native, b"sum", &[]).unwrap_err();
    assert_eq!(refused, RequestError::LanguageNotHere { lang: Lang::Native });
}
