//! One interpreter that stays warm: made once, used by one call after the other, and set back after each.

use crate::call::{self, Call, Finished};
use crate::rollback::Snapshot;
use crate::{RandomSource, arena, escape, memory, module};
use rustpython_vm::{Interpreter, Settings, VirtualMachine};
use std::collections::BTreeSet;
use std::ptr::NonNull;

/// The frozen library: made by `build.rs`.
const LIBRARY: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/library.bin"));
/// Modules that calls import stay imported, as long as what has to be set back after each call is no larger than this.
const MOST_KEPT_BYTES: usize = 24 * 1024 * 1024;

/// The interpreter of the thread that made it; it belongs to that thread.
pub(crate) struct WarmInterpreter {
    /// In the arena: what a call changes in it is set back, too.
    interpreter: NonNull<Interpreter>,
    /// What every call finds.
    beginning: Snapshot,
    /// The modules of the library that are there at the beginning, or are not to be.
    settled: BTreeSet<String>,
}

/// Why something could not be done: the reason that [`escape::escape`] was given.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lost(pub(crate) u8);

impl WarmInterpreter {
    /// Makes this thread's interpreter.
    ///
    /// # Errors
    ///
    /// When there is too little memory for it. The thread's storage is then of no use any more.
    pub(crate) fn start(random: RandomSource) -> Result<Self, Lost> {
        module::set_random(random);
        let mut made = None;
        in_arena(|| {
            let interpreter = Box::new(make(random));
            interpreter.enter(|vm| import(vm, "_skerry_run"));
            made = Some(NonNull::from(Box::leak(interpreter)));
        })?;
        let (Some(interpreter), Ok(beginning)) = (made, Snapshot::take()) else {
            return Err(Lost(crate::worker::LOST_FOR_MEMORY));
        };
        let mut made = Self { interpreter, beginning, settled: BTreeSet::new() };
        made.settled.extend(made.new_modules());
        made.restore();
        Ok(made)
    }

    fn enter<T>(&self, body: impl FnOnce(&VirtualMachine) -> T) -> T {
        // SAFETY: made by `start` and never given back, and a call does not free it.
        unsafe { self.interpreter.as_ref() }.enter(body)
    }

    /// Runs a call. [`set_back`](Self::set_back) must follow, before any other.
    pub(crate) fn run(&self, call: &Call) -> Result<Finished, Lost> {
        let mut finished = None;
        let ended = in_arena(|| {
            let result = self.enter(|vm| call::run(vm, call));
            finished = arena::outside(|| Some(result.clone()));
        });
        memory::end_call();
        ended.and_then(|()| finished.ok_or(Lost(crate::worker::LOST_BY_PANIC)))
    }

    /// Makes the interpreter what it was before the call. Modules of the library that the call imported are there from now on.
    pub(crate) fn set_back(&mut self) {
        let wanted = self.new_modules();
        self.restore();
        if wanted.is_empty() {
            return;
        }
        let imported = in_arena(|| self.enter(|vm| wanted.iter().for_each(|name| import(vm, name))));
        self.settled.extend(wanted);
        let kept = match imported {
            Ok(()) if arena::blocks().iter().map(|block| block.bytes).sum::<usize>() <= MOST_KEPT_BYTES => {
                Snapshot::take().ok()
            }
            _ => None,
        };
        match kept {
            Some(beginning) => self.beginning = beginning,
            None => self.restore(),
        }
    }

    fn restore(&self) {
        // SAFETY: the snapshot is of this thread, whose interpreter does nothing now; what it gave out was copied.
        unsafe { self.beginning.restore() };
    }

    /// The library's modules that the call imported and that were not there before.
    fn new_modules(&self) -> Vec<String> {
        let mut new = Vec::new();
        let looked = in_arena(|| {
            let modules = self.enter(imported_modules);
            let unsettled = modules.iter().filter(|name| !self.settled.contains(*name));
            arena::outside(|| new = unsettled.cloned().collect());
        });
        if looked.is_err() { Vec::new() } else { new }
    }
}

/// Does `work` as the interpreter's, up to its end or to where it cannot go on.
fn in_arena(work: impl FnOnce()) -> Result<(), Lost> {
    let end = escape::attempt(|| arena::inside(work));
    arena::leave();
    end.map_err(Lost)
}

fn make(random: RandomSource) -> Interpreter {
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

fn import(vm: &VirtualMachine, name: &str) {
    // A module that cannot be imported ahead shows its error to the function that imports it.
    let _ = vm.import(&vm.ctx.new_str(name), 0);
}

/// The names of a call's modules, of the library only.
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
