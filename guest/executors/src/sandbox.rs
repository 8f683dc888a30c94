//! What surrounds a running function: the state of its store, the memory it may take, the log it may write.

use crate::executable::CallContext;
use crate::memory::has_room;
use crate::wasi::{Ending, Program};
use crate::{RandomSource, StopFlag};
use skerry_c_library::{Library, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;
use wasmi::errors::{MemoryError, TableError};
use wasmi::{Memory, ResourceLimiter};
use wasmi_core::LimiterError;

/// Bytes that a table's element takes in the interpreter.
const TABLE_ELEMENT_BYTES: usize = 16;

/// Linear memory that all calls share.
pub(crate) struct MemoryPool {
    free_bytes: AtomicUsize,
}

impl MemoryPool {
    pub(crate) fn new(bytes: usize) -> Self {
        Self { free_bytes: AtomicUsize::new(bytes) }
    }

    // Relaxed ordering: the counter guards no other data, only its own value must be exact.
    fn take(&self, bytes: usize) -> bool {
        let subtract = |free: usize| free.checked_sub(bytes);
        self.free_bytes.fetch_update(Ordering::Relaxed, Ordering::Relaxed, subtract).is_ok()
    }

    fn give_back(&self, bytes: usize) {
        self.free_bytes.fetch_add(bytes, Ordering::Relaxed);
    }
}

/// Why a function did not get more memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MemoryRefusal {
    /// The module declares more than a call may use, so that it cannot even start.
    AtStart { wanted_bytes: usize },
    /// The call would exceed its own limit.
    OfCall,
    /// All calls together would exceed theirs.
    OfAllCalls,
    /// The machine has no more.
    OfMachine,
}

/// One call's account of linear memory and tables.
///
/// A growth that is refused ends the call, unlike the specification's `memory.grow`, which may return -1: few
/// programs are ready for that, and those that merely try again would run to the time limit. Growth beyond a maximum
/// that the module itself declares is not this account's business and does return -1.
pub(crate) struct MemoryAccount {
    limit_bytes: usize,
    used_bytes: usize,
    /// What was taken last: a growth may be undone after that, and tried again.
    last_taken_bytes: usize,
    pool: Arc<MemoryPool>,
    is_running: bool,
    refusal: Option<MemoryRefusal>,
}

impl MemoryAccount {
    fn new(limit_bytes: usize, pool: Arc<MemoryPool>) -> Self {
        Self { limit_bytes, used_bytes: 0, last_taken_bytes: 0, pool, is_running: false, refusal: None }
    }

    /// Says that what the module itself declares is there, and that what comes now is growth.
    pub(crate) fn start_running(&mut self) {
        self.is_running = true;
    }

    fn take(&mut self, bytes: usize) -> Result<bool, LimiterError> {
        let wanted_bytes = self.used_bytes.saturating_add(bytes);
        if wanted_bytes > self.limit_bytes {
            let at_start = MemoryRefusal::AtStart { wanted_bytes };
            return self.refuse(if self.is_running { MemoryRefusal::OfCall } else { at_start });
        }
        if !self.pool.take(bytes) {
            return self.refuse(MemoryRefusal::OfAllCalls);
        }
        self.used_bytes = wanted_bytes;
        self.last_taken_bytes = bytes;
        Ok(true)
    }

    /// Takes back what was taken last, because the fuel does not suffice for the growth. With the next slice of fuel
    /// the instruction is tried again, and asks for its memory again.
    fn undo(&mut self) {
        let bytes = std::mem::take(&mut self.last_taken_bytes);
        self.used_bytes -= bytes;
        self.pool.give_back(bytes);
    }

    fn refuse<T>(&mut self, refusal: MemoryRefusal) -> Result<T, LimiterError> {
        self.refusal = Some(refusal);
        Err(LimiterError::ResourceLimiterDeniedAllocation)
    }

    /// How much more the call may get, as it looks now.
    pub(crate) fn left_bytes(&self) -> usize {
        let of_all_calls = self.pool.free_bytes.load(Ordering::Relaxed);
        (self.limit_bytes - self.used_bytes).min(of_all_calls)
    }

    /// Why memory was refused, if it was.
    pub(crate) fn refusal(&self) -> Option<MemoryRefusal> {
        self.refusal
    }
}

impl Drop for MemoryAccount {
    fn drop(&mut self) {
        self.pool.give_back(self.used_bytes);
    }
}

