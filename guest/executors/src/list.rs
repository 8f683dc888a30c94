//! Arrays as JSON lists: read into the bytes of linear memory, and written from them.
//!
//! Each element has the form of a scalar value; in quotation marks, too, since JSON has no other way to say `"inf"`.

use crate::data_type::{DataType, Shape, size_bytes};
use crate::memory::with_room;
use crate::parameter::Problem;
use crate::scalar::{Scalar, size_of};
use skerry_c_compiler::ScalarType;

/// Lists of lists of lists of lists, and no more.
const MAX_DEPTH: usize = 4;

/// A list's elements, and the lengths of the lists that it consists of, outermost first.
#[derive(Debug)]
pub(crate) struct List {
    pub(crate) bytes: Vec<u8>,
    pub(crate) lengths: Vec<usize>,
}

/// Reads a list of `element`s, which may be of lists of the same lengths.
pub(crate) fn read(text: &str, element: ScalarType, free_bytes: usize) -> Result<List, Problem> {
    let wrong = |message: &str| Problem::Value(message.to_owned());
    if !text.trim_ascii().starts_with('[') {
        return Err(wrong("is not a JSON list"));
    }
    // As many elements at most; counted first, so that nothing is asked for that is not there.
    let most = text.bytes().filter(|byte| matches!(byte, b',' | b'[')).count();
    let most_bytes = size_bytes(most, element).filter(|bytes| *bytes <= free_bytes.saturating_mul(2));
    let most_bytes = most_bytes.ok_or_else(|| Problem::Value(crate::parameter::too_large()))?;
    let mut bytes = with_room(most_bytes.min(free_bytes)).ok_or(Problem::NoMemory)?;
    // The elements of each list that is open, and the lengths of those that were closed, by depth.
    let mut open: Vec<usize> = Vec::new();
    let mut lengths: Vec<Option<usize>> = Vec::new();
    let mut leaf_depth = None;
    let mut wants_value = true;
    let mut is_over = false;
    let mut rest = text.trim_ascii();
    while let Some(first) = rest.bytes().next() {
        if is_over {
            return Err(wrong("is not a JSON list: something follows its end"));
        }
        match first {
            b'[' if wants_value => {
                if open.len() == MAX_DEPTH {
                    return Err(wrong("is a list that is nested too deeply"));
                }
                open.push(0);
                if lengths.len() < open.len() {
                    lengths.push(None);
                }
            }
            b']' if !wants_value || open.last() == Some(&0) => {
                let Some(length) = open.pop() else { return Err(wrong("is not a JSON list")) };
                if *lengths[open.len()].get_or_insert(length) != length {
                    return Err(wrong("has lists of different lengths"));
                }
                wants_value = false;
                is_over = open.is_empty();
                if let Some(outer) = open.last_mut() {
                    *outer += 1;
                }
            }
            b',' if !wants_value => wants_value = true,
            _ if wants_value && !matches!(first, b',' | b']') => {
                let index = bytes.len() / size_of(element);
                if *leaf_depth.get_or_insert(open.len()) != open.len() {
                    return Err(wrong("has numbers beside lists"));
                }
                let end = rest.find([',', ']', '[']).unwrap_or(rest.len());
                let (item, after) = rest.split_at(end);
                let item = item.trim_ascii();
                let item = item.strip_prefix('"').and_then(|item| item.strip_suffix('"')).unwrap_or(item);
                let value = Scalar::parse(item, element).map_err(|message| format!("element {index}: {message}"))?;
                if bytes.len() + size_of(element) > free_bytes {
                    return Err(Problem::Value(crate::parameter::too_large()));
                }
                value.write_to(&mut bytes, element);
                wants_value = false;
                if let Some(count) = open.last_mut() {
                    *count += 1;
                }
                rest = after;
                continue;
            }
            _ => return Err(wrong("is not a JSON list")),
        }
        rest = rest[1..].trim_ascii_start();
    }
    if !is_over {
        return Err(wrong("is not a JSON list: it does not end"));
    }
    if leaf_depth.is_some_and(|depth| depth != lengths.len()) {
        return Err(wrong("has numbers beside lists"));
    }
    Ok(List { bytes, lengths: lengths.into_iter().map(|length| length.unwrap_or(0)).collect() })
}

/// A buffer's final content in the form of its type: a value, a JSON list, text up to the character 0, or the bytes. `None`
/// when that is longer than `limit_bytes`, which is noticed before it is made: a list is up to three times as long as what
/// it lists, and may not fit in memory.
pub(crate) fn content(bytes: &[u8], data_type: &DataType, limit_bytes: usize) -> Option<Vec<u8>> {
    let element = data_type.element;
    let content = match &data_type.shape {
        Shape::Scalar => Scalar::from_bytes(bytes, element).to_text().into_bytes(),
        Shape::Text | Shape::Bytes => {
            let is_end = |byte: &u8| data_type.shape == Shape::Text && *byte == 0;
            let length = bytes.iter().position(is_end).unwrap_or(bytes.len());
            bytes.get(..length).filter(|content| content.len() <= limit_bytes)?.to_vec()
        }
        Shape::Array { inner } => {
            let items = bytes.chunks_exact(size_of(element)).map(|item| Scalar::from_bytes(item, element));
            list_of(items, inner, limit_bytes)?.into_bytes()
        }
    };
    Some(content).filter(|content| content.len() <= limit_bytes)
}

