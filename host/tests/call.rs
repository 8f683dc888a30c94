//! `skerry call` and `skerry bench requests` against the real runtime, run as the plain Linux program's library.

use std::process::{Command, Output, Stdio};
use std::thread::JoinHandle;

use skerry_api::console::Milestones;
use skerry_runtime::{Options, Platform, Server, StopHandle};

/// A runtime that serves on a free port of loopback until it is dropped.
struct Runtime {
    endpoint: String,
    stop: StopHandle,
    thread: Option<JoinHandle<()>>,
}

impl Runtime {
    fn start() -> Self {
        Self::start_with(skerry_native::Registry::default())
    }

    fn start_with(natives: skerry_native::Registry) -> Self {
        let words = ["port=0", "address=127.0.0.1", "log=error"].map(str::to_owned);
        let options = Options::parse(words.into_iter()).expect("the options are known");
        let platform = Platform {
            memory_total_bytes: 0,
            memory_free_bytes: || 0,
            now_us: || 0,
            milestones: Milestones::default(),
        };
        let server = Server::bind_with(options, platform, natives).expect("loopback has a free port");
        let endpoint = format!("http://{}", server.local_addr());
        let stop = server.stop_handle();
        let thread = std::thread::spawn(move || server.run().expect("the runtime serves"));
        Self { endpoint, stop, thread: Some(thread) }
    }

    fn skerry(&self, arguments: &[&str]) -> (Option<i32>, String, String) {
        let output: Output = Command::new(env!("CARGO_BIN_EXE_skerry"))
            .args(arguments)
            .env("SKERRY_ENDPOINT", &self.endpoint)
            .stdin(Stdio::null())
            .output()
            .expect("the binary runs");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("the output is UTF-8");
        (output.status.code(), text(output.stdout), text(output.stderr))
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        self.stop.stop();
        if let Some(thread) = self.thread.take() {
            // A panic in there has failed the test already.
            let _ = thread.join();
        }
    }
}

fn file(content: &[u8]) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), content).expect("it is written");
    file
}

#[test]
fn a_c_functions_out_parameter_is_the_result_both_ways() {
    let runtime = Runtime::start();
    let source = file(b"void sum(float a, float b, float *c) { *c = a + b; }");
    let path = source.path().to_str().expect("a plain path");
    for extra in [&[][..], &["--async"]] {
        let mut arguments = vec!["call", "--lang", "C", "--file", path, "--fn", "sum", "a=3", "b=4.5"];
        arguments.extend(extra);
        assert_eq!(runtime.skerry(&arguments), (Some(0), "7.5\n".to_owned(), String::new()));
    }
}

#[test]
fn a_call_may_have_lower_limits_and_show_its_log() {
    let runtime = Runtime::start();
    let module = wat::parse_str(
        r#"(module (import "skerry" "log" (func $log (param i32 i32))) (memory (export "memory") 1)
            (data (i32.const 0) "seen\1b[2J")
            (func (export "run") (call $log (i32.const 0) (i32.const 8)) (loop $again (br $again))))"#,
    )
    .expect("the module is well formed");
    let module = file(&module);
    let path = module.path().to_str().expect("a plain path");
    let (code, _, stderr) = runtime.skerry(&["call", "--lang", "WASM", "--file", path, "--log", "--timeout-ms", "50"]);
    assert_eq!(code, Some(1));
    assert!(stderr.contains("seen\u{fffd}[2J") && stderr.contains("longer than 50 ms"), "{stderr}");
    for (flag, field) in [("--memory-mib", "memory_mib"), ("--max-output-bytes", "max_output_bytes")] {
        let (code, _, stderr) = runtime.skerry(&["call", "--lang", "WASM", "--file", path, flag, "999999999"]);
        assert!(code == Some(1) && stderr.contains(&format!("{field} is 999999999")), "{stderr}");
    }
}