impl ResourceLimiter for MemoryAccount {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> Result<bool, LimiterError> {
        let is_allowed = self.take(desired.saturating_sub(current))?;
        // Old and new memory exist side by side for a moment.
        if !has_room(desired) {
            return self.refuse(MemoryRefusal::OfMachine);
        }
        Ok(is_allowed)
    }

    fn table_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> Result<bool, LimiterError> {
        let elements = desired.saturating_sub(current);
        self.take(elements.saturating_mul(TABLE_ELEMENT_BYTES))
    }

    fn memory_grow_failed(&mut self, error: &MemoryError) -> Result<(), LimiterError> {
        if let MemoryError::OutOfFuel { .. } = error {
            self.undo();
            return Ok(());
        }
        self.refuse(MemoryRefusal::OfMachine)
    }

    fn table_grow_failed(&mut self, error: &TableError) -> Result<(), LimiterError> {
        if let TableError::OutOfFuel { .. } = error {
            self.undo();
            return Ok(());
        }
        self.refuse(MemoryRefusal::OfMachine)
    }

    fn instances(&self) -> usize {
        1
    }

    fn tables(&self) -> usize {
        16
    }

    fn memories(&self) -> usize {
        1
    }
}

#[cfg(feature = "jit")]
impl wasmtime::ResourceLimiter for MemoryAccount {
    fn memory_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        // As the interpreter does: nothing to ask for.
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        Ok(ResourceLimiter::memory_growing(self, current, desired, maximum)?)
    }

    fn table_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        Ok(ResourceLimiter::table_growing(self, current, desired, maximum)?)
    }

    fn memory_grow_failed(&mut self, _error: wasmtime::Error) -> wasmtime::Result<()> {
        Ok(self.refuse(MemoryRefusal::OfMachine)?)
    }

    fn table_grow_failed(&mut self, _error: wasmtime::Error) -> wasmtime::Result<()> {
        Ok(self.refuse(MemoryRefusal::OfMachine)?)
    }

    fn instances(&self) -> usize {
        ResourceLimiter::instances(self)
    }

    fn tables(&self) -> usize {
        ResourceLimiter::tables(self)
    }

    fn memories(&self) -> usize {
        ResourceLimiter::memories(self)
    }
}

/// A function's log output, cut off at a number of bytes.
#[derive(Default)]
pub(crate) struct Log {
    bytes: Vec<u8>,
    limit_bytes: usize,
    is_cut: bool,
}

impl Log {
    pub(crate) fn new(limit_bytes: usize) -> Self {
        Self { bytes: Vec::new(), limit_bytes, is_cut: false }
    }

    /// Adds a message, on lines of its own.
    pub(crate) fn add(&mut self, message: &[u8]) {
        if self.bytes.last().is_some_and(|last| *last != b'\n') {
            self.append(b"\n");
        }
        self.append(message);
        if !message.ends_with(b"\n") && self.bytes.len() < self.limit_bytes {
            self.bytes.push(b'\n');
        }
    }

    /// Adds a piece of what may become a line; `false` once the log is full.
    pub(crate) fn append(&mut self, piece: &[u8]) -> bool {
        let kept = piece.get(..self.limit_bytes - self.bytes.len()).unwrap_or(piece);
        self.is_cut |= kept.len() < piece.len();
        self.bytes.extend_from_slice(kept);
        !self.is_cut
    }

    pub(crate) fn into_text(self) -> String {
        let mut text = String::from_utf8_lossy(&self.bytes).into_owned();
        if self.is_cut {
            text.push_str(&format!("\n(log cut off after {} bytes)\n", self.limit_bytes));
        }
        text
    }
}

impl Output for Log {
    fn write(&mut self, bytes: &[u8]) -> bool {
        self.append(bytes)
    }
}

/// The data of a call's store.
pub(crate) struct CallState {
    pub(crate) memory: MemoryAccount,
    pub(crate) log: Log,
    pub(crate) random: RandomSource,
    /// What the function has of WASI.
    pub(crate) program: Program,
    /// Why the call ended within a function of the host, if it did.
    pub(crate) ending: Option<Ending>,
    pub(crate) started: Instant,
    /// Most that a program may write to stdout.
    pub(crate) output_limit_bytes: usize,
    /// What the C library remembers.
    pub(crate) library: Library,
    /// The instance's linear memory, once there is an instance.
    pub(crate) linear_memory: Option<Memory>,
    deadline: Option<Instant>,
    stop: StopFlag,
}

