//! Why a call failed, in words for the function's user: one set of words, whatever engine ran it.

use crate::compiled::Interface;
use crate::executable::CallContext;
use crate::sandbox::{CallState, MemoryRefusal};
use crate::wasi::Ending;
use crate::{Failure, FailureKind, Limits};
use std::time::Duration;
use wasmi::TrapCode;

pub(crate) fn failure(kind: FailureKind, reason: impl Into<String>) -> Failure {
    Failure::new(kind, reason)
}

/// Why a call has ended in the engine: what the host knows of it goes before what the engine says, which is `trap` or, if
/// it was none, `other`.
pub(crate) fn explain(
    state: &CallState,
    interface: &Interface,
    context: &CallContext<'_>,
    trap: Option<TrapCode>,
    other: impl FnOnce() -> Failure,
) -> Failure {
    match state.ending {
        Some(Ending::Exit(code)) => {
            return failure(FailureKind::Exception, format!("the program ended with exit code {code}"));
        }
        Some(Ending::OutputLimit) => return of_result(context.limits),
        Some(Ending::Interrupted) => {
            if let Err(reason) = context.check() {
                return reason;
            }
        }
        None => {}
    }
    match (state.memory.refusal(), trap) {
        (Some(refusal), _) => of_memory(refusal, context.limits),
        (None, Some(TrapCode::UnreachableCodeReached)) if interface.unreachable_is_overflow => {
            of_trap(TrapCode::StackOverflow)
        }
        (None, Some(code)) => of_trap(code),
        (None, None) => other(),
    }
}

/// What a module's allocator must not do.
pub(crate) fn bad_allocator() -> Failure {
    failure(FailureKind::Trap, "the module's own allocator gave an address outside of its memory")
}

/// What [`prepare`](crate::Executors::prepare) has checked to be there.
pub(crate) fn missing(export: &str) -> Failure {
    failure(FailureKind::Trap, format!("the module does not export `{export}`"))
}

fn of_memory(refusal: MemoryRefusal, limits: &Limits) -> Failure {
    let limit = size_text(limits.memory_bytes);
    let reason = match refusal {
        MemoryRefusal::AtStart { wanted_bytes } => {
            format!("the module asks for {} of memory to start with; a call may use {limit}", size_text(wanted_bytes))
        }
        MemoryRefusal::OfCall => format!("the call used more than {limit} of memory"),
        MemoryRefusal::OfAllCalls => {
            let all = size_text(limits.memory_all_calls_bytes);
            format!("all calls that run now would use more than {all} of memory; try again later")
        }
        MemoryRefusal::OfMachine => "the machine has no more memory for the call; try again later".to_owned(),
    };
    failure(FailureKind::Memory, reason)
}

pub(crate) fn of_result(limits: &Limits) -> Failure {
    failure(FailureKind::Output, format!("the result is larger than {}", size_text(limits.result_bytes)))
}

fn of_trap(code: TrapCode) -> Failure {
    let reason = match code {
        TrapCode::StackOverflow => return failure(FailureKind::Stack, "stack overflow (recursion too deep)"),
        TrapCode::OutOfFuel => return failure(FailureKind::Fuel, "the call used up its fuel"),
        TrapCode::GrowthOperationLimited | TrapCode::OutOfSystemMemory => {
            return failure(FailureKind::Memory, "no memory for the call");
        }
        TrapCode::UnreachableCodeReached => "the function aborted (unreachable code was reached)",
        TrapCode::MemoryOutOfBounds => "out-of-bounds memory access",
        TrapCode::TableOutOfBounds => "out-of-bounds table access",
        TrapCode::IndirectCallToNull => "call through a null function pointer",
        TrapCode::IntegerDivisionByZero => "integer division by zero",
        TrapCode::IntegerOverflow => "integer overflow (in a division, or converting a float)",
        TrapCode::BadConversionToInteger => "conversion of a NaN to an integer",
        TrapCode::BadSignature => "call through a function pointer of another type",
    };
    failure(FailureKind::Trap, reason)
}

/// A size in the largest unit that keeps it a whole number.
fn size_text(bytes: usize) -> String {
    const KIB: usize = 1024;
    const MIB: usize = KIB * KIB;
    match bytes {
        _ if bytes >= MIB && bytes.is_multiple_of(MIB) => format!("{} MiB", bytes / MIB),
        _ if bytes >= KIB && bytes.is_multiple_of(KIB) => format!("{} KiB", bytes / KIB),
        _ => format!("{bytes} bytes"),
    }
}

pub(crate) fn duration_text(duration: Duration) -> String {
    if duration.subsec_millis() == 0 && duration.as_secs() > 0 {
        format!("{} s", duration.as_secs())
    } else {
        format!("{} ms", duration.as_millis())
    }
}
