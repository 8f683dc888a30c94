//! `rand` and `srand` (C11 7.22.2) with glibc's sequence: the additive feedback generator over 31 words.

/// Words of state.
const WORDS: usize = 31;
/// How far apart the two words lie that each step adds.
const SEPARATION: usize = 3;
/// Steps that are thrown away after seeding.
const DISCARDED: usize = 310;

pub(crate) struct Random {
    words: [u32; WORDS],
    front: usize,
}

impl Random {
    pub(crate) fn new(seed: u32) -> Self {
        let mut word = if seed == 0 { 1 } else { seed as i32 };
        let mut words = [word as u32; WORDS];
        for place in words.iter_mut().skip(1) {
            // 16807 × word modulo 2³¹ - 1, of the sign that C's remainders give, then made positive.
            let high = word / 127_773;
            let low = word % 127_773;
            word = 16807_i32.wrapping_mul(low).wrapping_sub(high.wrapping_mul(2836));
            if word < 0 {
                word = word.wrapping_add(i32::MAX);
            }
            *place = word as u32;
        }
        let mut random = Self { words, front: SEPARATION };
        for _ in 0..DISCARDED {
            random.next();
        }
        random
    }

    /// The next number, from 0 to `RAND_MAX`.
    pub(crate) fn next(&mut self) -> i32 {
        let rear = (self.front + WORDS - SEPARATION) % WORDS;
        let added = self.words.get(rear).copied().unwrap_or_default();
        let Some(word) = self.words.get_mut(self.front) else { return 0 };
        *word = word.wrapping_add(added);
        self.front = (self.front + 1) % WORDS;
        (*word >> 1) as i32
    }
}
