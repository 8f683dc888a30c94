//! How fast the engines that we looked at are in a guest, on the same C: machine code by Cranelift (the flavour `jit`),
//! Cranelift's bytecode for the interpreter Pulley, and wasmi (`minimal`), beside gcc -O2, whose objects are linked into this
//! same image. The least of several rounds each, so that translation by an emulator and other work on the machine count as
//! little as possible. `benches/engines/run` builds and boots it.

#[cfg(target_os = "hermit")]
#[path = "../../../guest/unikernel/src/code_memory.rs"]
mod code_memory;
#[cfg(feature = "pulley")]
mod pulley;

// The name that `code_memory` knows it by.
#[cfg(target_os = "hermit")]
extern crate skerry_executors as skerry_runtime;

use skerry_executors::{CALL_STACK_BYTES, CacheLimits, CallOptions, Executors, Lang, Limits, StopFlag};
use std::time::{Duration, Instant};

/// Calls of each, of which the fastest counts.
const ROUNDS: usize = 5;
/// Base64 of what a parameter is.
const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

macro_rules! kernels {
    ($($symbol:ident $name:literal $size:literal,)*) => {
        unsafe extern "C" { $(safe fn $symbol(n: i32) -> f64;)* }

        const KERNELS: &[Kernel] = &[$(Kernel {
            name: $name,
            c: include_str!(concat!("../../kernels/", $name, ".c")),
            native: |n| $symbol(n),
            size: $size,
        },)*];
    };
}

struct Kernel {
    name: &'static str,
    c: &'static str,
    native: fn(i32) -> f64,
    size: i32,
}

// The sizes are those of the benchmark `functions`.
kernels! {
    kernel_fib "fib" 27,
    kernel_matrix "matrix" 100,
    kernel_nbody "nbody" 10_000,
    kernel_mandelbrot "mandelbrot" 160,
    kernel_sha256 "sha256" 200_000,
    kernel_quicksort "quicksort" 100_000,
    kernel_strings "strings" 50_000,
    kernel_sieve "sieve" 1_000_000,
    kernel_json "json" 10_000,
    kernel_levenshtein "levenshtein" 1_000,
}

fn main() {
    #[cfg(target_os = "hermit")]
    skerry_executors::use_interrupts(code_memory::INTERRUPTS);
    let measuring = std::thread::Builder::new().stack_size(1024 * 1024 + CALL_STACK_BYTES).spawn(measure);
    if measuring.map(std::thread::JoinHandle::join).is_err() {
        println!("no thread to measure in");
    }
}

/// A kernel by one engine.
struct Measured {
    result: Option<f64>,
    compiling: Duration,
    /// The least time of all rounds.
    running: Duration,
}

fn measure() {
    println!("| kernel | gcc -O2, ms | Cranelift | Pulley | wasmi | compiling, ms: Cranelift | Pulley | wasmi |");
    println!("|---|--:|--:|--:|--:|--:|--:|--:|");
    let executors = Executors::new(Limits::default(), CacheLimits::default(), |_| Ok(()));
    // The first call of all pays for the translation of the compiler itself.
    let _ = by_executors(&executors, "int f(int n) { return n; }", &parameter(1));
    for Kernel { name, c, native, size } in KERNELS {
        let (expected, gcc) = least(|| timed(|| native(*size)));
        let by = [machine_code(&executors, c, *size), bytecode(c, *size), Some(interpreted(c, *size))];
        let ratio = |measured: &Option<Measured>| match measured {
            Some(Measured { result, running, .. }) if *result == Some(expected) => {
                format!("{:.2}", running.as_secs_f64() / gcc.as_secs_f64())
            }
            Some(_) => "WRONG".to_owned(),
            None => "–".to_owned(),
        };
        let compiling = |measured: &Option<Measured>| {
            measured.as_ref().map_or_else(|| "–".to_owned(), |measured| format!("{:.1}", ms(measured.compiling)))
        };
        let cells: Vec<String> = by.iter().map(ratio).chain(by.iter().map(compiling)).collect();
        println!("| {name} | {:.2} | {} |", ms(gcc), cells.join(" | "));
    }
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let value = work();
    (value, start.elapsed())
}

/// The last value and the least time.
fn least<T>(mut measure: impl FnMut() -> (T, Duration)) -> (T, Duration) {
    let mut best = measure();
    for _ in 1..ROUNDS {
        let (value, time) = measure();
        best = (value, best.1.min(time));
    }
    best
}

/// A request's parameter of type `int`.
fn parameter(value: i32) -> Vec<Vec<u8>> {
    let text = value.to_string();
    let digit = |chunk: &[u8], index: usize| {
        let bits = chunk.iter().chain([0; 3].iter()).take(3).fold(0, |bits, byte| bits << 8 | usize::from(*byte));
        if index > chunk.len() { '=' } else { char::from(BASE64[bits >> (18 - 6 * index) & 63]) }
    };
    let value: String = text.as_bytes().chunks(3).flat_map(|chunk| (0..4).map(move |index| digit(chunk, index))).collect();
    vec![format!(r#"{{"type":"int","var_name":"n","value":"{value}","mode":"IN"}}"#).into_bytes()]
}

/// The flavour `jit`, limits and all.
fn machine_code(executors: &Executors, c: &str, size: i32) -> Option<Measured> {
    let parameter = parameter(size);
    let (is_ready, compiling) =
        timed(|| executors.prepare(Lang::C, c.as_bytes(), &parameter, &CallOptions::default()).is_ok());
    let (result, running) = least(|| by_executors(executors, c, &parameter));
    is_ready.then_some(Measured { result, compiling, running })
}

fn by_executors(executors: &Executors, c: &str, parameter: &[Vec<u8>]) -> (Option<f64>, Duration) {
    let Ok(call) = executors.prepare(Lang::C, c.as_bytes(), parameter, &CallOptions::default()) else {
        return (None, Duration::MAX);
    };
    let outcome = executors.run(call, &StopFlag::default());
    let result = outcome.result.ok().and_then(|success| success.result);
    (result.and_then(|text| String::from_utf8(text).ok()?.parse().ok()), outcome.duration)
}

#[cfg(feature = "pulley")]
fn bytecode(c: &str, size: i32) -> Option<Measured> {
    let (pulley, compiling) = timed(|| pulley::Pulley::new(&skerry_c_compiler::compile(c).ok()?.wasm));
    let pulley = pulley?;
    let (result, running) = least(|| pulley.run(size, |work| timed(work)));
    Some(Measured { result, compiling, running })
}

#[cfg(not(feature = "pulley"))]
fn bytecode(_c: &str, _size: i32) -> Option<Measured> {
    None
}

/// As `skerry-executors` does it without machine code. An instance for each round, since kernels have globals.
fn interpreted(c: &str, size: i32) -> Measured {
    let mut config = wasmi::Config::default();
    config.consume_fuel(true);
    let engine = wasmi::Engine::new(&config);
    let (module, compiling) = timed(|| {
        let function = skerry_c_compiler::compile(c).ok()?;
        wasmi::Module::new(&engine, &function.wasm).ok()
    });
    let once = || {
        let mut store = wasmi::Store::new(&engine, ());
        let function = module.as_ref().and_then(|module| {
            store.set_fuel(u64::MAX).ok()?;
            let instance = wasmi::Linker::new(&engine).instantiate_and_start(&mut store, module).ok()?;
            instance.get_typed_func::<i32, f64>(&store, "run").ok()
        });
        let (result, time) = timed(|| function?.call(&mut store, size).ok());
        (result, time)
    };
    let (result, running) = least(once);
    Measured { result, compiling, running }
}
