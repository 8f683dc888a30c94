//! Interpreters to call.
#![allow(dead_code, reason = "each test file uses a part of it")]

use skerry_pickle::{Data, from_json};
use skerry_python::{Call, Finished, Interpreters, PythonAllocator, ResultForm, compile};
use std::sync::{Arc, OnceLock};

#[global_allocator]
static ALLOCATOR: PythonAllocator = PythonAllocator;

pub const MIB: usize = 1024 * 1024;

fn random(bytes: &mut [u8]) -> std::io::Result<()> {
    use std::io::Read;
    std::fs::File::open("/dev/urandom")?.read_exact(bytes)
}

pub fn interpreters() -> &'static Interpreters {
    static INTERPRETERS: OnceLock<Interpreters> = OnceLock::new();
    INTERPRETERS.get_or_init(|| Interpreters::start(random).unwrap())
}

pub fn call(source: &str, params: &[&str]) -> Call {
    Call {
        function: Arc::new(compile(source.as_bytes()).unwrap()),
        params: params
            .iter()
            .map(|json| from_json(json.as_bytes(), Default::default()).unwrap())
            .collect::<Vec<Data>>(),
        form: ResultForm::Json,
        memory_bytes: 32 * MIB,
        result_bytes: MIB,
        log_bytes: MIB,
    }
}

pub fn finish(source: &str, params: &[&str]) -> Finished {
    interpreters().run(call(source, params), || Ok::<(), ()>(())).unwrap()
}

pub fn run(source: &str, params: &[&str]) -> String {
    let finished = finish(source, params);
    String::from_utf8(finished.result.unwrap_or_else(|failure| panic!("{source}: {}", failure.reason))).unwrap()
}
