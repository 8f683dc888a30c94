//! Measures what an offloaded function costs: `cargo run --release -p skerry-executors --example measure`.

use skerry_executors::{CacheLimits, CallOptions, Executors, Lang, Limits, Outcome, StopFlag};
use std::time::{Duration, Instant};

const SUM: &[u8] = b"void sum(float a, float b, float *c) { *c = a + b; }";

/// Base64 of `3`, `4.5` and nothing.
const SUM_PARAMS: [&str; 3] = [
    r#"{"type":"float","var_name":"a","value":"Mw==","mode":"IN"}"#,
    r#"{"type":"float","var_name":"b","value":"NC41","mode":"IN"}"#,
    r#"{"type":"float","var_name":"c","value":"","mode":"OUT"}"#,
];

/// 100 million times round a loop, each with a multiplication and an addition.
const LOOP: &str = r#"(module (func (export "run") (result f64) (local $i i32) (local $x f64)
    (loop $next
        (local.set $x (f64.add (f64.mul (local.get $x) (f64.const 0.5)) (f64.const 1)))
        (br_if $next (i32.lt_s (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 100000000))))
    (local.get $x)))"#;

const FIB: &str = r#"(module (func (export "run") (result i32) (call $fib (i32.const 27)))
    (func $fib (param i32) (result i32)
        (if (result i32) (i32.lt_s (local.get 0) (i32.const 2)) (then (local.get 0))
            (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1)))
                (call $fib (i32.sub (local.get 0) (i32.const 2))))))))"#;

const RUNS: usize = 1000;

fn main() {
    let params = SUM_PARAMS.map(|param| param.as_bytes().to_vec());
    let uncached = Executors::new(Limits::default(), CacheLimits { entries: 0, bytes: 0 }, |_| Ok(()));
    report("sum, compiled anew: prepare", || {
        time(|| drop(uncached.prepare(Lang::C, SUM, &params, &CallOptions::default())))
    });
    let cached = Executors::new(Limits::default(), CacheLimits::default(), |_| Ok(()));
    report("sum, cached: prepare", || time(|| drop(cached.prepare(Lang::C, SUM, &params, &CallOptions::default()))));
    report("sum, cached: prepare and run", || time(|| drop(call(&cached, Lang::C, SUM, &params))));
    for (name, text) in [("loop of 100 million", LOOP), ("fib(27)", FIB)] {
        let wasm = wat::parse_str(text).expect("the measured modules are well formed");
        let outcome = call(&cached, Lang::Wasm, &wasm, &[]);
        println!("{name}: {:?} in {} ms", outcome.result.map(|success| success.result), outcome.duration.as_millis());
    }
}

fn call(executors: &Executors, lang: Lang, code: &[u8], params: &[Vec<u8>]) -> Outcome {
    let prepared =
        executors.prepare(lang, code, params, &CallOptions::default()).expect("the measured functions compile");
    executors.run(prepared, &StopFlag::default())
}

fn time(action: impl FnOnce()) -> Duration {
    let started = Instant::now();
    action();
    started.elapsed()
}

/// Prints median and 99th percentile of [`RUNS`] times, and the first.
fn report(name: &str, mut measure: impl FnMut() -> Duration) {
    let first = measure();
    let mut times: Vec<Duration> = (0..RUNS).map(|_| measure()).collect();
    times.sort_unstable();
    let (median, late) = (times[RUNS / 2], times[RUNS * 99 / 100]);
    println!(
        "{name}: first {} us, median {:.1} us, 99th percentile {:.1} us",
        first.as_micros(),
        median.as_nanos() as f64 / 1000.0,
        late.as_nanos() as f64 / 1000.0
    );
}