impl CallState {
    /// The state of a call that begins now, and takes over the context's log.
    pub(crate) fn new(context: &mut CallContext<'_>, program: Program) -> Self {
        Self {
            memory: MemoryAccount::new(context.limits.memory_bytes, Arc::clone(context.pool)),
            log: std::mem::take(&mut context.log),
            random: context.random,
            program,
            ending: None,
            started: Instant::now(),
            output_limit_bytes: context.limits.result_bytes,
            library: Library::default(),
            linear_memory: None,
            deadline: context.deadline,
            stop: context.stop.clone(),
        }
    }

    /// Whether the call has to end, because its time is over or nobody wants it any more.
    pub(crate) fn is_over(&self) -> bool {
        self.stop.is_set() || self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }
}

#[cfg(test)]
mod tests {
    use super::{Log, MemoryAccount, MemoryPool, MemoryRefusal};
    use std::sync::Arc;
    use wasmi::ResourceLimiter;
    use wasmi::errors::{MemoryError, TableError};

    #[test]
    fn a_call_gets_memory_up_to_its_limit() {
        let mut account = MemoryAccount::new(100, Arc::new(MemoryPool::new(1000)));
        assert!(matches!(account.memory_growing(0, 60, None), Ok(true)));
        account.start_running();
        assert!(account.memory_growing(60, 101, None).is_err());
        assert_eq!(account.refusal(), Some(MemoryRefusal::OfCall));
        assert!(matches!(account.memory_growing(60, 100, None), Ok(true)));
    }

    #[test]
    fn a_growth_that_waits_for_fuel_is_counted_once() {
        let pool = Arc::new(MemoryPool::new(1000));
        let mut account = MemoryAccount::new(100, Arc::clone(&pool));
        for _ in 0..5 {
            assert!(matches!(account.memory_growing(0, 60, None), Ok(true)));
            account.memory_grow_failed(&MemoryError::OutOfFuel { required_fuel: 1 }).unwrap();
            assert!(matches!(account.table_growing(0, 5, None), Ok(true)));
            account.table_grow_failed(&TableError::OutOfFuel { required_fuel: 1 }).unwrap();
        }
        assert!(matches!(account.memory_growing(0, 100, None), Ok(true)));
        assert_eq!(account.refusal(), None);
        drop(account);
        assert!(pool.take(1000));
    }

    #[test]
    fn tables_count_as_memory() {
        let mut account = MemoryAccount::new(100, Arc::new(MemoryPool::new(1000)));
        assert!(account.table_growing(0, usize::MAX, None).is_err());
        assert!(matches!(account.refusal(), Some(MemoryRefusal::AtStart { .. })));
        assert!(matches!(account.table_growing(0, 5, None), Ok(true)));
        assert!(account.memory_growing(0, 30, None).is_err());
    }

    #[test]
    fn calls_share_a_pool_and_give_back_what_they_took() {
        let pool = Arc::new(MemoryPool::new(100));
        let mut first = MemoryAccount::new(80, Arc::clone(&pool));
        let mut second = MemoryAccount::new(80, Arc::clone(&pool));
        assert!(matches!(first.memory_growing(0, 80, None), Ok(true)));
        assert!(second.memory_growing(0, 80, None).is_err());
        assert_eq!(second.refusal(), Some(MemoryRefusal::OfAllCalls));
        drop(first);
        assert!(matches!(second.memory_growing(0, 80, None), Ok(true)));
    }

    #[test]
    fn each_message_stands_on_a_line_of_its_own() {
        let mut log = Log::new(100);
        log.add(b"one");
        log.add(b"two\n");
        log.add(b"\xff");
        assert_eq!(log.into_text(), "one\ntwo\n\u{fffd}\n");
    }

    #[test]
    fn pieces_become_lines_by_what_is_in_them_and_messages_begin_a_new_one() {
        let mut log = Log::new(100);
        log.append(b"one ");
        log.append(b"line");
        log.add(b"message");
        log.append(b"end");
        assert_eq!(log.into_text(), "one line\nmessage\nend");
    }

    #[test]
    fn a_log_is_cut_off_at_its_limit_and_says_so() {
        let mut log = Log::new(5);
        for _ in 0..1000 {
            log.add(b"abc");
        }
        assert_eq!(log.bytes, b"abc\na");
        assert_eq!(log.into_text(), "abc\na\n(log cut off after 5 bytes)\n");
    }
}
