//! Any text is compiled to a valid module, or refused with at least one diagnostic; nothing else happens.
#![no_main]

use libfuzzer_sys::fuzz_target;
use skerry_c_compiler::compile;

fuzz_target!(|source: &str| match compile(source) {
    Ok(compiled) => {
        wasmi::Module::new(&wasmi::Engine::default(), &compiled.wasm).expect("the module is valid");
    }
    Err(errors) => assert!(!errors.diagnostics().is_empty()),
});
