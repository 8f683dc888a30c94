//! A look at a module's sections before wasmi gets it, for two things that wasmi does not do.
//!
//! First, bounds on the number of items: a small module may declare hundreds of thousands of types or globals, each
//! of which takes a hundred times its own size once it is parsed. Second, the start function: wasmi runs it to its end
//! during instantiation, with no way to stop it at a time limit. It is therefore made an export, which is then called
//! like any other function (WebAssembly core specification 2.0, sections 4.5.4 and 5.5).
//!
//! Validation stays wasmi's: where bytes make no sense here, this module says nothing.

/// The name under which [`start_as_export`] exports the start function.
pub(crate) const START_EXPORT: &str = "skerry:start";

/// Magic number and version, with which every module begins.
const PREAMBLE: &[u8; 8] = b"\0asm\x01\0\0\0";

const EXPORT_SECTION: u8 = 7;
const START_SECTION: u8 = 8;
#[cfg(feature = "jit")]
const CODE_SECTION: u8 = 10;

/// Section id, name of its items, and how many of them a module may have. The largest toolchain outputs that fit into
/// [`Limits::code_bytes`](crate::Limits) stay well below.
const MOST_ITEMS: [(u8, &str, u32); 9] = [
    (1, "types", 2_000),
    (2, "imports", 1_000),
    (3, "functions", 10_000),
    (4, "tables", 16),
    (6, "globals", 2_000),
    (EXPORT_SECTION, "exports", 10_000),
    (9, "element segments", 2_000),
    (10, "function bodies", 10_000),
    (11, "data segments", 10_000),
];

/// One section of a module.
struct Section<'a> {
    id: u8,
    content: &'a [u8],
}

/// The sections of `wasm` up to the first that is malformed.
fn sections(wasm: &[u8]) -> impl Iterator<Item = Section<'_>> {
    let mut rest = wasm.get(PREAMBLE.len()..).unwrap_or_default();
    std::iter::from_fn(move || {
        let (&id, after_id) = rest.split_first()?;
        let (size_bytes, after_size) = read_u32(after_id)?;
        let (content, after) = after_size.split_at_checked(usize::try_from(size_bytes).ok()?)?;
        rest = after;
        Some(Section { id, content })
    })
}

/// Checks that `wasm` is a module of bearable size, and gives the index of its start function if it has one.
///
/// # Errors
///
/// A message for the user of the function.
pub(crate) fn check(wasm: &[u8]) -> Result<Option<u32>, String> {
    if !wasm.starts_with(PREAMBLE) {
        return Err("the code is not a WebAssembly module: it does not begin with `\\0asm` and version 1".to_owned());
    }
    let mut start = None;
    for Section { id, content } in sections(wasm) {
        let Some((first, _)) = read_u32(content) else { continue };
        if id == START_SECTION {
            start = Some(first);
        }
        if let Some((_, items, most)) = MOST_ITEMS.iter().find(|(limited, _, most)| *limited == id && first > *most) {
            return Err(format!("the module has {first} {items}; this runtime takes at most {most}"));
        }
    }
    Ok(start)
}

/// The size of the largest function, in bytes.
#[cfg(feature = "jit")]
pub(crate) fn largest_body_bytes(wasm: &[u8]) -> usize {
    let code = sections(wasm).find(|section| section.id == CODE_SECTION);
    let mut bodies = code.and_then(|section| read_u32(section.content)).map_or(&[][..], |(_, bodies)| bodies);
    let mut largest = 0;
    while let Some((size_bytes, after)) = read_u32(bodies) {
        largest = largest.max(size_bytes as usize);
        bodies = after.get(size_bytes as usize..).unwrap_or_default();
    }
    largest
}

/// The same module with its start function exported as [`START_EXPORT`] instead of marked as start function.
///
/// `wasm` must be a valid module. One without an export section comes back without the new export; it has nothing to
/// run either.
pub(crate) fn start_as_export(wasm: &[u8], start_function: u32) -> Vec<u8> {
    let mut rewritten = PREAMBLE.to_vec();
    for Section { id, content } in sections(wasm) {
        match (id, read_u32(content)) {
            (START_SECTION, _) => {}
            (EXPORT_SECTION, Some((count, entries))) => {
                let mut content = Vec::with_capacity(content.len() + START_EXPORT.len() + 12);
                write_u32(&mut content, count.saturating_add(1));
                content.extend_from_slice(entries);
                write_bytes(&mut content, START_EXPORT.as_bytes());
                content.push(0); // The kind of export: a function.
                write_u32(&mut content, start_function);
                rewritten.push(id);
                write_bytes(&mut rewritten, &content);
            }
            _ => {
                rewritten.push(id);
                write_bytes(&mut rewritten, content);
            }
        }
    }
    rewritten
}

/// Reads an unsigned LEB128 number of at most 32 bits; `None` if there is none.
fn read_u32(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let mut value = 0_u64;
    for (index, byte) in bytes.iter().take(5).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Some((u32::try_from(value).ok()?, &bytes[index + 1..]));
        }
    }
    None
}

fn write_u32(bytes: &mut Vec<u8>, mut value: u32) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

/// Writes a length and then as many bytes. Modules are smaller than 4 GiB ([`Limits::code_bytes`](crate::Limits)).
fn write_bytes(bytes: &mut Vec<u8>, content: &[u8]) {
    write_u32(bytes, content.len() as u32);
    bytes.extend_from_slice(content);
}

#[cfg(test)]
mod tests {
    use super::{PREAMBLE, check, read_u32, start_as_export, write_u32};
    use proptest::prelude::*;

    #[test]
    fn what_does_not_begin_like_a_module_is_none() {
        for bytes in [&b""[..], b"\0asm", b"\0asm\x0d\0\x01\0", b"int f(void) { return 1; }"] {
            assert!(check(bytes).unwrap_err().contains("not a WebAssembly module"));
        }
        assert_eq!(check(PREAMBLE), Ok(None));
    }

    #[test]
    fn more_items_than_memory_bears_are_refused_by_name() {
        let mut wasm = PREAMBLE.to_vec();
        wasm.extend([6, 3, 0xff, 0xff, 0x7f]);
        assert!(check(&wasm).unwrap_err().contains("globals"));
    }

    #[test]
    fn the_start_function_becomes_an_export() {
        let wasm = wat::parse_str(
            r#"(module (func $init) (func (export "run") (result i32) i32.const 1) (memory 1) (start $init) (data (i32.const 0) "x"))"#,
        )
        .unwrap();
        assert_eq!(check(&wasm), Ok(Some(0)));
        let rewritten = start_as_export(&wasm, 0);
        assert_eq!(check(&rewritten), Ok(None));
        let module = wasmi::Module::new(&wasmi::Engine::default(), &rewritten).unwrap();
        let exports: Vec<_> = module.exports().map(|export| export.name().to_owned()).collect();
        assert!(exports.contains(&"run".to_owned()) && exports.contains(&super::START_EXPORT.to_owned()));
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_look_panic(bytes in proptest::collection::vec(any::<u8>(), 0..64), index in any::<u32>()) {
            let wasm = [PREAMBLE.as_slice(), &bytes].concat();
            let _ = check(&wasm);
            let _ = start_as_export(&wasm, index);
            #[cfg(feature = "jit")]
            super::largest_body_bytes(&wasm);
        }

        #[test]
        fn numbers_are_read_back_as_written(value in any::<u32>()) {
            let mut bytes = Vec::new();
            write_u32(&mut bytes, value);
            prop_assert_eq!(read_u32(&bytes), Some((value, &[][..])));
        }
    }
}
