//! Runs compiled C on wasmi, and the same C through gcc on the host, and writes both results in the same form.
//!
//! A result is text: integers in decimal, floats as their bits (every NaN as `nan`), arrays in brackets. Parts are joined
//! by `; `: first the return value, if there is one, then every array argument as the call left it.
#![allow(dead_code, reason = "each test file uses its own part")]

use skerry_c_compiler::{CompiledFunction, MATH_IMPORTS, MATH_MODULE, ParameterType, ScalarType, Signature, compile};
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use wasmi::{Caller, Engine, Func, Linker, Module, Store, Val};

/// A number that is passed in or comes out.
#[derive(Clone, Copy)]
pub(crate) struct Number {
    pub(crate) scalar: ScalarType,
    /// Integers sign- or zero-extended, floats as `f64` bits (exact for `float` too).
    bits: u64,
}

impl Number {
    /// Reads decimal or `0x` integers, and anything that Rust takes for a float.
    pub(crate) fn parse(scalar: ScalarType, text: &str) -> Self {
        let text = text.trim();
        let bits = if scalar == ScalarType::Float {
            f64::from(text.parse::<f32>().unwrap_or_else(|_| panic!("'{text}' is no float"))).to_bits()
        } else if scalar == ScalarType::Double {
            text.parse::<f64>().unwrap_or_else(|_| panic!("'{text}' is no double")).to_bits()
        } else {
            text.parse::<i128>().unwrap_or_else(|_| panic!("'{text}' is no integer")) as u64
        };
        Self { scalar, bits }
    }

    fn from_bytes(scalar: ScalarType, bytes: &[u8]) -> Self {
        let mut wide = [0; 8];
        wide[..bytes.len()].copy_from_slice(bytes);
        let raw = u64::from_le_bytes(wide);
        let bits = match (scalar, bytes.len()) {
            (ScalarType::Float, _) => f64::from(f32::from_bits(raw as u32)).to_bits(),
            (ScalarType::Double, _) => raw,
            (_, 1) if scalar.is_signed() => raw as u8 as i8 as u64,
            (_, 2) if scalar.is_signed() => raw as u16 as i16 as u64,
            (_, 4) if scalar.is_signed() => raw as u32 as i32 as u64,
            _ => raw,
        };
        Self { scalar, bits }
    }

    fn to_bytes(self) -> Vec<u8> {
        let raw = match self.scalar {
            ScalarType::Float => u64::from((f64::from_bits(self.bits) as f32).to_bits()),
            _ => self.bits,
        };
        raw.to_le_bytes()[..self.scalar.size_bytes() as usize].to_vec()
    }

    fn to_val(self) -> Val {
        match (self.scalar, self.scalar.size_bytes()) {
            (ScalarType::Float, _) => Val::F32((f64::from_bits(self.bits) as f32).into()),
            (ScalarType::Double, _) => Val::F64(f64::from_bits(self.bits).into()),
            (_, 8) => Val::I64(self.bits as i64),
            _ => Val::I32(self.bits as i32),
        }
    }

    fn from_val(scalar: ScalarType, value: &Val) -> Self {
        let bits = match value {
            Val::I32(value) if scalar.is_signed() => *value as i64 as u64,
            Val::I32(value) => u64::from(*value as u32),
            Val::I64(value) => *value as u64,
            Val::F32(value) => f64::from(f32::from(*value)).to_bits(),
            Val::F64(value) => f64::from(*value).to_bits(),
            other => panic!("unexpected value {other:?}"),
        };
        Self { scalar, bits }
    }

    pub(crate) fn canonical(self) -> String {
        let float = f64::from_bits(self.bits);
        match self.scalar {
            ScalarType::Float | ScalarType::Double if float.is_nan() => "nan".to_owned(),
            ScalarType::Float => format!("f{:08x}", (float as f32).to_bits()),
            ScalarType::Double => format!("d{:016x}", float.to_bits()),
            scalar if scalar.is_signed() => (self.bits as i64).to_string(),
            _ => self.bits.to_string(),
        }
    }
}

