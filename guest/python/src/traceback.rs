//! Exceptions as text, in CPython's form, with the lines of the function's source.

use crate::call::{Failure, FailureKind};
use crate::compile::SOURCE_NAME;
use rustpython_vm::builtins::{PyBaseExceptionRef, PyInt, PyStr};
use rustpython_vm::{AsObject, PyObject, PyObjectRef, VirtualMachine};
use std::fmt::Write;

/// Of a long traceback so many frames are shown at its beginning and at its end.
const SHOWN_FRAMES: usize = 20;
/// Exceptions that led to exceptions, at most.
const MOST_CAUSES: usize = 10;
/// The longest text of an exception's own, in characters.
const MOST_MESSAGE_CHARACTERS: usize = 4000;

/// What an exception that left the function means.
pub(crate) fn failure(vm: &VirtualMachine, exception: &PyBaseExceptionRef, source: &str) -> Failure {
    let is = |class: &PyObject| exception.as_object().is_instance(class, vm).unwrap_or(false);
    let exceptions = &vm.ctx.exceptions;
    if rustpython_vm::signal::is_interrupted() {
        return Failure::new(FailureKind::Interrupted, "the call was interrupted");
    }
    let kind = if is(exceptions.recursion_error.as_object()) {
        FailureKind::Recursion
    } else if is(exceptions.memory_error.as_object()) {
        FailureKind::Memory
    } else {
        FailureKind::Exception
    };
    Failure::new(kind, text(vm, exception, source))
}

fn text(vm: &VirtualMachine, exception: &PyBaseExceptionRef, source: &str) -> String {
    // The last one is told last, as CPython does.
    let mut chain = vec![(exception.as_object().to_owned(), "")];
    while chain.len() < MOST_CAUSES {
        let Some((current, _)) = chain.last() else { break };
        let attribute = |name: &'static str| current.get_attr(name, vm).ok().filter(|value| !vm.is_none(value));
        let is_suppressed = || {
            let suppressed = attribute("__suppress_context__");
            suppressed.is_some_and(|value| value.is(&vm.ctx.true_value))
        };
        let next = if let Some(cause) = attribute("__cause__") {
            (cause, "The above exception was the direct cause of the following exception:")
        } else if let Some(context) = attribute("__context__").filter(|_| !is_suppressed()) {
            (context, "During handling of the above exception, another exception occurred:")
        } else {
            break;
        };
        if chain.iter().any(|(known, _)| known.is(&next.0)) {
            break;
        }
        chain.push(next);
    }
    let mut text = String::new();
    for (exception, relation) in chain.iter().rev() {
        frames(vm, exception, source, &mut text);
        headline(vm, exception, &mut text);
        if !relation.is_empty() {
            let _ = write!(text, "\n\n{relation}\n\n");
        }
    }
    text
}

fn frames(vm: &VirtualMachine, exception: &PyObject, source: &str, text: &mut String) {
    let mut lines: Vec<String> = Vec::new();
    let mut traceback = exception.get_attr("__traceback__", vm).ok();
    while let Some(current) = traceback.filter(|traceback| !vm.is_none(traceback)) {
        if let Some(line) = frame(vm, &current, source) {
            lines.push(line);
        }
        traceback = current.get_attr("tb_next", vm).ok();
    }
    if lines.is_empty() {
        return;
    }
    text.push_str("Traceback (most recent call last):\n");
    let left_out = lines.len().saturating_sub(2 * SHOWN_FRAMES);
    for (index, line) in lines.iter().enumerate() {
        if left_out > 0 && index == SHOWN_FRAMES {
            let _ = writeln!(text, "  [{left_out} frames are left out]");
        }
        if left_out == 0 || index < SHOWN_FRAMES || index >= SHOWN_FRAMES + left_out {
            text.push_str(line);
        }
    }
}

fn frame(vm: &VirtualMachine, traceback: &PyObject, source: &str) -> Option<String> {
    let code = traceback.get_attr("tb_frame", vm).ok()?.get_attr("f_code", vm).ok()?;
    let file = code.get_attr("co_filename", vm).map(|name| string(&name)).ok()?;
    let function = code.get_attr("co_name", vm).map(|name| string(&name)).ok()?;
    let line = traceback.get_attr("tb_lineno", vm).ok()?;
    let line = line.downcast_ref::<PyInt>()?.try_to_primitive::<usize>(vm).ok()?;
    let mut text = format!("  File \"{file}\", line {line}, in {function}\n");
    if file == SOURCE_NAME
        && let Some(shown) = source.lines().nth(line.saturating_sub(1))
    {
        let shown: String = shown.trim().chars().take(200).collect();
        let _ = writeln!(text, "    {shown}");
    }
    Some(text)
}

/// The line with type and message.
fn headline(vm: &VirtualMachine, exception: &PyObject, text: &mut String) {
    let class = exception.class();
    let module = class.as_object().get_attr("__module__", vm).map(|module| string(&module)).unwrap_or_default();
    let name = class.as_object().get_attr("__qualname__", vm).map(|name| string(&name));
    let name = name.unwrap_or_else(|_| class.name().to_string());
    if module != "builtins" && module != "__main__" && !module.is_empty() {
        let _ = write!(text, "{module}.");
    }
    text.push_str(&name);
    let message = match exception.str(vm) {
        Ok(message) => message.as_wtf8().to_string_lossy().into_owned(),
        Err(_) => "<exception str() failed>".to_owned(),
    };
    if !message.is_empty() {
        let shown: String = message.chars().take(MOST_MESSAGE_CHARACTERS).collect();
        let _ = write!(text, ": {shown}");
    }
    if let Ok(notes) = exception.get_attr("__notes__", vm)
        && let Some(notes) = notes.downcast_ref::<rustpython_vm::builtins::PyList>()
    {
        let notes: Vec<PyObjectRef> = notes.borrow_vec().iter().take(MOST_CAUSES).cloned().collect();
        for note in notes {
            let _ = write!(text, "\n{}", string(&note));
        }
    }
}

fn string(object: &PyObject) -> String {
    object.downcast_ref::<PyStr>().map(|text| text.as_wtf8().to_string_lossy().into_owned()).unwrap_or_default()
}
