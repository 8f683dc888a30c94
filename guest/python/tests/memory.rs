//! What the program has taken after many calls. In a program of its own: other tests take memory, too.

mod support;

use support::{MIB, run};

fn resident_bytes() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    pages.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() * 4096
}

#[test]
fn whatever_calls_leave_behind_their_memory_comes_back() {
    let source = "\
import re, json
class Node:
    def __init__(self, other):
        self.other = other
kept = []
def f(n):
    import collections, datetime
    a = Node(None)
    a.other = Node(a)
    kept.extend(Node([a] * 100) for _ in range(n))
    json.loads('[' + ','.join(['1'] * n) + ']')
    re.compile('x' * (n % 50 + 1))
    return len(kept)
";
    // The first calls are allowed to settle: modules that are kept, the system's allocator.
    for _ in 0..30 {
        run(source, &["2000"]);
    }
    let before = resident_bytes();
    for _ in 0..300 {
        assert_eq!(run(source, &["2000"]), "2000");
    }
    let grown = resident_bytes().saturating_sub(before);
    // A tenth of what a single call uses, for each of them, would be 60 MiB.
    assert!(grown < 8 * MIB, "{grown} bytes more after 300 calls");
}
