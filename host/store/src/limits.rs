//! What fits into the store: the same on both databases, checked before anything is written. It says nothing about
//! what a sensible name or document is; that is the caller's to know.

use crate::error::StoreError;

/// The longest text that the store takes, in bytes. A request body ends at 1 MiB; a document adds little to it.
pub const MAX_TEXT_BYTES: usize = 4 << 20;

/// The longest text that is part of a key (user, idempotency key, task, VM id, setting's name), in bytes. PostgreSQL
/// refuses index entries above some 2,700 bytes, and the longest key has two such texts and a number.
pub const MAX_KEY_BYTES: usize = 1024;

/// How many history rows are kept per runtime; the oldest go first.
pub const MAX_HISTORY_ROWS: u64 = 200;

/// Checks a text that is not part of a key.
pub(crate) fn text(what: &'static str, value: &str) -> Result<(), StoreError> {
    within(what, value, MAX_TEXT_BYTES)
}

/// Checks a text that is part of a key.
pub(crate) fn key(what: &'static str, value: &str) -> Result<(), StoreError> {
    within(what, value, MAX_KEY_BYTES)
}

fn within(what: &'static str, value: &str, limit: usize) -> Result<(), StoreError> {
    if value.len() > limit {
        let why = format!("it has {} bytes, at most {limit} fit", value.len());
        return Err(StoreError::Unstorable { what, why });
    }
    // PostgreSQL's TEXT cannot hold it, and SQLite's own functions stop there.
    if value.contains('\0') {
        return Err(StoreError::Unstorable { what, why: "it contains a NUL character".to_owned() });
    }
    Ok(())
}

/// A number as the databases hold it.
pub(crate) fn number(what: &'static str, value: u64) -> Result<i64, StoreError> {
    i64::try_from(value).map_err(|_| StoreError::Unstorable { what, why: format!("{value} is above {}", i64::MAX) })
}

/// An id or time to compare stored ones with. One that is too big to be stored is simply bigger than all of them.
pub(crate) fn bound(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_fits_up_to_its_limit_and_not_beyond() {
        assert!(key("key", &"k".repeat(MAX_KEY_BYTES)).is_ok());
        let error = key("key", &"k".repeat(MAX_KEY_BYTES + 1)).unwrap_err();
        assert_eq!(error.to_string(), "cannot store key: it has 1025 bytes, at most 1024 fit");
        assert!(text("document", &"d".repeat(MAX_TEXT_BYTES)).is_ok());
        assert!(text("document", &"d".repeat(MAX_TEXT_BYTES + 1)).is_err());
    }

    #[test]
    fn a_nul_character_is_refused() {
        assert!(matches!(text("name", "a\0b"), Err(StoreError::Unstorable { what: "name", .. })));
    }

    #[test]
    fn a_number_beyond_the_databases_range_is_refused_and_as_a_bound_is_the_highest() {
        assert_eq!(number("id", i64::MAX as u64).unwrap(), i64::MAX);
        assert!(number("id", i64::MAX as u64 + 1).is_err());
        assert_eq!(bound(u64::MAX), i64::MAX);
        assert_eq!(bound(7), 7);
    }
}