#[test]
fn a_native_function_is_called_by_name_with_arguments_as_they_are() {
    let mut natives = skerry_native::Registry::default();
    natives.add("mean", |call| {
        let numbers: Vec<f64> = call.json(0)?;
        Ok(numbers.iter().sum::<f64>() / numbers.len() as f64)
    });
    let runtime = Runtime::start_with(natives);
    let (code, stdout, _) = runtime.skerry(&["call", "--lang", "NATIVE", "--fn", "mean", "[1,2,6]"]);
    assert_eq!((code, stdout.as_str()), (Some(0), "3\n"));
    let (code, _, stderr) = runtime.skerry(&["call", "--lang", "NATIVE", "[1,2,6]"]);
    assert!(code == Some(2) && stderr.contains("--fn is missing"), "{stderr}");
    let (code, _, stderr) = runtime.skerry(&["call", "--lang", "C"]);
    assert!(code == Some(2) && stderr.contains("--file is missing"), "{stderr}");
}

#[test]
fn raw_is_the_answer_as_it_came() {
    let runtime = Runtime::start();
    let source = file(b"void sum(float a, float b, float *c) { *c = a + b; }");
    let path = source.path().to_str().expect("a plain path");
    let (code, stdout, _) = runtime.skerry(&["call", "--lang", "C", "--file", path, "--raw", "a=3", "b=4.5"]);
    let answer: serde_json::Value = serde_json::from_str(&stdout).expect("JSON");
    assert_eq!((code, &answer["result"], &answer["ret_code"]), (Some(0), &"Ny41".into(), &0.into()));
}

#[test]
fn a_value_that_the_runtime_refuses_is_a_failure_that_says_which() {
    let runtime = Runtime::start();
    let source = file(b"void sum(float a, float b, float *c) { *c = a + b; }");
    let path = source.path().to_str().expect("a plain path");
    let (code, stdout, stderr) = runtime.skerry(&["call", "--lang", "C", "--file", path, "a=three", "b=4.5"]);
    assert_eq!((code, stdout.as_str()), (Some(1), ""));
    assert!(stderr.starts_with("error: the runtime refuses the request with 400: params[0]"), "{stderr}");
}

/// `(func (export "run") (param i32 i32) (result i32) local.get 0 local.get 1 i32.div_s)`, by the core specification, 5.5.
const DIVIDE: &[u8] = b"\0asm\x01\0\0\0\x01\x07\x01\x60\x02\x7f\x7f\x01\x7f\x03\x02\x01\0\x07\x07\x01\x03run\0\0\
                        \x0a\x09\x01\x07\0\x20\0\x20\x01\x6d\x0b";

#[test]
fn a_wasm_module_takes_typed_arguments_in_order() {
    let runtime = Runtime::start();
    let module = file(DIVIDE);
    let path = module.path().to_str().expect("a plain path");
    let divided = runtime.skerry(&["call", "--lang", "WASM", "--file", path, "int:-42", "int:6"]);
    assert_eq!(divided, (Some(0), "-7\n".to_owned(), String::new()));
}

#[test]
fn a_function_that_fails_ends_with_1_and_its_reason() {
    let runtime = Runtime::start();
    let module = file(DIVIDE);
    let path = module.path().to_str().expect("a plain path");
    for extra in [&[][..], &["--async"]] {
        let mut arguments = vec!["call", "--lang", "WASM", "--file", path, "int:1", "int:0"];
        arguments.extend(extra);
        let (code, stdout, stderr) = runtime.skerry(&arguments);
        assert_eq!((code, stdout.as_str()), (Some(1), ""), "{stderr}");
        assert!(stderr.starts_with("error: the function failed: ") && stderr.contains("zero"), "{stderr}");
    }
}

#[test]
fn requests_are_counted_over_one_connection() {
    let runtime = Runtime::start();
    let (code, stdout, stderr) = runtime.skerry(&["bench", "requests", "--requests", "50", "--json"]);
    assert_eq!(code, Some(0), "{stderr}");
    let measured: serde_json::Value = serde_json::from_str(&stdout).expect("JSON");
    assert_eq!((&measured["requests"], &measured["path"]), (&50.into(), &"/healthz".into()));
    let (code, _, stderr) = runtime.skerry(&["bench", "requests", "--requests", "5", "--path", "/nowhere"]);
    assert_eq!(code, Some(1));
    assert!(stderr.contains("not 200"), "{stderr}");
}
