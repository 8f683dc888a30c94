//! Any bytes are read or refused, as a pickle and as JSON; what is read as a pickle can be written in every protocol,
//! and is read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use skerry_pickle::{Limits, PROTOCOLS, PickleError, decode_pickle, encode_pickle, from_json, to_json};

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits { memory_bytes: 1 << 20, depth: 50 };
    if let Ok(data) = from_json(bytes, limits) {
        to_json(&data, usize::MAX).expect("JSON can be written as JSON");
    }
    let Ok(data) = decode_pickle(bytes, limits) else { return };
    for protocol in PROTOCOLS {
        match encode_pickle(&data, protocol, 1 << 20) {
            Ok(pickle) => drop(decode_pickle(&pickle, Limits::default()).expect("a pickle of ours is read")),
            Err(error) => assert!(matches!(error, PickleError::Output { .. }), "{error}"),
        }
    }
});
