//! The decisions that a program is made of, as a list that can be cut down: the simplest decision is always 0.

/// A source of decisions: first those of a list, then random ones or zeros.
pub(crate) struct Choices {
    taken: Vec<u32>,
    next: usize,
    /// State of xorshift64*; 0 when there are zeros only.
    state: u64,
}

impl Choices {
    /// Random decisions.
    pub(crate) fn random(seed: u64) -> Self {
        // Spread, since neighbouring small seeds make similar first numbers.
        Self { taken: Vec::new(), next: 0, state: seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1 }
    }

    /// These decisions, and zeros after them.
    pub(crate) fn given(taken: Vec<u32>) -> Self {
        Self { taken, next: 0, state: 0 }
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        let choice = match self.taken.get(self.next) {
            Some(choice) => *choice,
            None => {
                let choice = if self.state == 0 { 0 } else { self.random_number() };
                self.taken.push(choice);
                choice
            }
        };
        self.next += 1;
        choice as usize % end
    }

    /// One of several.
    pub(crate) fn one_of<'c, T: ?Sized>(&mut self, choices: &[&'c T]) -> &'c T {
        choices[self.below(choices.len())]
    }

    /// The decisions that were taken.
    pub(crate) fn into_taken(mut self) -> Vec<u32> {
        self.taken.truncate(self.next);
        self.taken
    }

    fn random_number(&mut self) -> u32 {
        self.state ^= self.state >> 12;
        self.state ^= self.state << 25;
        self.state ^= self.state >> 27;
        (self.state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as u32
    }
}

/// Shorter and simpler lists than `taken`, from a place on: pieces of a length removed, or made zeros, with the places.
pub(crate) fn simpler(taken: &[u32], from: usize, piece: usize) -> Vec<(usize, Vec<u32>)> {
    let mut lists = Vec::new();
    for start in (from..taken.len()).step_by(piece) {
        let end = (start + piece).min(taken.len());
        lists.push((start, [&taken[..start], &taken[end..]].concat()));
        if taken[start..end].iter().any(|choice| *choice != 0) {
            lists.push((start, [&taken[..start], &vec![0; end - start], &taken[end..]].concat()));
        }
    }
    lists
}
