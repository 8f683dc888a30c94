//! The thread that interprets, from start to end of each call.
//!
//! One thread: the interpreter's objects belong to it, so calls run one after the other. It starts at once, and then makes
//! an interpreter for the next call whenever nobody waits.

use crate::call::{self, Call, Failure, FailureKind, Finished};
use crate::{RandomSource, memory, module};
use rustpython_vm::{Interpreter, Settings, VirtualMachine, signal};
use std::cell::Cell;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, Once, PoisonError};
use std::thread;
use std::time::Duration;

/// The interpreter recurses natively where native code calls Python's; it leaves off at about 4 MiB.
const STACK_BYTES: usize = 6 * 1024 * 1024;
/// How often whoever waits for a call looks whether it is to end.
const LOOK: Duration = Duration::from_millis(5);
/// What an ended call may still take, until its thread is given up.
const PATIENCE_LOOKS: u32 = 600;

const LOST_FOR_MEMORY: u8 = 1;
const LOST_BY_PANIC: u8 = 2;

/// The frozen library: made by `build.rs`.
const LIBRARY: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/library.bin"));

/// Interprets calls. Shared between threads by reference.
pub struct Interpreters {
    random: RandomSource,
    /// Where to send calls; replaced when the thread is given up.
    worker: Mutex<Worker>,
}

#[derive(Clone)]
struct Worker {
    calls: Sender<Job>,
    shared: &'static Shared,
}

/// What thread and waiters have in common.
struct Shared {
    /// Set while the thread's code is to end.
    interruption: AtomicBool,
    /// The call that runs, so that none is ended in place of another.
    running: Mutex<Option<u64>>,
    /// Why the thread does not go on: see [`stop_here`]. 0: it does.
    lost: AtomicU8,
}

struct Job {
    number: u64,
    call: Arc<Call>,
    answer: Sender<Finished>,
}

thread_local! {
    static THIS_THREAD: Cell<Option<&'static Shared>> = const { Cell::new(None) };
}

impl Interpreters {
    /// Starts the thread, which makes the first interpreter.
    ///
    /// # Errors
    ///
    /// When there is no memory for a thread.
    pub fn start(random: RandomSource) -> io::Result<Self> {
        keep_program_alive();
        Ok(Self { random, worker: Mutex::new(Worker::start(random)?) })
    }

    /// Runs a call, after those that came before. The calling thread waits, and asks `check` every few milliseconds whether
    /// the call is to go on.
    pub fn run<E>(&self, call: Call, check: impl Fn() -> Result<(), E>) -> Result<Finished, E> {
        let call = Arc::new(call);
        loop {
            if let Some(end) = self.try_run(&call, &check) {
                return end;
            }
        }
    }

    /// One try; `None`: the thread failed before the call's turn came, and has been replaced.
    fn try_run<E>(&self, call: &Arc<Call>, check: &impl Fn() -> Result<(), E>) -> Option<Result<Finished, E>> {
        let (answer, answers) = mpsc::channel();
        let (number, call) = (next_number(), Arc::clone(call));
        let worker = self.worker.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if worker.calls.send(Job { number, call, answer }).is_err() {
            return Some(Ok(interpreter_failed(FailureKind::Interpreter)));
        }
        let mut ended: Option<(E, u32)> = None;
        loop {
            match answers.recv_timeout(LOOK) {
                Ok(finished) => return Some(ended.map_or(Ok(finished), |(reason, _)| Err(reason))),
                Err(RecvTimeoutError::Disconnected) => return Some(Ok(interpreter_failed(FailureKind::Interpreter))),
                Err(RecvTimeoutError::Timeout) => {}
            }
            if let Some(kind) = worker.shared.lost() {
                self.give_up(&worker);
                return worker.shared.runs(number).then(|| Ok(interpreter_failed(kind)));
            }
            ended = match ended {
                Some((reason, looks)) if looks >= PATIENCE_LOOKS => {
                    self.give_up(&worker);
                    return Some(Err(reason));
                }
                Some((reason, looks)) => Some((reason, looks + 1)),
                None => check().err().map(|reason| (reason, 0)),
            };
            if ended.is_some() {
                worker.shared.end(number);
            }
        }
    }

    /// Leaves the thread to itself: it is in native code that does not look whether it is to end. When it comes back from
    /// there, it finds that nobody waits.
    fn give_up(&self, worker: &Worker) {
        let mut current = self.worker.lock().unwrap_or_else(PoisonError::into_inner);
        if std::ptr::eq(current.shared, worker.shared)
            && let Ok(new) = Worker::start(self.random)
        {
            *current = new;
        }
    }
}

fn next_number() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

fn interpreter_failed(kind: FailureKind) -> Finished {
    let reason = match kind {
        FailureKind::Memory => "MemoryError: the call asked for more memory at once than there is",
        _ => "the Python interpreter failed on this call; it is started anew",
    };
    Finished { result: Err(Failure::new(kind, reason)), log: String::new() }
}

/// Where the program would end for a failure of the interpreter, the interpreter's thread ends instead: it cannot go back,
/// so it stays where it is, what it holds is lost, and whoever waits for it starts another. Returns on any other thread.
fn stop_here(kind: u8) {
    if let Some(shared) = THIS_THREAD.get() {
        shared.lost.store(kind, Ordering::Release);
        loop {
            thread::sleep(Duration::from_secs(3600));
        }
    }
}

