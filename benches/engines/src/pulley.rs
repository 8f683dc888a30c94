//! Cranelift's bytecode for wasmtime's own interpreter.

use std::time::Duration;
use wasmtime::{Config, Engine, Instance, Module, OptLevel, Store};

pub struct Pulley {
    module: Module,
}

impl Pulley {
    /// Compiles a module without imports.
    pub fn new(wasm: &[u8]) -> Option<Self> {
        let mut config = Config::new();
        config.target("pulley64").ok()?;
        config.signals_based_traps(false).memory_init_cow(false);
        config.memory_reservation(0).memory_guard_size(0).memory_reservation_for_growth(0);
        config.cranelift_opt_level(OptLevel::Speed).epoch_interruption(true);
        config.wasm_backtrace_max_frames(None).generate_address_map(false).native_unwind_info(false);
        let engine = Engine::new(&config).ok()?;
        let module = Module::new(&engine, wasm).ok()?;
        Some(Self { module })
    }

    /// Runs it on an instance of its own.
    pub fn run(
        &self,
        size: i32,
        timed: impl Fn(&mut dyn FnMut() -> Option<f64>) -> (Option<f64>, Duration),
    ) -> (Option<f64>, Duration) {
        let mut store = Store::new(self.module.engine(), ());
        store.set_epoch_deadline(1);
        let function = Instance::new(&mut store, &self.module, &[])
            .and_then(|instance| instance.get_typed_func::<i32, f64>(&mut store, "run"));
        timed(&mut || function.as_ref().ok()?.call(&mut store, size).ok())
    }
}
