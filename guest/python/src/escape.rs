//! The way out of a call that cannot go on and cannot return: its frames are left where they are.
//!
//! A failed allocation and a panic end the program elsewhere. Here they end the call: nothing of it is used afterwards,
//! because its memory is set back whole ([`crate::rollback`]).

use std::cell::Cell;
use std::mem::ManuallyDrop;

thread_local! {
    /// The stack pointer to go on with; 0: nothing to escape from.
    static WAY_OUT: Cell<usize> = const { Cell::new(0) };
}

/// Runs `work`. `Err` with what was given to [`escape`], if it was called meanwhile; `work` has then been abandoned.
pub(crate) fn attempt<F: FnOnce()>(work: F) -> Result<(), u8> {
    extern "C" fn run<F: FnOnce()>(work: *mut ManuallyDrop<F>) {
        // SAFETY: points to what `attempt` holds, and is taken only here.
        let work = unsafe { ManuallyDrop::take(&mut *work) };
        work();
    }
    let mut work = ManuallyDrop::new(work);
    let code = WAY_OUT.with(|way_out| {
        // SAFETY: `run` gets the argument that it is for, and the stack pointer's place is valid for the whole call.
        unsafe { enter(run::<F> as *const (), (&raw mut work).cast(), way_out.as_ptr()) }
    });
    WAY_OUT.set(0);
    u8::try_from(code).ok().filter(|code| *code != 0).map_or(Ok(()), Err)
}

/// Ends the attempt that this thread makes, with a reason that is not 0. Returns if it makes none.
pub(crate) fn escape(reason: u8) {
    let way_out = WAY_OUT.replace(0);
    if way_out != 0 {
        // SAFETY: `enter` has left its frame there and has not returned yet, for `attempt` would have set 0. What the
        // frames between held is the interpreter's, and is set back.
        unsafe { leave(way_out, u64::from(reason)) };
    }
}

/// Calls `work(argument)` and returns 0, or what `leave` was given. `way_out` is where the stack pointer is kept for it.
#[unsafe(naked)]
unsafe extern "C" fn enter(work: *const (), argument: *mut u8, way_out: *mut usize) -> u64 {
    // System V ABI: what a callee preserves; aligned again to 16 bytes.
    core::arch::naked_asm!(
        "push rbp",
        "push rbx",
        "push r12",
        "push r13",
        "push r14",
        "push r15",
        "sub rsp, 8",
        "mov [rdx], rsp",
        "mov rax, rdi",
        "mov rdi, rsi",
        "call rax",
        "xor eax, eax",
        "add rsp, 8",
        "pop r15",
        "pop r14",
        "pop r13",
        "pop r12",
        "pop rbx",
        "pop rbp",
        "ret",
    )
}

/// Goes on as if the `enter` that kept this stack pointer returned `reason`.
#[unsafe(naked)]
unsafe extern "C" fn leave(way_out: usize, reason: u64) -> ! {
    core::arch::naked_asm!(
        "mov rsp, rdi",
        "mov rax, rsi",
        "cld",
        "add rsp, 8",
        "pop r15",
        "pop r14",
        "pop r13",
        "pop r12",
        "pop rbx",
        "pop rbp",
        "ret",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deep(depth: u32) -> u32 {
        if depth == 0 {
            escape(7);
            return 0;
        }
        deep(depth - 1) + 1
    }

    #[test]
    fn an_attempt_ends_with_its_work_or_with_the_reason_of_an_escape() {
        let mut done = 0;
        for round in 0..3 {
            assert_eq!(attempt(|| done += 1), Ok(()));
            assert_eq!(attempt(|| done += deep(100)), Err(7));
            assert_eq!(done, round + 1);
        }
        // Nothing to escape from: it just returns.
        escape(1);
    }
}
