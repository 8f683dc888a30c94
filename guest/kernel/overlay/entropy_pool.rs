//! The state of the random generator, and how anything new gets into it. A file of our own; pure, so that it is tested on any
//! machine (`host/image/tests/entropy_pool.rs`).
//!
//! The kernel's own generator was replaced by fresh answers of the processor once a second. Here they are mixed in: what a
//! host handed over after a restore stays in the state for good, even if the processor gives two clones the same answers.

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// Bytes of the state, and of each piece that is mixed in.
pub(crate) const SEED_BYTES: usize = 32;

/// A ChaCha20 generator into which entropy can be mixed.
pub(crate) struct EntropyPool {
    generator: ChaCha20Rng,
}

impl EntropyPool {
    /// A pool that knows nothing but `seed`.
    pub(crate) fn new(seed: [u8; SEED_BYTES]) -> Self {
        Self { generator: ChaCha20Rng::from_seed(seed) }
    }

    /// Mixes `bytes` in. Afterwards the state is at least as hard to guess as it was before, and as `bytes` are: whoever
    /// knows one of the two, or even chose it, learns nothing from that.
    ///
    /// Each piece changes the key of a cipher whose output becomes the next key. With an unknown state, that output is
    /// random whatever the piece is; with a known state, it is as random as the piece. The state before cannot be had back.
    pub(crate) fn mix(&mut self, bytes: &[u8]) {
        // The length goes first, so that no two inputs are the same sequence of pieces.
        self.mix_piece(&(bytes.len() as u64).to_le_bytes());
        for piece in bytes.chunks(SEED_BYTES) {
            self.mix_piece(piece);
        }
    }

    fn mix_piece(&mut self, piece: &[u8]) {
        let mut key = [0; SEED_BYTES];
        self.generator.fill_bytes(&mut key);
        for (byte, new) in key.iter_mut().zip(piece) {
            *byte ^= new;
        }
        self.generator = ChaCha20Rng::from_seed(key);
    }

    /// Fills `bytes` with random ones.
    pub(crate) fn fill(&mut self, bytes: &mut [u8]) {
        self.generator.fill_bytes(bytes);
    }
}
