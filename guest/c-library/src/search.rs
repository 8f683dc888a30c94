//! Finding one piece of memory in another, in time that grows with both lengths only: the two-way algorithm (Crochemore
//! and Perrin, "Two-way string-matching", 1991).

/// Where `needle` first occurs in `haystack`.
pub(crate) fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    let Some(first) = needle.first() else { return Some(0) };
    if needle.len() == 1 {
        return haystack.iter().position(|byte| byte == first);
    }
    if needle.len() > haystack.len() {
        return None;
    }
    let (cut, period) = [maximal_suffix(needle, false), maximal_suffix(needle, true)].into_iter().max()?;
    let is_periodic = needle.get(..cut) == needle.get(period..period + cut);
    // A needle that is not periodic can be moved further, and nothing has to be remembered.
    let step = if is_periodic { period } else { cut.max(needle.len() - cut) + 1 };
    let (mut at, mut known) = (0, 0);
    while let Some(window) = haystack.get(at..at + needle.len()) {
        let mut right = cut.max(known);
        while right < needle.len() && needle.get(right) == window.get(right) {
            right += 1;
        }
        if right < needle.len() {
            at += right - cut + 1;
            known = 0;
            continue;
        }
        let mut left = cut;
        while left > known && needle.get(left - 1) == window.get(left - 1) {
            left -= 1;
        }
        if left <= known {
            return Some(at);
        }
        at += step;
        known = if is_periodic { needle.len() - period } else { 0 };
    }
    None
}

/// Where the greatest suffix of the needle begins, in the one or the other order of bytes, and its period.
fn maximal_suffix(needle: &[u8], reversed: bool) -> (usize, usize) {
    let (mut suffix, mut candidate, mut offset, mut period) = (0, 1, 0, 1);
    while let (Some(new), Some(old)) = (needle.get(candidate + offset), needle.get(suffix + offset)) {
        if new == old {
            if offset + 1 == period {
                candidate += period;
                offset = 0;
            } else {
                offset += 1;
            }
        } else if (new < old) != reversed {
            candidate += offset + 1;
            offset = 0;
            period = candidate - suffix;
        } else {
            suffix = candidate;
            candidate += 1;
            (offset, period) = (0, 1);
        }
    }
    (suffix, period)
}

#[cfg(test)]
mod tests {
    use super::find;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]
        #[test]
        fn the_first_occurrence_is_found(
            haystack in proptest::collection::vec(0_u8..2, 0..40),
            needle in proptest::collection::vec(0_u8..2, 0..9),
        ) {
            let expected = match needle.len() {
                0 => Some(0),
                length => haystack.windows(length).position(|window| window == needle),
            };
            prop_assert_eq!(find(&haystack, &needle), expected);
        }
    }
}
