//! No bytes make the codec panic, and what it accepts it can write and read again.

use crate::description::describe;
use crate::random_data::random_data;
use proptest::prelude::*;
use skerry_pickle::{Limits, PROTOCOLS, PickleError, decode_pickle, encode_pickle, from_json, to_json};

const SMALL: Limits = Limits { memory_bytes: 1 << 20, depth: 50 };

/// Decodes; whatever is accepted must come back the same from its own pickle and its own JSON.
fn check(bytes: &[u8]) -> Result<(), TestCaseError> {
    let Ok(data) = decode_pickle(bytes, SMALL) else { return Ok(()) };
    for protocol in PROTOCOLS {
        match encode_pickle(&data, protocol, 1 << 20) {
            Ok(pickle) => {
                let back = decode_pickle(&pickle, Limits::default());
                let back = back.map_err(|error| TestCaseError::fail(error.to_string()))?;
                if protocol >= 4 {
                    prop_assert_eq!(describe(&back), describe(&data));
                }
            }
            Err(error) => prop_assert!(matches!(error, PickleError::Output { .. }), "{}", error),
        }
    }
    if let Ok(text) = to_json(&data, 1 << 20) {
        prop_assert!(from_json(text.as_bytes(), Limits::default()).is_ok(), "{}", text);
    }
    Ok(())
}

/// Pieces of pickles: instructions with and without their operands.
fn pieces() -> impl Strategy<Value = Vec<u8>> {
    let whole = [
        b"K\x01".as_slice(),
        b"M\x01\x02",
        b"J\0\0\0\x80",
        b"\x8a\x09\xff\xff\xff\xff\xff\xff\xff\xff\x00",
        b"G\x3f\xf0\0\0\0\0\0\0",
        b"\x8c\x01a",
        b"C\x01a",
        b"C\x04\x07\xe8\x01\x01",
        b"C\x06\x01\x02\x03\x00\x00\x04",
        b"h\x00",
        b"h\x01",
        b"q\x00",
        b"q\x01",
        b"c__builtin__\nset\n",
        b"cbuiltins\nfrozenset\n",
        b"cdatetime\ndate\n",
        b"cdatetime\ntime\n",
        b"cdatetime\ntimedelta\n",
        b"cdatetime\ntimezone\n",
        b"cdecimal\nDecimal\n",
        b"cbuiltins\nbytearray\n",
        b"ccollections\nOrderedDict\n",
    ];
    prop_oneof![
        3 => prop::sample::select(whole.to_vec()).prop_map(<[u8]>::to_vec),
        6 => prop::sample::select(b"(012NNN\x88\x89]]aaee)t\x85\x86\x87}ssuud\x8f\x90\x91l\x94\x94RR\x81\x93".to_vec()).prop_map(|one| vec![one]),
        1 => any::<u8>().prop_map(|one| vec![one]),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn arbitrary_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        check(&bytes)?;
        check(&[b"\x80\x05", bytes.as_slice()].concat())?;
        let _ = from_json(&bytes, SMALL);
    }

    #[test]
    fn arbitrary_instructions_are_obeyed_or_refused(pieces in prop::collection::vec(pieces(), 0..60)) {
        let bytes = pieces.concat();
        check(&[b"\x80\x05(((", bytes.as_slice(), b"l."].concat())?;
        check(&[b"\x80\x05]q\x00]q\x01", bytes.as_slice(), b"."].concat())?;
    }

    #[test]
    fn changed_pickles_are_read_or_refused(
        seed in any::<u64>(), protocol in 2_u8..=5, changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)
    ) {
        let mut pickle = encode_pickle(&random_data(seed, true), protocol, usize::MAX).expect("plain data can be pickled");
        for (place, byte) in changes {
            let place = place.index(pickle.len());
            pickle[place] = byte;
        }
        check(&pickle)?;
    }

    #[test]
    fn arbitrary_text_is_read_as_json_or_refused(text in "[\\[\\]{}:,\"\\\\u0-9a-f.eE+ \\-ntrl\n]{0,60}") {
        if let Ok(data) = from_json(text.as_bytes(), SMALL) {
            let written = to_json(&data, usize::MAX).expect("JSON can be written as JSON");
            let back = from_json(written.as_bytes(), SMALL).expect("JSON of ours is read");
            prop_assert_eq!(describe(&back), describe(&data));
        }
    }
}
