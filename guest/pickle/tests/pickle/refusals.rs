//! What is refused, with the words in which it is.

use skerry_pickle::{Data, Id, Limits, PROTOCOLS, PickleError, Value, decode_pickle, encode_pickle};

fn refusal(pickle: &[u8]) -> String {
    decode_pickle(pickle, Limits::default()).map(drop).expect_err("it is refused").to_string()
}

#[test]
fn a_class_that_is_not_plain_data_is_named_and_never_called() {
    assert!(
        refusal(b"\x80\x02cmymodule\nMyClass\n)\x81.").starts_with("a pickle of 'mymodule.MyClass' cannot be used: ")
    );
    assert!(refusal(b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x02ls\x85R.").contains("'os.system'"));
    assert!(refusal(b"\x80\x03cbuiltins\neval\nX\x01\0\0\0a\x85R.").contains("'builtins.eval'"));
    // By way of a helper the class is named, not the helper.
    assert!(
        refusal(b"\x80\x02ccopy_reg\n_reconstructor\ncmine\nThing\nc__builtin__\nobject\nN\x87R.")
            .contains("'mine.Thing'")
    );
}

#[test]
fn a_long_or_odd_name_is_shown_in_part() {
    let mut pickle = b"\x80\x02cm\n".to_vec();
    pickle.extend(std::iter::repeat_n(b'n', 100_000));
    pickle.extend(b"\x1b\x07\n.");
    let message = refusal(&pickle);
    assert!(message.len() < 400 && !message.contains('\x1b'), "{message}");
}

#[test]
fn a_pickled_function_is_refused_with_a_word_about_our_client() {
    for module in ["cloudpickle.cloudpickle", "cloudpickle", "dill._dill", "marshal", "types"] {
        let pickle = format!("\u{0}\u{0}c{module}\n_make_function\n.").replace("\0\0", "");
        let error = decode_pickle(&[b"\x80\x02", pickle.as_bytes()].concat(), Limits::default());
        assert!(matches!(&error, Err(PickleError::Code { .. })), "{module}: {error:?}");
        assert!(error.expect_err("it is refused").to_string().contains("client"));
    }
}

#[test]
fn known_names_take_only_the_arguments_that_python_writes() {
    for pickle in [
        b"\x80\x02c__builtin__\nset\nK\x01\x85R.".as_slice(),
        b"\x80\x02c_codecs\nencode\nX\x01\0\0\0aX\x04\0\0\0utf8\x86R.",
        b"\x80\x02c_codecs\nencode\nX\x03\0\0\0\xe2\x82\xacX\x06\0\0\0latin1\x86R.",
        b"\x80\x03cbuiltins\nbytearray\nJ\xff\xff\xff\x7f\x85R.",
        b"\x80\x03cbuiltins\nbytes\nJ\xff\xff\xff\x7f\x85R.",
        b"\x80\x03cdatetime\ndate\nC\x03\0\0\0\x85R.",
        b"\x80\x03cdatetime\ndatetime\nC\x0a\x07\xe8\x01\x01\0\0\0\0\0\0K\x01\x86R.",
        b"\x80\x03cdecimal\nDecimal\nX\x03\0\0\x001_0\x85R.",
        b"\x80\x03cdatetime\ntimedelta\nJ\xff\xff\xff\x7fK\0K\0\x87R.",
        b"\x80\x03ccopyreg\n_reconstructor\n)R.",
    ] {
        let error = decode_pickle(pickle, Limits::default());
        assert!(matches!(error, Err(PickleError::Value { .. })), "{error:?}");
    }
}

#[test]
fn dates_and_times_that_do_not_exist_are_refused() {
    for bytes in [b"\0\0\x01\x01", b"\x07\xe8\x02\x1e", b"\x07\xe7\x02\x1d", b"\x07\xe8\x0d\x01", b"\x27\x10\x01\x01"] {
        let pickle = [b"\x80\x03cdatetime\ndate\nC\x04", bytes.as_slice(), b"\x85R."].concat();
        assert!(refusal(&pickle).contains("does not exist"));
    }
    for bytes in [b"\x18\0\0\0\0\0", b"\0\x3c\0\0\0\0", b"\0\0\x3c\0\0\0", b"\0\0\0\x0f\x42\x40"] {
        let pickle = [b"\x80\x03cdatetime\ntime\nC\x06", bytes.as_slice(), b"\x85R."].concat();
        assert!(refusal(&pickle).contains("does not exist"));
    }
    // An offset of a whole day.
    let day = b"\x80\x03cdatetime\ntimezone\ncdatetime\ntimedelta\nK\x01K\0K\0\x87R\x85R.";
    assert!(refusal(day).contains("timezone"));
}

#[test]
fn other_protocols_are_named() {
    assert_eq!(refusal(b"\x80\x06N."), "pickle protocol 6 is not supported; use one from 2 to 5");
    assert!(refusal(b"(lp0\n.").contains("protocol from 2 to 5"));
    assert!(refusal(b"").contains("protocol from 2 to 5"));
    assert!(encode_pickle(&none(), 1, 100).is_err());
}

#[test]
fn what_is_kept_elsewhere_is_refused_by_its_kind() {
    assert!(refusal(b"\x80\x02K\x01Q.").contains("persistent id"));
    assert!(refusal(b"\x80\x02\x82\x01.").contains("extensions"));
    assert!(refusal(b"\x80\x05\x97.").contains("out of band"));
    assert!(refusal(b"\x80\x02cdatetime\ndate\n}b.").contains("instance"));
    assert!(refusal(b"\x80\x02cdatetime\ndate\n.").contains("class by itself"));
}

#[test]
fn a_lone_surrogate_is_refused() {
    assert_eq!(refusal(b"\x80\x04\x8c\x03\xed\xa0\x80."), PickleError::LoneSurrogate.to_string());
    assert!(refusal(b"\x80\x04\x8c\x01\xff.").contains("not UTF-8"));
}

#[test]
fn a_pickle_that_was_cut_off_or_has_more_than_one_is_not_valid() {
    let whole = b"\x80\x04\x95\x0a\0\0\0\0\0\0\0]\x94(K\x01\x8c\x01ae.";
    assert!(decode_pickle(whole, Limits::default()).is_ok());
    for length in 0..whole.len() {
        assert!(decode_pickle(&whole[..length], Limits::default()).is_err());
    }
    assert!(refusal(&[whole.as_slice(), b"N."].concat()).contains("after its end"));
    for bad in
        [b"\x80\x02.".as_slice(), b"\x80\x02e.", b"\x80\x02Na.", b"\x80\x02h\x00.", b"\x80\x02\x85.", b"\x80\x02(Nd."]
    {
        assert!(refusal(bad).starts_with("the pickle is not valid: "));
    }
    // Items may not be taken from below a mark.
    assert!(refusal(b"\x80\x02N(\x85.").starts_with("the pickle is not valid"));
}

#[test]
fn mutable_keys_and_elements_are_refused() {
    assert_eq!(refusal(b"\x80\x02}]Ns."), "a dict cannot have a list as key: it is mutable, and has no hash value");
    assert!(refusal(b"\x80\x04\x8f(]\x90.").contains("set cannot have a list as element"));
    assert!(refusal(b"\x80\x04(]\x85\x91.").contains("frozenset cannot have a tuple as element"));
    // A set within itself.
    assert!(refusal(b"\x80\x04\x8f\x94(h\x00\x90.").contains("set cannot have a set as element"));
}

#[test]
fn nesting_is_bounded_and_costs_no_native_stack() {
    let nested =
        |levels: usize| [b"\x80\x02".as_slice(), &b"]".repeat(levels), &b"a".repeat(levels - 1), b"."].concat();
    assert!(decode_pickle(&nested(500), Limits::default()).is_ok());
    assert_eq!(refusal(&nested(501)), "the data is nested more than 500 levels deep");
    let deep = Limits { depth: usize::MAX, ..Limits::default() };
    let data = decode_pickle(&nested(200_000), deep).expect("as deep as it is allowed");
    assert!(encode_pickle(&data, 5, usize::MAX).is_ok());
    assert!(skerry_pickle::to_json(&data, usize::MAX).is_ok());
}

#[test]
fn nesting_that_is_made_from_the_outside_in_is_bounded_as_well() {
    // A list, kept below; then again and again: a list is made, put into the last one and remembered in its place.
    let mut pickle = b"\x80\x02]q\x00]q\x01a".to_vec();
    (0..1000).for_each(|_| pickle.extend(b"h\x01]q\x01a0"));
    pickle.push(b'.');
    assert!(refusal(&pickle).contains("nested"));
}

#[test]
fn what_refers_to_itself_is_bounded_by_its_containers() {
    let mut pickle = b"\x80\x02]q\x00(h\x00".to_vec();
    (0..500).for_each(|_| pickle.push(b']'));
    pickle.extend(b"e.");
    assert!(refusal(&pickle).contains("refers to itself"));
}

#[test]
fn no_bomb_takes_more_memory_than_the_limit() {
    let limits = Limits { memory_bytes: 1 << 20, ..Limits::default() };
    let refused = |pickle: &[u8]| {
        let error = decode_pickle(pickle, limits);
        assert_eq!(error.err(), Some(PickleError::Memory { limit_bytes: 1 << 20 }));
    };
    let around = |part: &[u8], count: usize| [b"\x80\x05N(".as_slice(), &part.repeat(count), b"."].concat();
    refused(&around(b"]", 100_000));
    refused(&around(b"N", 100_000));
    refused(&[b"\x80\x05N".as_slice(), &b"2".repeat(100_000), b"."].concat());
    refused(&around(b"(", 100_000));
    refused(&around(b"]\x940", 100_000));
    // One text, copied by a name applied to it again and again.
    let mut copies = b"\x80\x03B\0\0\x01\0".to_vec();
    copies.resize(copies.len() + 65_536, b'x');
    copies.extend(b"q\x000");
    (0..100).for_each(|_| copies.extend(b"cbuiltins\nbytearray\nh\x00\x85R"));
    copies.push(b'.');
    refused(&copies);
    // Lengths that are not there take nothing at all.
    for huge in [
        b"\x80\x04\x8b\xff\xff\xff\x7f.".as_slice(),
        b"\x80\x04\x8e\xff\xff\xff\xff\xff\xff\xff\xff.",
        b"\x80\x05\x96\0\0\0\0\0\0\0\x7f.",
    ] {
        assert!(refusal(huge).contains("cut off"));
    }
    assert!(decode_pickle(b"\x80\x02Nr\xff\xff\xff\xff.", limits).is_ok());
}

#[test]
fn a_small_pickle_of_shared_lists_stays_small_and_its_json_ends_at_the_limit() {
    // Ten levels of lists, each with the one below ten times.
    let mut pickle = b"\x80\x02]q\x00".to_vec();
    for level in 1..=10_u8 {
        pickle.extend(b"](");
        (0..10).for_each(|_| pickle.extend([b'h', level - 1]));
        pickle.extend([b'e', b'q', level]);
    }
    pickle.push(b'.');
    let data = decode_pickle(&pickle, Limits { memory_bytes: 64 << 10, ..Limits::default() }).expect("it is small");
    assert!(encode_pickle(&data, 4, 1000).is_ok());
    let error = skerry_pickle::to_json(&data, 1 << 20);
    assert_eq!(error, Err(PickleError::Output { limit_bytes: 1 << 20 }));
}

#[test]
fn output_ends_at_its_limit() {
    for protocol in PROTOCOLS {
        let mut data = Data::new(Limits::default());
        data.add(Value::Bytes(vec![0xff; 1000])).expect("it fits");
        assert_eq!(encode_pickle(&data, protocol, 500), Err(PickleError::Output { limit_bytes: 500 }));
        assert!(encode_pickle(&data, protocol, 3000).is_ok());
    }
}

#[test]
fn data_that_python_could_not_have_is_not_written() {
    let mut tuple_in_itself = Data::new(Limits::default());
    let id = tuple_in_itself.add(Value::Tuple(Vec::new())).expect("it fits");
    tuple_in_itself.replace(id, Value::Tuple(vec![id])).expect("it fits");
    let mut stranger = none();
    stranger.set_root(id_of(5));
    let mut zone = Data::new(Limits::default());
    let none = zone.add(Value::None).expect("it fits");
    let time = skerry_pickle::Time { hour: 0, minute: 0, second: 0, microsecond: 0, fold: false, tz: Some(none) };
    let root = zone.add(Value::Time(time)).expect("it fits");
    zone.set_root(root);
    for data in [&tuple_in_itself, &stranger, &zone, &Data::new(Limits::default())] {
        assert!(matches!(encode_pickle(data, 4, 100), Err(PickleError::Value { .. })));
        assert!(skerry_pickle::to_json(data, 100).is_err());
    }
}

fn none() -> Data {
    let mut data = Data::new(Limits::default());
    data.add(Value::None).expect("it fits");
    data
}

/// The id of the object of that number.
fn id_of(number: usize) -> Id {
    let mut data = Data::new(Limits::default());
    (0..=number).map(|_| data.add(Value::None).expect("it fits")).last().expect("there is one")
}