/// The elements of `[1, 2, 3]`.
pub(crate) fn elements(scalar: ScalarType, text: &str) -> Vec<Number> {
    let inner = text.trim().strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let inner = inner.unwrap_or_else(|| panic!("'{text}' is no array"));
    inner.split(',').filter(|part| !part.trim().is_empty()).map(|part| Number::parse(scalar, part)).collect()
}

fn bracketed(numbers: &[Number]) -> String {
    let parts: Vec<String> = numbers.iter().map(|number| number.canonical()).collect();
    format!("[{}]", parts.join(","))
}

/// The canonical form of what a table expects: parts in the order described above.
pub(crate) fn canonical_expectation(compiled: &CompiledFunction, expected: &str) -> String {
    if expected.starts_with("trap:") {
        return expected.to_owned();
    }
    let mut parts = expected.split(';');
    let mut canonical = Vec::new();
    if let Some(scalar) = compiled.signature.result {
        canonical.push(Number::parse(scalar, parts.next().unwrap_or_default()).canonical());
    }
    for parameter in &compiled.signature.parameters {
        if let ParameterType::Pointer { element } = parameter.ty {
            canonical.push(bracketed(&elements(element, parts.next().unwrap_or_default())));
        }
    }
    canonical.join("; ")
}

fn linker(store: &mut Store<()>) -> Linker<()> {
    let mut linker = Linker::new(store.engine());
    for (name, arity) in MATH_IMPORTS {
        let function = match arity {
            1 => Func::wrap(&mut *store, move |_: Caller<'_, ()>, x: f64| math(name, x, 0.0, 0.0)),
            2 => Func::wrap(&mut *store, move |_: Caller<'_, ()>, x: f64, y: f64| math(name, x, y, 0.0)),
            _ => Func::wrap(&mut *store, move |_: Caller<'_, ()>, x: f64, y: f64, z: f64| math(name, x, y, z)),
        };
        linker.define(MATH_MODULE, name, function).expect("defined once");
    }
    linker
}

fn math(name: &str, x: f64, y: f64, z: f64) -> f64 {
    match name {
        "acos" => x.acos(),
        "acosh" => x.acosh(),
        "asin" => x.asin(),
        "asinh" => x.asinh(),
        "atan" => x.atan(),
        "atan2" => x.atan2(y),
        "atanh" => x.atanh(),
        "cbrt" => x.cbrt(),
        "cos" => x.cos(),
        "cosh" => x.cosh(),
        "exp" => x.exp(),
        "exp2" => x.exp2(),
        "expm1" => x.exp_m1(),
        "fdim" => {
            if x > y {
                x - y
            } else {
                0.0
            }
        }
        "fma" => x.mul_add(y, z),
        "fmax" => x.max(y),
        "fmin" => x.min(y),
        "fmod" => x % y,
        "hypot" => x.hypot(y),
        "log" => x.ln(),
        "log10" => x.log10(),
        "log1p" => x.ln_1p(),
        "log2" => x.log2(),
        "pow" => x.powf(y),
        "round" => x.round(),
        "sin" => x.sin(),
        "sinh" => x.sinh(),
        "tan" => x.tan(),
        "tanh" => x.tanh(),
        other => panic!("no import is called {other}"),
    }
}

/// Runs a compiled function once; see [`Runner::run`].
pub(crate) fn run(compiled: &CompiledFunction, arguments: &str) -> String {
    Runner::new(compiled).run(arguments)
}

/// A compiled function, ready to be called often. Each call gets an instance of its own.
pub(crate) struct Runner {
    compiled: CompiledFunction,
    engine: Engine,
    module: Module,
}

impl Runner {
    pub(crate) fn new(compiled: &CompiledFunction) -> Self {
        let engine = Engine::default();
        let module = Module::new(&engine, &compiled.wasm).expect("the module is valid");
        Self { compiled: compiled.clone(), engine, module }
    }

    /// Calls with arguments as text, separated by `;`. A trap's message comes as `trap: …`.
    pub(crate) fn run(&self, arguments: &str) -> String {
        call(&self.compiled, &self.engine, &self.module, arguments)
    }
}

fn call(compiled: &CompiledFunction, engine: &Engine, module: &Module, arguments: &str) -> String {
    let mut store = Store::new(engine, ());
    let linker = linker(&mut store);
    let instance = linker.instantiate_and_start(&mut store, module).expect("instantiates");
    let memory = instance.get_memory(&store, "memory").expect("memory is exported");
    memory.grow(&mut store, 1).expect("grows");
    let mut heap = compiled.heap_base as usize;
    assert_eq!(heap % 16, 0, "the heap is aligned");
    let mut values = Vec::new();
    let mut arrays = Vec::new();
    let mut parts = arguments.split(';');
    for parameter in &compiled.signature.parameters {
        let text = parts.next().unwrap_or_default();
        match parameter.ty {
            ParameterType::Scalar(scalar) => values.push(Number::parse(scalar, text).to_val()),
            ParameterType::Pointer { element } => {
                let numbers = elements(element, text);
                values.push(Val::I32(heap as i32));
                arrays.push((heap, element, numbers.len()));
                for number in numbers {
                    memory.write(&mut store, heap, &number.to_bytes()).expect("fits");
                    heap += element.size_bytes() as usize;
                }
                heap = heap.next_multiple_of(16);
            }
        }
    }
    let run = instance.get_func(&store, "run").expect("run is exported");
    let mut results = vec![Val::I32(0); usize::from(compiled.signature.result.is_some())];
    if let Err(error) = run.call(&mut store, &values, &mut results) {
        return format!("trap: {error}");
    }
    let mut output = Vec::new();
    if let Some(scalar) = compiled.signature.result {
        output.push(Number::from_val(scalar, &results[0]).canonical());
    }
    for (address, element, count) in arrays {
        let size = element.size_bytes() as usize;
        let mut bytes = vec![0; size * count];
        memory.read(&store, address, &mut bytes).expect("in bounds");
        let numbers: Vec<Number> = bytes.chunks(size).map(|chunk| Number::from_bytes(element, chunk)).collect();
        output.push(bracketed(&numbers));
    }
    output.join("; ")
}

/// Compiles, or fails the test with the diagnostics.
pub(crate) fn compiled(name: &str, source: &str) -> CompiledFunction {
    compile(source).unwrap_or_else(|errors| panic!("{name}: {errors}\n{source}"))
}

/// One call of one source, for gcc.
pub(crate) struct Job<'a> {
    pub(crate) source: &'a str,
    pub(crate) arguments: &'a str,
}

/// The results of all jobs as gcc's code gives them, in order; `None` where there is no gcc.
pub(crate) fn with_gcc(jobs: &[Job<'_>]) -> Option<Vec<String>> {
    if Command::new("gcc").arg("--version").output().is_err() {
        println!("skipped the comparison with gcc: gcc is not installed");
        return None;
    }
    let directory = tempfile::tempdir().expect("a temporary directory");
    let mut sources: Vec<&str> = jobs.iter().map(|job| job.source).collect();
    sources.sort_unstable();
    sources.dedup();
    let mut main = String::from(MAIN_HEAD);
    let mut files = vec!["main.c".to_owned()];
    let mut signatures = Vec::new();
    for (index, source) in sources.iter().enumerate() {
        let signature = compiled("gcc's source", source).signature;
        let function = signature.name.clone();
        signatures.push(signature);
        // Everything is static to its file; the one function is reached through a pointer with a name of its own.
        let text = format!("{source}\nvoid *entry_{index} = (void *){function};\n");
        write(directory.path(), &format!("{index}.c"), &text);
        let _ = writeln!(main, "extern void *entry_{index};");
        files.push(format!("{index}.c"));
    }
    main.push_str("int main(void) {\n");
    for job in jobs {
        let index = sources.binary_search(&job.source).expect("every source is there");
        main.push_str(&call_in_c(job.arguments, index, &signatures[index]));
    }
    main.push_str("return 0; }\n");
    write(directory.path(), "main.c", &main);
    // One object each, whose other symbols are hidden from the rest.
    let objects: Vec<String> = files.iter().map(|file| file.replace(".c", ".o")).collect();
    gcc(directory.path(), &[&["-c".to_owned()], files.as_slice()].concat());
    for (index, _) in sources.iter().enumerate() {
        let keep = format!("--keep-global-symbol=entry_{index}");
        let status = Command::new("objcopy").current_dir(&directory).arg(keep).arg(format!("{index}.o")).status();
        assert!(status.expect("objcopy comes with gcc").success());
    }
    gcc(directory.path(), &[objects.as_slice(), &["-o".to_owned(), "program".to_owned(), "-lm".to_owned()]].concat());
    let output = Command::new(directory.path().join("program")).output().expect("runs");
    assert!(output.status.success(), "the program that gcc made failed: {}", output.status);
    let text = String::from_utf8(output.stdout).expect("text");
    Some(text.lines().map(str::to_owned).collect())
}

fn write(directory: &Path, name: &str, text: &str) {
    std::fs::write(directory.join(name), text).expect("written");
}

fn gcc(directory: &Path, arguments: &[String]) {
    let fixed = ["-w", "-O0", "-std=gnu11", "-fwrapv", "-ffp-contract=off", "-fno-builtin", "-fsigned-char"];
    let output = Command::new("gcc").current_dir(directory).args(fixed).args(arguments).output().expect("runs");
    assert!(output.status.success(), "gcc refuses:\n{}", String::from_utf8_lossy(&output.stderr));
}

const MAIN_HEAD: &str = r#"
#include <stdio.h>
#include <string.h>
#include <math.h>
#include <stdint.h>
static void show_f(float x) { uint32_t b; memcpy(&b, &x, 4); if (isnan(x)) printf("nan"); else printf("f%08x", b); }
static void show_d(double x) { uint64_t b; memcpy(&b, &x, 8); if (isnan(x)) printf("nan"); else printf("d%016lx", b); }
"#;

fn show(scalar: ScalarType, value: &str) -> String {
    match scalar {
        ScalarType::Float => format!("show_f({value});"),
        ScalarType::Double => format!("show_d({value});"),
        scalar if scalar.is_signed() => format!("printf(\"%lld\", (long long)({value}));"),
        _ => format!("printf(\"%llu\", (unsigned long long)({value}));"),
    }
}

fn c_literal(number: Number) -> String {
    let float = f64::from_bits(number.bits);
    match number.scalar {
        ScalarType::Float | ScalarType::Double if float.is_nan() => "NAN".to_owned(),
        ScalarType::Float | ScalarType::Double if float.is_infinite() => {
            if float > 0.0 { "INFINITY" } else { "-INFINITY" }.to_owned()
        }
        ScalarType::Float | ScalarType::Double => format!("{float:e}"),
        scalar => format!("({})0x{:x}ull", scalar.name(), number.bits),
    }
}

fn call_in_c(arguments: &str, index: usize, signature: &Signature) -> String {
    let mut declarations = String::new();
    let mut types = Vec::new();
    let mut names = Vec::new();
    let mut shows = String::new();
    let mut parts = arguments.split(';');
    for (position, parameter) in signature.parameters.iter().enumerate() {
        let text = parts.next().unwrap_or_default();
        names.push(format!("p{position}"));
        match parameter.ty {
            ParameterType::Scalar(scalar) => {
                types.push(scalar.name().to_owned());
                let literal = c_literal(Number::parse(scalar, text));
                let _ = writeln!(declarations, "{} p{position} = {literal};", scalar.name());
            }
            ParameterType::Pointer { element } => {
                types.push(format!("{} *", element.name()));
                let numbers: Vec<String> = elements(element, text).into_iter().map(c_literal).collect();
                let _ = writeln!(declarations, "{} p{position}[] = {{{}}};", element.name(), numbers.join(","));
                let _ = writeln!(shows, "printf(shown++ ? \"; [\" : \"[\");");
                for index in 0..numbers.len() {
                    let comma = if index > 0 { "printf(\",\");" } else { "" };
                    let _ = writeln!(shows, "{comma}{}", show(element, &format!("p{position}[{index}]")));
                }
                shows.push_str("printf(\"]\");\n");
            }
        }
    }
    let result = signature.result.map_or("void", ScalarType::name);
    let types = if types.is_empty() { "void".to_owned() } else { types.join(", ") };
    let call = format!("(({result} (*)({types}))entry_{index})({})", names.join(", "));
    let call = match signature.result {
        Some(scalar) => format!("{result} r = {call}; {} shown++;", show(scalar, "r")),
        None => format!("{call};"),
    };
    format!("{{ int shown = 0; {declarations} {call} {shows} printf(\"\\n\"); }}\n")
}