/// Sees to it that a failed allocation or a panic of an interpreter ends that interpreter and not the program.
fn keep_program_alive() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        #[cfg(target_os = "hermit")]
        std::alloc::set_alloc_error_hook(|_| stop_here(LOST_FOR_MEMORY));
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            usual(panic);
            stop_here(LOST_BY_PANIC);
        }));
    });
}

impl Worker {
    fn start(random: RandomSource) -> io::Result<Self> {
        // A thread for as long as the program runs, and few of them.
        let shared: &'static Shared = Box::leak(Box::new(Shared {
            interruption: AtomicBool::new(false),
            running: Mutex::new(None),
            lost: AtomicU8::new(0),
        }));
        let (calls, jobs) = mpsc::channel();
        let build = thread::Builder::new().name("python".to_owned()).stack_size(STACK_BYTES);
        build.spawn(move || serve(shared, random, &jobs))?;
        Ok(Self { calls, shared })
    }
}

impl Shared {
    /// Ends the call, if it is the one that runs.
    fn end(&'static self, number: u64) {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if *running == Some(number) {
            signal::interrupt(&self.interruption);
        }
    }

    fn lost(&self) -> Option<FailureKind> {
        match self.lost.load(Ordering::Acquire) {
            0 => None,
            LOST_FOR_MEMORY => Some(FailureKind::Memory),
            _ => Some(FailureKind::Interpreter),
        }
    }

    fn runs(&self, number: u64) -> bool {
        *self.running.lock().unwrap_or_else(PoisonError::into_inner) == Some(number)
    }

    fn begin(&'static self, number: u64) {
        *self.running.lock().unwrap_or_else(PoisonError::into_inner) = Some(number);
    }

    /// After this nobody ends anything.
    fn finish(&'static self) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        *running = None;
        signal::end_interruption(&self.interruption);
    }
}

/// The thread's work.
fn serve(shared: &'static Shared, random: RandomSource, jobs: &Receiver<Job>) {
    THIS_THREAD.set(Some(shared));
    module::set_random(random);
    let main = main_interpreter(random);
    signal::set_interruption_flag(&shared.interruption);
    rustpython_sre_engine::engine::set_interruption_check(signal::is_interrupted);
    // From here on: what the first interpreter takes is nobody's call.
    memory::count_this_thread(|| {
        if let Some(shared) = THIS_THREAD.get() {
            signal::interrupt(&shared.interruption);
        }
    });
    let mut spare = make_spare(&main, &[]);
    while let Ok(Job { number, call, answer }) = jobs.recv() {
        shared.begin(number);
        let finished = spare.enter(|vm| call::run(vm, &call));
        shared.finish();
        let imported = spare.enter(imported_modules);
        // Whoever waits may be gone.
        let _ = answer.send(finished);
        drop(call);
        // What the function left to be done at the end (`__del__`, `atexit`) is not done: nobody would wait for it.
        signal::interrupt(&shared.interruption);
        retire(spare);
        signal::end_interruption(&shared.interruption);
        spare = make_spare(&main, &imported);
    }
}

fn main_interpreter(random: RandomSource) -> Interpreter {
    let mut settings = Settings::default();
    settings.import_site = false;
    settings.install_signal_handlers = false;
    settings.write_bytecode = false;
    let mut seed = [0; 4];
    // Without random bytes the machine does not get this far.
    if random(&mut seed).is_ok() {
        settings.hash_seed = Some(u32::from_le_bytes(seed));
    }
    let builder = Interpreter::builder(settings);
    let mut modules = rustpython_stdlib::stdlib_module_defs(&builder.ctx);
    modules.push(module::skerry_module::module_def(&builder.ctx));
    let library = rustpython_vm::frozen::FrozenLib::from_ref(LIBRARY);
    builder.add_native_modules(&modules).add_frozen_modules(library).build()
}

/// An interpreter for the next call, which has the modules that the last one wanted.
fn make_spare(main: &Interpreter, imports: &[String]) -> Interpreter {
    let spare = main.create_subinterpreter();
    spare.enter(|vm| {
        import(vm, "_skerry_run");
        for name in imports {
            import(vm, name);
        }
    });
    spare
}

fn import(vm: &VirtualMachine, name: &str) {
    // A module that cannot be imported ahead shows its error to the function that imports it.
    let _ = vm.import(&vm.ctx.new_str(name), 0);
}

/// The names of a finished call's modules, of the library only.
fn imported_modules(vm: &VirtualMachine) -> Vec<String> {
    let Ok(modules) = vm.sys_module.get_attr("modules", vm) else { return Vec::new() };
    let Some(modules) = modules.downcast_ref::<rustpython_vm::builtins::PyDict>() else { return Vec::new() };
    let known =
        |name: &String| vm.state.frozen.contains_key(name.as_str()) || vm.state.module_defs.contains_key(name.as_str());
    let names = modules
        .to_owned()
        .into_iter()
        .filter_map(|(name, _)| name.downcast_ref::<rustpython_vm::builtins::PyStr>()?.to_str().map(str::to_owned));
    names.filter(known).collect()
}

/// Gives an interpreter's memory back, as far as the interpreter's own collector finds it: of each call some 0.7 MB stay.
fn retire(interpreter: Interpreter) {
    interpreter.finalize(None);
}
