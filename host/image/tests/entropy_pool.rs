//! The random generator's state, as the prepared kernel has it: what clones of a snapshot share after a renewal.

#[path = "../../../guest/kernel/overlay/entropy_pool.rs"]
mod entropy_pool;

use entropy_pool::{EntropyPool, SEED_BYTES};

const SEED: [u8; SEED_BYTES] = [1; SEED_BYTES];
/// What two clones' processors answer, at worst.
const HARDWARE: [u8; SEED_BYTES] = [2; SEED_BYTES];

fn drawn(pool: &mut EntropyPool) -> [u8; 64] {
    let mut bytes = [0; 64];
    pool.fill(&mut bytes);
    bytes
}

fn after(pieces: &[&[u8]]) -> [u8; 64] {
    let mut pool = EntropyPool::new(SEED);
    for piece in pieces {
        pool.mix(piece);
    }
    drawn(&mut pool)
}

#[test]
fn clones_with_the_same_hardware_answers_are_the_same_without_fresh_entropy_and_differ_with_it() {
    assert_eq!(after(&[&HARDWARE]), after(&[&HARDWARE]));
    assert_ne!(after(&[&HARDWARE, &[3; 32]]), after(&[&HARDWARE, &[4; 32]]));
}

#[test]
fn what_was_handed_over_outlasts_every_later_reseed() {
    assert_ne!(after(&[&[3; 32], &HARDWARE, &HARDWARE]), after(&[&[4; 32], &HARDWARE, &HARDWARE]));
}

#[test]
fn the_state_before_a_renewal_still_counts() {
    let mut other = EntropyPool::new([9; SEED_BYTES]);
    other.mix(&[3; 32]);
    assert_ne!(drawn(&mut other), after(&[&[3; 32]]));
}

#[test]
fn every_bit_of_the_longest_input_counts() {
    let plain = [0_u8; 256];
    let mut seen = vec![after(&[&plain])];
    for bit in 0..plain.len() * 8 {
        let mut flipped = plain;
        flipped[bit / 8] ^= 1 << (bit % 8);
        seen.push(after(&[&flipped]));
    }
    let all = seen.len();
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), all);
}

#[test]
fn inputs_that_differ_in_trailing_zeros_or_in_their_division_differ() {
    let inputs: [&[&[u8]]; 6] = [&[&[5]], &[&[5, 0]], &[&[5], &[]], &[&[5], &[0]], &[&[0; 32]], &[&[0; 16], &[0; 16]]];
    for (index, one) in inputs.iter().enumerate() {
        for other in &inputs[..index] {
            assert_ne!(after(one), after(other), "{one:?} {other:?}");
        }
    }
}

#[test]
fn after_a_renewal_nothing_is_drawn_that_was_drawn_before() {
    let mut pool = EntropyPool::new(SEED);
    let before = drawn(&mut pool);
    pool.mix(&[]);
    assert_ne!(drawn(&mut pool), before);
}
