//! Compiled functions, kept for the next call. Bounded by number and size; what was not used for longest goes first.
//!
//! An entry is found by its whole code, not by a hash of it: exact by construction, and for the few entries there are,
//! comparing lengths and then bytes costs less than any hash that could be trusted.

use crate::compiled::Compiled;
use crate::{CacheLimits, Lang};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub(crate) struct Cache {
    limits: CacheLimits,
    /// The one used last stands last.
    entries: Mutex<Vec<Entry>>,
}

struct Entry {
    lang: Lang,
    code: Box<[u8]>,
    compiled: Arc<Compiled>,
}

impl Entry {
    fn size_bytes(&self) -> usize {
        self.code.len().saturating_add(self.compiled.size_bytes)
    }
}

impl Cache {
    pub(crate) fn new(limits: CacheLimits) -> Self {
        Self { limits, entries: Mutex::new(Vec::new()) }
    }

    /// The function that `code` was compiled to, if it is there.
    pub(crate) fn get(&self, lang: Lang, code: &[u8]) -> Option<Arc<Compiled>> {
        let mut entries = self.lock();
        let index = entries.iter().rposition(|entry| entry.lang == lang && *entry.code == *code)?;
        let compiled = Arc::clone(&entries[index].compiled);
        entries[index..].rotate_left(1);
        Some(compiled)
    }

    /// Keeps a compiled function, unless it alone is too big. Functions that are running keep theirs when it goes.
    pub(crate) fn insert(&self, lang: Lang, code: &[u8], compiled: &Arc<Compiled>) {
        let entry = Entry { lang, code: code.into(), compiled: Arc::clone(compiled) };
        if self.limits.entries == 0 || entry.size_bytes() > self.limits.bytes {
            return;
        }
        let mut entries = self.lock();
        // Two threads may have compiled the same code at the same time.
        entries.retain(|other| other.lang != lang || *other.code != *code);
        entries.push(entry);
        while entries.len() > self.limits.entries
            || entries.iter().map(Entry::size_bytes).sum::<usize>() > self.limits.bytes
        {
            entries.remove(0);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Entry>> {
        // No code that holds the lock can leave the list half changed.
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::Cache;
    use crate::compiled::Compiled;
    use crate::{CacheLimits, Lang, Limits, wasm};
    use std::sync::Arc;

    fn compiled() -> Arc<Compiled> {
        let module = wat::parse_str(r#"(module (func (export "run")))"#).unwrap();
        Arc::new(wasm::compile(&module, &Limits::default()).unwrap())
    }

    #[test]
    fn the_entry_not_used_for_longest_goes_first() {
        let cache = Cache::new(CacheLimits { entries: 2, bytes: usize::MAX });
        let compiled = compiled();
        cache.insert(Lang::Wasm, b"a", &compiled);
        cache.insert(Lang::Wasm, b"b", &compiled);
        assert!(cache.get(Lang::Wasm, b"a").is_some());
        cache.insert(Lang::Wasm, b"c", &compiled);
        assert!(cache.get(Lang::Wasm, b"a").is_some());
        assert!(cache.get(Lang::Wasm, b"b").is_none());
        assert!(cache.get(Lang::Wasm, b"c").is_some());
    }

    #[test]
    fn the_same_bytes_in_another_language_are_another_function() {
        let cache = Cache::new(CacheLimits::default());
        cache.insert(Lang::C, b"a", &compiled());
        assert!(cache.get(Lang::Wasm, b"a").is_none());
        assert!(cache.get(Lang::C, b"a").is_some());
    }

    #[test]
    fn size_is_bounded_and_the_same_code_is_kept_once() {
        let compiled = compiled();
        let cache = Cache::new(CacheLimits { entries: 100, bytes: 2 * (compiled.size_bytes + 1) });
        for code in [b"a", b"a", b"b", b"b", b"c"] {
            cache.insert(Lang::Wasm, code, &compiled);
        }
        let kept = [b"a", b"b", b"c"].map(|code| cache.get(Lang::Wasm, code).is_some());
        assert_eq!(kept, [false, true, true]);
    }

    #[test]
    fn what_is_too_big_pushes_nothing_out() {
        let compiled = compiled();
        let cache = Cache::new(CacheLimits { entries: 100, bytes: compiled.size_bytes + 1 });
        cache.insert(Lang::Wasm, b"a", &compiled);
        cache.insert(Lang::Wasm, b"much longer", &compiled);
        assert!(cache.get(Lang::Wasm, b"a").is_some());
        assert!(cache.get(Lang::Wasm, b"much longer").is_none());
    }
}
