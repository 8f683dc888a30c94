//! Executables, kept for the next call. Bounded by number and size; what was not used for longest goes first.
//!
//! An entry is found by its whole code, not by a hash of it: exact by construction, and for the few entries there are,
//! comparing lengths and then bytes costs less than any hash that could be trusted.

use crate::executable::Executable;
use crate::{CacheLimits, Lang};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What a cache of compiled functions holds, and how often it was of use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CacheStatistics {
    /// How often a function was found, by language in the order of [`Lang::ALL`].
    pub hits: [u64; Lang::ALL.len()],
    /// How often one had to be compiled, in the same order.
    pub misses: [u64; Lang::ALL.len()],
    /// Functions that went to make room.
    pub evictions: u64,
    /// Functions that are kept.
    pub entries: usize,
    /// Their code and what was compiled from it, in bytes (estimated).
    pub bytes: usize,
}

pub(crate) struct Cache {
    limits: CacheLimits,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    /// The one used last stands last.
    entries: Vec<Entry>,
    statistics: CacheStatistics,
}

struct Entry {
    lang: Lang,
    code: Box<[u8]>,
    executable: Arc<dyn Executable>,
}

impl Entry {
    fn size_bytes(&self) -> usize {
        self.code.len().saturating_add(self.executable.size_bytes())
    }
}

impl Kept {
    fn total_bytes(&self) -> usize {
        self.entries.iter().map(Entry::size_bytes).sum()
    }
}

impl Cache {
    pub(crate) fn new(limits: CacheLimits) -> Self {
        Self { limits, kept: Mutex::default() }
    }

    /// The function that `code` was compiled to, if it is there.
    pub(crate) fn get(&self, lang: Lang, code: &[u8]) -> Option<Arc<dyn Executable>> {
        let Kept { entries, statistics } = &mut *self.lock();
        let index = entries.iter().rposition(|entry| entry.lang == lang && *entry.code == *code)?;
        statistics.hits[lang as usize] += 1;
        let executable = Arc::clone(&entries[index].executable);
        entries[index..].rotate_left(1);
        Some(executable)
    }

    /// Counts a function that has to be compiled because it was not there.
    pub(crate) fn count_miss(&self, lang: Lang) {
        self.lock().statistics.misses[lang as usize] += 1;
    }

    /// Keeps a function, unless it alone is too big. Calls that run keep theirs when it goes.
    pub(crate) fn insert(&self, lang: Lang, code: &[u8], executable: &Arc<dyn Executable>) {
        let entry = Entry { lang, code: code.into(), executable: Arc::clone(executable) };
        if self.limits.entries == 0 || entry.size_bytes() > self.limits.bytes {
            return;
        }
        let mut kept = self.lock();
        // Two threads may have compiled the same code, one after the other.
        kept.entries.retain(|other| other.lang != lang || *other.code != *code);
        kept.entries.push(entry);
        while kept.entries.len() > self.limits.entries || kept.total_bytes() > self.limits.bytes {
            kept.entries.remove(0);
            kept.statistics.evictions += 1;
        }
    }

    /// What is kept, and how often it was of use.
    pub(crate) fn statistics(&self) -> CacheStatistics {
        let kept = self.lock();
        CacheStatistics { entries: kept.entries.len(), bytes: kept.total_bytes(), ..kept.statistics }
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        // No code that holds the lock can leave the list half changed.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::{Cache, CacheStatistics};
    use crate::executable::Executable;
    use crate::{CacheLimits, Lang, Limits, wasm};
    use std::sync::Arc;

    fn compiled() -> Arc<dyn Executable> {
        let module = wat::parse_str(r#"(module (func (export "run")))"#).unwrap();
        Arc::new(wasm::compile(&module, &Limits::default()).unwrap())
    }

    #[test]
    fn hits_and_misses_count_for_their_language_and_what_goes_as_eviction() {
        let cache = Cache::new(CacheLimits { entries: 1, bytes: usize::MAX });
        let compiled = compiled();
        cache.insert(Lang::Wasm, b"a", &compiled);
        cache.insert(Lang::C, b"b", &compiled);
        assert!(cache.get(Lang::Wasm, b"a").is_none());
        cache.count_miss(Lang::Wasm);
        assert!(cache.get(Lang::C, b"b").is_some());
        assert!(cache.get(Lang::C, b"b").is_some());
        let CacheStatistics { hits, misses, evictions, entries, bytes } = cache.statistics();
        assert_eq!((&hits[..2], &misses[..2], evictions, entries), (&[2, 0][..], &[0, 1][..], 1, 1));
        assert_eq!(bytes, compiled.size_bytes() + 1);
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
        let cache = Cache::new(CacheLimits { entries: 100, bytes: 2 * (compiled.size_bytes() + 1) });
        for code in [b"a", b"a", b"b", b"b", b"c"] {
            cache.insert(Lang::Wasm, code, &compiled);
        }
        let kept = [b"a", b"b", b"c"].map(|code| cache.get(Lang::Wasm, code).is_some());
        assert_eq!(kept, [false, true, true]);
    }

    #[test]
    fn what_is_too_big_pushes_nothing_out() {
        let compiled = compiled();
        let cache = Cache::new(CacheLimits { entries: 100, bytes: compiled.size_bytes() + 1 });
        cache.insert(Lang::Wasm, b"a", &compiled);
        cache.insert(Lang::Wasm, b"much longer", &compiled);
        assert!(cache.get(Lang::Wasm, b"a").is_some());
        assert!(cache.get(Lang::Wasm, b"much longer").is_none());
    }
}
