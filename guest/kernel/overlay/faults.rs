//! Faults of machine code that functions became, handed to the runtime: on them rests the check of each access to linear
//! memory, and of some operations. Code whose time is over is interrupted as if it had a fault, so that it need not look at
//! a clock itself. A file of our own.
//!
//! A handler of the kernel cannot wait for the runtime. It lets the thread go on, but in [`deliver`], which calls the
//! runtime's handler like any function; that one leaves for where the function was called. Nothing here is in an image
//! whose runtime does not ask for faults.

use core::mem;
use core::sync::atomic::{AtomicBool, AtomicI32, AtomicUsize, Ordering};

use x86_64::registers::control::Cr2;
use x86_64::structures::idt::{InterruptStackFrame, PageFaultErrorCode};

use crate::arch::core_local::core_scheduler;
use crate::arch::mm::virtualmem;
use crate::errno::EAGAIN;
use crate::page_protection;
use crate::scheduler;

/// The runtime's handler: where the fault is, the frame pointer there, and, for a page fault, the address.
type Handler = extern "C" fn(usize, usize, bool, usize);
/// What the kernel's own handlers ask: whether the thread may go on.
type Hook = fn(&mut InterruptStackFrame, Option<PageFaultErrorCode>) -> bool;

/// A [`Hook`], or 0.
static HOOK: AtomicUsize = AtomicUsize::new(0);
/// The [`Handler`].
static HANDLER: AtomicUsize = AtomicUsize::new(0);

/// Most calls that run at once.
const MOST_CALLS: usize = 256;
/// Is no task's number.
const NO_TASK: i32 = -1;

/// A thread that runs machine code.
struct Call {
	task: AtomicI32,
	/// Where it can be interrupted: at any instruction from the first address up to the second.
	start: AtomicUsize,
	end: AtomicUsize,
	/// Which fault it then has, named by a place that has it.
	place: AtomicUsize,
	is_over: AtomicBool,
}

static CALLS: [Call; MOST_CALLS] = [const {
	Call {
		task: AtomicI32::new(NO_TASK),
		start: AtomicUsize::new(0),
		end: AtomicUsize::new(0),
		place: AtomicUsize::new(0),
		is_over: AtomicBool::new(false),
	}
}; MOST_CALLS];
/// How many of them are over, and still run.
static CALLS_OVER: AtomicUsize = AtomicUsize::new(0);

/// Bytes below the stack pointer that code may use without saying so.
const RED_ZONE_BYTES: u64 = 128;

/// Hands faults of machine code in the heap to this handler. Address 0 faults from now on, as machine code expects.
///
/// Returns 0, or an error as `sys_skerry_protect` does.
#[unsafe(no_mangle)]
pub extern "C" fn sys_skerry_on_fault(handler: Handler) -> i32 {
	if let Err(error) = page_protection::remove_first_page() {
		return error;
	}
	HANDLER.store(handler as usize, Ordering::Relaxed);
	HOOK.store(answer as Hook as usize, Ordering::Release);
	0
}

/// Says that this thread runs machine code from `start` to `end`, and which place's fault it is to have when it is
/// interrupted. Returns a number for the call; `-EAGAIN` if there are too many.
#[unsafe(no_mangle)]
pub extern "C" fn sys_skerry_begin_call(start: usize, end: usize, place: usize) -> i32 {
	let task = core_scheduler().get_current_task_id().into();
	for (number, call) in CALLS.iter().enumerate() {
		if call.task.compare_exchange(NO_TASK, task, Ordering::Acquire, Ordering::Relaxed).is_ok() {
			call.start.store(start, Ordering::Relaxed);
			call.end.store(end, Ordering::Relaxed);
			call.place.store(place, Ordering::Relaxed);
			return number as i32;
		}
	}
	-EAGAIN
}

/// Interrupts a call that has not ended, as soon as it is in its own code. Has to be said again until it ends: a processor
/// looks when it is interrupted, and only now are all others.
#[unsafe(no_mangle)]
pub extern "C" fn sys_skerry_interrupt_call(number: i32) {
	if let Some(call) = CALLS.get(number as usize) {
		if !call.is_over.swap(true, Ordering::Release) {
			CALLS_OVER.fetch_add(1, Ordering::Relaxed);
		}
		#[cfg(feature = "smp")]
		crate::arch::x86_64::kernel::apic::ipi_tlb_flush();
	}
}

