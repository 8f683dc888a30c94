//! JSON documents as bytes that depend on nothing but their content.

use serde::Serialize;

/// A document as compact JSON with its keys in order. The specification's types keep labels and annotations in hash maps,
/// whose order is another one in each process.
///
/// # Errors
/// When a value cannot be JSON, which none of the image specification is.
pub(crate) fn canonical(document: &impl Serialize) -> serde_json::Result<Vec<u8>> {
    let mut value = serde_json::to_value(document)?;
    value.sort_all_objects();
    serde_json::to_vec(&value)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn keys_are_in_order_at_every_depth() {
        let names = (0..50).map(|number| format!("{number:02}"));
        let inner: HashMap<String, u8> = names.clone().map(|name| (name, 0)).collect();
        let outer: HashMap<String, _> = names.clone().map(|name| (name, inner.clone())).collect();
        let line = names.clone().map(|name| format!("\"{name}\":0")).collect::<Vec<_>>().join(",");
        let lines = names.map(|name| format!("\"{name}\":{{{line}}}")).collect::<Vec<_>>().join(",");
        assert_eq!(String::from_utf8(canonical(&outer).unwrap()).unwrap(), format!("{{{lines}}}"));
    }
}
