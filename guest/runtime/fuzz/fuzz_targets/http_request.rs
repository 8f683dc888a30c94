//! Whatever a client sends: no panic, and the same requests however the bytes are cut into reads.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| skerry_runtime::fuzzing::read_requests(input));
