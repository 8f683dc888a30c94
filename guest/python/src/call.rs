//! One call on the interpreter's thread: the function's source is run, the function called, the result encoded.

use crate::compile::{Function, SOURCE_NAME};
use crate::{from_python, memory, module, to_python, traceback};
use rustpython_vm::builtins::PyBaseExceptionRef;
use rustpython_vm::{AsObject, PyResult, VirtualMachine};
use skerry_pickle::{Data, Limits, encode_pickle, to_json};
use std::sync::Arc;

/// A call that is ready to run.
#[derive(Debug)]
pub struct Call {
    /// The function.
    pub function: Arc<Function>,
    /// Its parameters, in order.
    pub params: Vec<Data>,
    /// How the result is encoded.
    pub form: ResultForm,
    /// What the call may allocate, in bytes.
    pub memory_bytes: usize,
    /// The largest encoded result, in bytes.
    pub result_bytes: usize,
    /// The longest log, in bytes.
    pub log_bytes: usize,
}

/// How a result is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResultForm {
    /// As JSON text.
    Json,
    /// As a pickle of this protocol.
    Pickle(u8),
}

/// A call that has ended.
#[derive(Clone, Debug)]
pub struct Finished {
    /// The encoded result, or why there is none.
    pub result: Result<Vec<u8>, Failure>,
    /// What the function printed.
    pub log: String,
}

/// Why there is no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The kind of failure.
    pub kind: FailureKind,
    /// For the user to act on; of an exception the traceback.
    pub reason: String,
}

/// Kinds of failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// The function raised an exception, or its result cannot be encoded.
    Exception,
    /// It recursed too deeply.
    Recursion,
    /// It used too much memory.
    Memory,
    /// Its result is too large.
    Output,
    /// The call was ended from outside.
    Interrupted,
    /// The interpreter itself failed.
    Interpreter,
}

impl Failure {
    pub(crate) fn new(kind: FailureKind, reason: impl Into<String>) -> Self {
        Self { kind, reason: reason.into() }
    }
}

/// Runs a call in an interpreter that no other call has touched.
pub(crate) fn run(vm: &VirtualMachine, call: &Call) -> Finished {
    module::begin_log(call.log_bytes);
    memory::begin_call(call.memory_bytes);
    let result = run_function(vm, call);
    let exceeded = memory::end_call();
    let result = match result {
        _ if exceeded => {
            let mib = call.memory_bytes / (1024 * 1024);
            Err(Failure::new(FailureKind::Memory, format!("MemoryError: the call used more than {mib} MiB of memory")))
        }
        result => result,
    };
    Finished { result, log: module::take_log() }
}

fn run_function(vm: &VirtualMachine, call: &Call) -> Result<Vec<u8>, Failure> {
    let raised = |exception: PyBaseExceptionRef| traceback::failure(vm, &exception, &call.function.source);
    let result = call_function(vm, call).map_err(raised)?;
    let limits = Limits { memory_bytes: memory::left_bytes().min(call.memory_bytes), ..Limits::default() };
    let refused = |reason: String| Failure::new(FailureKind::Exception, reason);
    let data = from_python::convert(vm, &result, limits).map_err(refused)?;
    encode(&data, call)
}

fn call_function(vm: &VirtualMachine, call: &Call) -> PyResult {
    vm.import("_skerry_run", 0)?.get_attr("begin_call", vm)?.call((), vm)?;
    let main = vm.ensure_main_module()?;
    let globals = main.dict();
    globals.set_item("__file__", vm.ctx.new_str(SOURCE_NAME).into(), vm)?;
    let scope = rustpython_vm::scope::Scope::with_builtins(None, globals.clone(), vm);
    let code = vm.ctx.new_code(call.function.code.clone());
    vm.run_code_obj(code, scope)?;
    let function = globals.get_item(call.function.name.as_str(), vm)?;
    let mut arguments = Vec::with_capacity(call.params.len());
    for data in &call.params {
        arguments.push(to_python::convert(vm, data)?);
    }
    function.as_object().call(arguments, vm)
}

fn encode(data: &Data, call: &Call) -> Result<Vec<u8>, Failure> {
    let encoded = match call.form {
        ResultForm::Json => to_json(data, call.result_bytes).map(String::into_bytes),
        ResultForm::Pickle(protocol) => encode_pickle(data, protocol, call.result_bytes),
    };
    encoded.map_err(|error| {
        let kind = match error {
            skerry_pickle::PickleError::Output { .. } => FailureKind::Output,
            _ => FailureKind::Exception,
        };
        Failure::new(kind, format!("the result cannot be returned: {error}"))
    })
}
