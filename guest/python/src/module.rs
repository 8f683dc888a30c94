//! The native module `_skerry`: what the library's own modules take from the machine.

use std::cell::{Cell, RefCell};

thread_local! {
    static LOG: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    static LOG_LIMIT: Cell<usize> = const { Cell::new(0) };
    static RANDOM: Cell<Option<crate::RandomSource>> = const { Cell::new(None) };
}

/// Where random bytes come from on this thread.
pub(crate) fn set_random(random: crate::RandomSource) {
    RANDOM.set(Some(random));
}

/// Begins a log of at most `limit` bytes; the rest is cut off.
pub(crate) fn begin_log(limit: usize) {
    LOG.take();
    LOG_LIMIT.set(limit);
}

/// Ends the log and returns it.
pub(crate) fn take_log() -> String {
    LOG_LIMIT.set(0);
    String::from_utf8_lossy(&LOG.take()).into_owned()
}

fn log(text: &[u8]) {
    LOG.with_borrow_mut(|log| {
        let room = LOG_LIMIT.get().saturating_sub(log.len());
        log.extend_from_slice(&text[..text.len().min(room)]);
    });
}

#[rustpython_vm::pymodule(name = "_skerry")]
pub(crate) mod skerry_module {
    use rustpython_vm::builtins::PyStrRef;
    use rustpython_vm::{PyResult, VirtualMachine};

    /// Most random bytes at once.
    const MOST_RANDOM_BYTES: usize = 1024 * 1024;

    #[pyfunction]
    fn urandom(size: usize, vm: &VirtualMachine) -> PyResult<Vec<u8>> {
        if size > MOST_RANDOM_BYTES {
            return Err(vm.new_value_error(format!("at most {MOST_RANDOM_BYTES} random bytes at once")));
        }
        let mut bytes = vec![0; size];
        let filled = super::RANDOM.get().map(|random| random(&mut bytes));
        match filled {
            Some(Ok(())) => Ok(bytes),
            _ => Err(vm.new_not_implemented_error("the machine has no random bytes")),
        }
    }

    #[pyfunction]
    fn write(text: PyStrRef) -> usize {
        super::log(text.as_wtf8().to_string_lossy().as_bytes());
        text.as_wtf8().as_bytes().len()
    }
}
