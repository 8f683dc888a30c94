//! The heap against a model, and against damage.

use super::Heap;
use crate::environment::Fault;
use proptest::prelude::*;
use std::collections::BTreeMap;

#[derive(Clone, Debug)]
enum Step {
    Allocate(usize),
    Aligned(u32, usize),
    Release(usize),
    Resize(usize, usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0_usize..300).prop_map(Step::Allocate),
        1 => (0_usize..9000).prop_map(Step::Allocate),
        1 => (5_u32..9, 0_usize..300).prop_map(|(power, bytes)| Step::Aligned(1 << power, bytes)),
        4 => any::<usize>().prop_map(Step::Release),
        2 => (any::<usize>(), 0_usize..2000).prop_map(|(index, bytes)| Step::Resize(index, bytes)),
    ]
}

fn with_room<T>(memory: &mut Vec<u8>, mut work: impl FnMut(&mut [u8]) -> Result<T, Fault>) -> T {
    loop {
        match work(memory) {
            Ok(value) => return value,
            Err(Fault::NeedsMemory { end_bytes }) => memory.resize(end_bytes.next_multiple_of(4096), 0xaa),
            Err(fault) => panic!("{fault:?}"),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn what_is_allocated_is_aligned_apart_and_keeps_its_bytes(steps in proptest::collection::vec(step(), 1..200)) {
        let (mut heap, mut memory) = (Heap::default(), Vec::new());
        heap.set_start(1001);
        // Address, and length and filling of what is there.
        let mut blocks: BTreeMap<u32, (usize, u8)> = BTreeMap::new();
        let mut filling = 0_u8;
        for step in steps {
            let chosen = |index: usize| blocks.keys().copied().nth(index % blocks.len().max(1));
            match step {
                Step::Allocate(bytes) | Step::Aligned(_, bytes) => {
                    let address = match step {
                        Step::Aligned(alignment, _) => {
                            let address = with_room(&mut memory, |memory| heap.allocate_aligned(memory, alignment, bytes));
                            prop_assert_eq!(address % alignment, 0);
                            address
                        }
                        _ => with_room(&mut memory, |memory| heap.allocate(memory, bytes)),
                    };
                    prop_assert_eq!(address % 16, 0);
                    prop_assert!(address >= 1001);
                    filling = filling.wrapping_add(1);
                    memory[address as usize..address as usize + bytes].fill(filling);
                    prop_assert!(blocks.insert(address, (bytes, filling)).is_none());
                }
                Step::Release(index) => {
                    let Some(address) = chosen(index) else { continue };
                    with_room(&mut memory, |memory| heap.release(memory, address));
                    prop_assert!(heap.release(&mut memory, address).is_err(), "freed twice");
                    blocks.remove(&address);
                }
                Step::Resize(index, bytes) => {
                    let Some(address) = chosen(index) else { continue };
                    if with_room(&mut memory, |memory| heap.resize(memory, address, bytes)) {
                        let (old, filling) = blocks[&address];
                        let start = address as usize;
                        prop_assert!(memory[start..start + old.min(bytes)].iter().all(|byte| *byte == filling));
                        memory[start..start + bytes].fill(filling);
                        blocks.insert(address, (bytes, filling));
                    }
                }
            }
            let mut end = 0;
            for (address, (bytes, filling)) in &blocks {
                let start = *address as usize;
                prop_assert!(start >= end);
                end = start + bytes;
                prop_assert!(memory[start..end].iter().all(|byte| byte == filling));
            }
        }
        let addresses: Vec<u32> = blocks.keys().copied().collect();
        for address in addresses {
            heap.release(&mut memory, address).unwrap();
        }
        prop_assert_eq!(heap.top, heap.start, "all is one again");
    }

    #[test]
    fn damage_is_noticed_or_harmless(
        steps in proptest::collection::vec(step(), 1..100),
        damage in proptest::collection::vec((0_usize..4000, any::<u8>()), 1..40),
    ) {
        let (mut heap, mut memory) = (Heap::default(), vec![0; 16 * 1024]);
        heap.set_start(0);
        let mut blocks = Vec::new();
        let mut damage = damage.into_iter();
        for step in steps {
            // Whatever comes of it, nothing panics and nothing goes on for ever.
            match step {
                Step::Allocate(bytes) => blocks.extend(heap.allocate(&mut memory, bytes)),
                Step::Aligned(alignment, bytes) => blocks.extend(heap.allocate_aligned(&mut memory, alignment, bytes)),
                Step::Release(index) if !blocks.is_empty() => {
                    let _ = heap.release(&mut memory, blocks[index % blocks.len()]);
                }
                Step::Resize(index, bytes) if !blocks.is_empty() => {
                    let _ = heap.resize(&mut memory, blocks[index % blocks.len()], bytes);
                }
                _ => {}
            }
            if let Some((at, byte)) = damage.next() {
                memory[at] = byte;
            }
        }
    }
}

#[test]
fn memory_that_was_freed_is_used_again() {
    let (mut heap, mut memory) = (Heap::default(), vec![0; 64 * 1024]);
    heap.set_start(0);
    for _ in 0..10_000 {
        let first = heap.allocate(&mut memory, 10_000).unwrap();
        let second = heap.allocate(&mut memory, 20_000).unwrap();
        heap.release(&mut memory, first).unwrap();
        heap.release(&mut memory, second).unwrap();
    }
}
