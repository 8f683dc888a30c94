//! Memory for what is as large as clients make it: asked for, not demanded, and never the machine's last.

/// What has to stay free for everything else: the network's packets, answers, threads. They cannot be refused memory
/// without ending the machine.
const HEADROOM_BYTES: usize = 4 * 1024 * 1024;
/// What is smaller is not worth a look at what is free.
const LARGE_BYTES: usize = 64 * 1024;

/// An empty vector with room for so many bytes; `None` where that would leave too little for the rest of the machine.
#[must_use]
pub fn with_room(bytes: usize) -> Option<Vec<u8>> {
    if !has_room(bytes) {
        return None;
    }
    let mut vector = Vec::new();
    vector.try_reserve_exact(bytes).ok().map(|()| vector)
}

/// Whether so many bytes can be had now without taking too much from the rest of the machine.
pub(crate) fn has_room(bytes: usize) -> bool {
    if bytes < LARGE_BYTES {
        return true;
    }
    // The allocator alone knows, and where memory is virtual this costs nothing.
    let mut probe: Vec<u8> = Vec::new();
    let is_there = probe.try_reserve_exact(bytes.saturating_add(HEADROOM_BYTES)).is_ok();
    // Or the compiler may leave out an allocation that nobody uses, and say that it would have succeeded.
    std::hint::black_box(&probe);
    is_there
}

#[cfg(test)]
mod tests {
    use super::with_room;

    #[test]
    fn room_is_exactly_what_was_asked_for_or_none() {
        assert_eq!(with_room(0).map(|vector| vector.capacity()), Some(0));
        assert_eq!(with_room(100_000).map(|vector| vector.capacity()), Some(100_000));
        assert_eq!(with_room(usize::MAX), None);
        assert_eq!(with_room(isize::MAX as usize), None);
    }
}
