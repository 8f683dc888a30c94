//! Texts of `python_edits.rs`: how the interpreter's threads are kept apart, and how what runs on one is ended from another.

/// Replaces `pub(crate) fn set_triggered() {`, and ends with it.
pub(crate) const INTERRUPTION: &str = "thread_local! {
    static INTERRUPTED: Cell<Option<&'static AtomicBool>> = const { Cell::new(None) };
}

/// What ends a thread's code from outside.
#[derive(Clone, Copy)]
pub struct Interruption {
    flag: &'static AtomicBool,
    breaker: &'static EvalBreaker,
}

/// Has this thread's code look at `flag` from now on. The thread must not end as long as the answer is used.
pub fn watch(flag: &'static AtomicBool) -> Interruption {
    INTERRUPTED.with(|cell| cell.set(Some(flag)));
    Interruption { flag, breaker: &EVAL_BREAKER }
}

impl Interruption {
    /// Ends what runs on the thread, soon and whatever handlers it has.
    pub fn begin(self) {
        self.flag.store(true, Ordering::Release);
        self.breaker.insert(EvalBreakerFlag::Signal);
    }

    /// Lets the thread's next code run.
    pub fn end(self) {
        self.flag.store(false, Ordering::Release);
        self.breaker.remove(EvalBreakerFlag::Signal);
    }
}

/// Whether this thread's code is to end.
#[inline]
pub fn is_interrupted() -> bool {
    eval_breaker_pending()
        && INTERRUPTED.with(|cell| cell.get().is_some_and(|flag| flag.load(Ordering::Acquire)))
}

/// Fails if this thread's code is to end.
#[inline]
pub fn check_interruption(vm: &VirtualMachine) -> PyResult<()> {
    if is_interrupted() {
        return Err(vm.new_exception_empty(vm.ctx.exceptions.keyboard_interrupt.to_owned()));
    }
    Ok(())
}

pub(crate) fn set_triggered() {";

/// Statics that hold an interpreter's objects, or what is allocated for them, become the thread's: it is set back whole after
/// each call, and other threads have interpreters of their own.
pub(crate) const OF_THE_THREAD: &str =
    "a static that several interpreters would share, and that would outlast what it points to";

pub(crate) const EVAL_BREAKER: &str = "static EVAL_BREAKER: EvalBreakerOfThread = EvalBreakerOfThread;

struct EvalBreakerOfThread;

thread_local! {
    static EVAL_BREAKER_OF_THREAD: EvalBreaker = const { EvalBreaker::new() };
}

impl core::ops::Deref for EvalBreakerOfThread {
    type Target = EvalBreaker;

    #[inline(always)]
    fn deref(&self) -> &'static EvalBreaker {
        // SAFETY: the thread's storage lasts as long as its code, and beyond it only where `watch` says so.
        EVAL_BREAKER_OF_THREAD.with(|breaker| unsafe { &*core::ptr::from_ref(breaker) })
    }
}
";

pub(crate) const TYPE_CACHE: &str = "rustpython_common::of_thread! {
    static TYPE_CACHE: Box<[TypeCacheEntry]> =
        (0..TYPE_CACHE_SIZE).map(|_| TypeCacheEntry::new()).collect::<Vec<_>>().into_boxed_slice();
}
";

pub(crate) const SHAPE_TABLE: &str = "rustpython_common::of_thread! {
    static SHAPE_TABLE: Box<[core::sync::atomic::AtomicPtr<ShapeData>]> =
        (0..SHAPE_TABLE_SIZE).map(|_| core::sync::atomic::AtomicPtr::new(core::ptr::null_mut())).collect();
}
";

pub(crate) const MEMORY_ERRORS: &str = "rustpython_common::of_thread! {
    static MEMORY_ERROR_FREELIST: Mutex<[Option<MemoryErrorHusk>; MEMORY_ERROR_FREELIST_SIZE]> =
        Mutex::new([const { None }; MEMORY_ERROR_FREELIST_SIZE]);
}
";

pub(crate) const DIALECTS: &str = "rustpython_common::of_thread! {
        static GLOBAL_HASHMAP: Mutex<HashMap<String, PyDialect>> = Mutex::new(HashMap::new());
    }
    rustpython_common::of_thread! {
        static GLOBAL_FIELD_LIMIT: Mutex<isize> = Mutex::new(131072);
    }
";

/// Goes before the text that it ends with.
pub(crate) const STATICS_OF_THREAD: &str = "/// A static whose value is the thread's own; `of_thread!` makes it.
pub struct OfThread<T: 'static>(&'static std::thread::LocalKey<&'static T>);

impl<T> OfThread<T> {
    #[doc(hidden)]
    pub const fn new(key: &'static std::thread::LocalKey<&'static T>) -> Self {
        Self(key)
    }
}

impl<T> core::ops::Deref for OfThread<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        self.0.with(|value| *value)
    }
}

/// Declares a static of which each thread has its own value, made when the thread first uses it.
#[macro_export]
macro_rules! of_thread {
    (static $name:ident: $type:ty = $value:expr;) => {
        static $name: $crate::static_cell::OfThread<$type> = {
            ::std::thread_local! {
                static OF_THREAD: &'static $type = ::std::boxed::Box::leak(::std::boxed::Box::new($value));
            }
            $crate::static_cell::OfThread::new(&OF_THREAD)
        };
    };
}

// Same as `threading` variant, but wraps unsync::OnceCell with Sync.
";