/// Values as a JSON list, of lists of the lengths `inner`; `None` when it is longer than `limit_bytes`.
pub(crate) fn list_of(values: impl Iterator<Item = Scalar>, inner: &[usize], limit_bytes: usize) -> Option<String> {
    // How many elements make one list, for each depth but the outermost.
    let strides: Vec<usize> = (0..inner.len()).map(|depth| inner[depth..].iter().product::<usize>().max(1)).collect();
    let mut text = String::from("[");
    for (index, value) in values.enumerate() {
        if index > 0 {
            text.push(',');
        }
        strides.iter().filter(|stride| index.is_multiple_of(**stride)).for_each(|_| text.push('['));
        let quote = if value.is_json_number() { "" } else { "\"" };
        text.push_str(quote);
        text.push_str(&value.to_text());
        text.push_str(quote);
        strides.iter().filter(|stride| (index + 1).is_multiple_of(**stride)).for_each(|_| text.push(']'));
        if text.len() >= limit_bytes {
            return None;
        }
    }
    text.push(']');
    Some(text).filter(|text| text.len() <= limit_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn lengths(text: &str) -> Result<Vec<usize>, String> {
        match read(text, ScalarType::Short, 64) {
            Ok(list) => Ok(list.lengths),
            Err(Problem::Value(message)) => Err(message),
            Err(Problem::NoMemory) => Err("no memory".to_owned()),
        }
    }

    #[test]
    fn lists_say_their_lengths() {
        for (text, expected) in [
            ("[]", vec![0]),
            (" [ 1 , \"2\" ] ", vec![2]),
            ("[[1,2,3],[4,5,6]]", vec![2, 3]),
            ("[[[1],[2]]]", vec![1, 2, 1]),
            ("[[],[]]", vec![2, 0]),
        ] {
            assert_eq!(lengths(text).as_ref(), Ok(&expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_rectangle_of_numbers_is_refused() {
        for text in [
            "",
            "1",
            "[",
            "]",
            "[1",
            "[1,]",
            "[,1]",
            "[1,,2]",
            "[1]]",
            "[1] 2",
            "[[1],[2,3]]",
            "[[1],2]",
            "[1,[2]]",
            "[[1][2]]",
            "[[[[[1]]]]]",
            "[1 2]",
            "[x]",
            "[32768]",
            "[[],[1]]",
            "{}",
        ] {
            assert!(lengths(text).is_err(), "{text}");
        }
        assert!(lengths(&format!("[{}1]", "1,".repeat(32))).unwrap_err().contains("memory"));
    }

    fn text(bytes: &[u8], shape: Shape, limit_bytes: usize) -> Option<String> {
        let data_type = DataType { element: ScalarType::Char, shape, is_enum: false };
        content(bytes, &data_type, limit_bytes).map(|text| String::from_utf8(text).unwrap())
    }

    #[test]
    fn a_text_that_would_be_longer_than_its_limit_is_not_made() {
        let array = || Shape::Array { inner: Vec::new() };
        assert_eq!(text(&[1, 2, 3], array(), 7).as_deref(), Some("[1,2,3]"));
        assert_eq!(text(&[1, 2, 3], array(), 6), None);
        assert_eq!(text(&[], array(), 2).as_deref(), Some("[]"));
        assert_eq!(text(&[], array(), 1), None);
        assert_eq!(text(&[100], Shape::Scalar, 2), None);
        assert_eq!(text(b"abc\0def", Shape::Text, 3).as_deref(), Some("abc"));
        assert_eq!(text(b"abc", Shape::Text, 2), None);
        assert_eq!(text(b"a\0c", Shape::Bytes, 3).as_deref(), Some("a\0c"));
        assert_eq!(text(b"a\0c", Shape::Bytes, 2), None);
    }

    #[test]
    fn arrays_of_arrays_come_back_as_lists_of_lists() {
        let inner = |inner: &[usize]| Shape::Array { inner: inner.to_vec() };
        assert_eq!(text(&[1, 2, 3, 4], inner(&[2]), 99).as_deref(), Some("[[1,2],[3,4]]"));
        assert_eq!(text(&[1, 2, 3, 4], inner(&[2, 1]), 99).as_deref(), Some("[[[1],[2]],[[3],[4]]]"));
        assert_eq!(text(&[], inner(&[2]), 99).as_deref(), Some("[]"));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(values in proptest::collection::vec(any::<i8>(), 0..40), row in 1..5_usize) {
            let rows: Vec<u8> = values.iter().map(|value| *value as u8).take(values.len() / row * row).collect();
            let data_type = DataType { element: ScalarType::Char, shape: Shape::Array { inner: vec![row] }, is_enum: false };
            let text = String::from_utf8(content(&rows, &data_type, 1000).unwrap()).unwrap();
            prop_assert_eq!(read(&text, ScalarType::Char, 64).ok().unwrap().bytes, rows);
        }

        #[test]
        fn no_text_makes_reading_panic(text in "[\\[\\]0-9,.\"e \u{e4}-]{0,24}") {
            let _ = read(&text, ScalarType::Short, 16);
        }
    }
}