/// A call has ended; said by its own thread.
#[unsafe(no_mangle)]
pub extern "C" fn sys_skerry_end_call(number: i32) {
	if let Some(call) = CALLS.get(number as usize) {
		if call.is_over.swap(false, Ordering::Relaxed) {
			CALLS_OVER.fetch_sub(1, Ordering::Relaxed);
		}
		call.task.store(NO_TASK, Ordering::Release);
	}
}

/// Looks, before a thread goes on that was interrupted, whether it runs a call that is over.
pub(crate) fn look_at_call(frame: &mut InterruptStackFrame) {
	if CALLS_OVER.load(Ordering::Relaxed) == 0 {
		return;
	}
	let task = core_scheduler().get_current_task_id().into();
	let place = frame.instruction_pointer.as_u64() as usize;
	let is_it = |call: &&Call| {
		call.task.load(Ordering::Relaxed) == task
			&& call.is_over.load(Ordering::Acquire)
			&& (call.start.load(Ordering::Relaxed)..call.end.load(Ordering::Relaxed)).contains(&place)
	};
	if let Some(call) = CALLS.iter().find(is_it) {
		redirect(frame, [call.place.load(Ordering::Relaxed) as u64, 0, 0, 0]);
	}
}

/// Whether a thread may go on after a fault, of a page if there is a code.
pub(crate) fn is_answered(frame: &mut InterruptStackFrame, code: Option<PageFaultErrorCode>) -> bool {
	match HOOK.load(Ordering::Acquire) {
		0 => false,
		// SAFETY: it was stored as one.
		hook => (unsafe { mem::transmute::<usize, Hook>(hook) })(frame, code),
	}
}

fn answer(frame: &mut InterruptStackFrame, code: Option<PageFaultErrorCode>) -> bool {
	if code.is_some_and(page_protection::is_outdated) {
		return true;
	}
	let place = frame.instruction_pointer.as_u64();
	// The heap begins in the middle; kernel and runtime lie far below.
	if place < virtualmem::kernel_heap_end().as_u64() / 2 {
		return false;
	}
	let address = if code.is_some() { Cr2::read().map_or(0, |address| address.as_u64()) } else { 0 };
	redirect(frame, [place, u64::from(code.is_some()), address, 0]);
	true
}

/// Lets a thread go on in [`enter`], with this on its stack.
fn redirect(frame: &mut InterruptStackFrame, told: [u64; 4]) {
	let stack = (frame.stack_pointer.as_u64() - RED_ZONE_BYTES) & !15;
	let stack = stack - mem::size_of_val(&told) as u64;
	// SAFETY: the thread's stack has room for the call of a handler below what its function uses, and for this. The thread
	// goes on in `enter`, which takes it from there.
	unsafe {
		(stack as *mut [u64; 4]).write(told);
		frame.as_mut().update(|frame| {
			frame.instruction_pointer = x86_64::VirtAddr::new(enter as usize as u64);
			frame.stack_pointer = x86_64::VirtAddr::new(stack);
		});
	}
}

/// Where a thread goes on after a fault, with what is known about it on its stack.
#[unsafe(naked)]
extern "C" fn enter() {
	core::arch::naked_asm!(
		"pop rdi",
		"mov rsi, rbp",
		"pop rdx",
		"pop rcx",
		"pop rax",
		"call {deliver}",
		"ud2",
		deliver = sym deliver,
	)
}

extern "C" fn deliver(place: usize, frame: usize, is_of_page: u64, address: usize) -> ! {
	// SAFETY: one was stored before anything is delivered.
	let handler = unsafe { mem::transmute::<usize, Handler>(HANDLER.load(Ordering::Relaxed)) };
	handler(place, frame, is_of_page != 0, address);
	error!("nobody answers for the fault at {place:#x} (page fault: {is_of_page}, address {address:#x})");
	scheduler::abort()
}
