//! A queue in which clients take turns, and so do the two kinds of calls. Pure.
//!
//! Each client's calls wait in their order; one that sends a hundred at once delays another one's by one. Synchronous calls
//! and tasks alternate where both may go on, so that neither starves the other.

use std::collections::VecDeque;

/// Who waits, as far as fairness goes: a number for each client. Two clients with the same number share their turns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Client(pub(crate) u64);

impl Client {
    /// The client that goes by this name: an address, or what a gateway says.
    pub(crate) fn named(name: &[u8]) -> Self {
        // FNV-1a: a collision, even one that is made on purpose, only makes two clients share their turns.
        let mix = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        Self(name.iter().fold(0xcbf2_9ce4_8422_2325, mix))
    }
}

/// Whether somebody waits for the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Call,
    Task,
}

/// Clients with what they wait for, the one whose turn is next in front. None is there without anything.
#[derive(Debug)]
struct Line<T>(VecDeque<(Client, VecDeque<T>)>);

impl<T> Line<T> {
    fn push(&mut self, client: Client, item: T) {
        match self.0.iter_mut().find(|(other, _)| *other == client) {
            Some((_, items)) => items.push_back(item),
            None => self.0.push_back((client, VecDeque::from([item]))),
        }
    }

    fn pop(&mut self) -> Option<T> {
        let (client, mut items) = self.0.pop_front()?;
        let item = items.pop_front();
        if !items.is_empty() {
            self.0.push_back((client, items));
        }
        item
    }

    fn len(&self) -> usize {
        self.0.iter().map(|(_, items)| items.len()).sum()
    }

    /// Takes out what this holds for.
    fn remove(&mut self, is_unwanted: impl Fn(&T) -> bool, removed: &mut Vec<T>) {
        for (_, items) in &mut self.0 {
            for _ in 0..items.len() {
                let Some(item) = items.pop_front() else { break };
                if is_unwanted(&item) { removed.push(item) } else { items.push_back(item) }
            }
        }
        self.0.retain(|(_, items)| !items.is_empty());
    }
}

/// Both kinds' queues.
#[derive(Debug)]
pub(crate) struct Turns<T> {
    calls: Line<T>,
    tasks: Line<T>,
    /// Whose turn it is where both kinds may go on.
    next: Kind,
}

impl<T> Turns<T> {
    pub(crate) fn new() -> Self {
        Self { calls: Line(VecDeque::new()), tasks: Line(VecDeque::new()), next: Kind::Call }
    }

    pub(crate) fn push(&mut self, kind: Kind, client: Client, item: T) {
        self.line(kind).push(client, item);
    }

    /// What is next; a task only if `with_tasks`.
    pub(crate) fn pop(&mut self, with_tasks: bool) -> Option<T> {
        let (first, second) = match self.next {
            Kind::Task if with_tasks => (Kind::Task, Kind::Call),
            _ => (Kind::Call, Kind::Task),
        };
        if let Some(item) = self.line(first).pop() {
            self.next = second;
            return Some(item);
        }
        if second == Kind::Task && !with_tasks {
            return None;
        }
        self.next = first;
        self.line(second).pop()
    }

    /// How many calls, and how many tasks.
    pub(crate) fn lengths(&self) -> (usize, usize) {
        (self.calls.len(), self.tasks.len())
    }

    /// How many of a kind wait, and how many of them are this client's.
    pub(crate) fn waiting(&self, kind: Kind, client: Client) -> (usize, usize) {
        let line = if kind == Kind::Call { &self.calls } else { &self.tasks };
        let own = line.0.iter().find(|(other, _)| *other == client).map_or(0, |(_, items)| items.len());
        (line.len(), own)
    }

    /// Takes out what this holds for.
    pub(crate) fn remove(&mut self, is_unwanted: impl Fn(&T) -> bool) -> Vec<T> {
        let mut removed = Vec::new();
        self.calls.remove(&is_unwanted, &mut removed);
        self.tasks.remove(&is_unwanted, &mut removed);
        removed
    }

    fn line(&mut self, kind: Kind) -> &mut Line<T> {
        match kind {
            Kind::Call => &mut self.calls,
            Kind::Task => &mut self.tasks,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const A: Client = Client(1);
    const B: Client = Client(2);

    fn drain(turns: &mut Turns<u32>, with_tasks: bool) -> Vec<u32> {
        std::iter::from_fn(|| turns.pop(with_tasks)).collect()
    }

    #[test]
    fn clients_take_turns_and_each_ones_own_keep_their_order() {
        let mut turns = Turns::new();
        for number in 0..5 {
            turns.push(Kind::Call, A, number);
        }
        turns.push(Kind::Call, B, 10);
        turns.push(Kind::Call, B, 11);
        assert_eq!(drain(&mut turns, true), [0, 10, 1, 11, 2, 3, 4]);
    }

    #[test]
    fn calls_and_tasks_alternate_where_both_may_go_on() {
        let mut turns = Turns::new();
        for number in 0..3 {
            turns.push(Kind::Task, A, number);
            turns.push(Kind::Call, A, 10 + number);
        }
        assert_eq!(turns.lengths(), (3, 3));
        assert_eq!(drain(&mut turns, true), [10, 0, 11, 1, 12, 2]);
    }

    #[test]
    fn tasks_stay_where_they_may_not_go_on() {
        let mut turns = Turns::new();
        turns.push(Kind::Task, A, 1);
        turns.push(Kind::Call, A, 2);
        turns.push(Kind::Call, A, 3);
        assert_eq!(drain(&mut turns, false), [2, 3]);
        assert_eq!(drain(&mut turns, true), [1]);
    }

    #[test]
    fn what_nobody_wants_is_taken_out_and_the_rest_keeps_its_order() {
        let mut turns = Turns::new();
        for number in 0..6 {
            turns.push(Kind::Task, if number == 5 { B } else { A }, number);
        }
        assert_eq!(turns.remove(|number| number % 2 == 1), [1, 3, 5]);
        assert_eq!(drain(&mut turns, true), [0, 2, 4]);
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_nobody_waits_for_more_than_one_of_each_other(
            items in prop::collection::vec((0_u64..5, any::<bool>()), 0..60),
        ) {
            let mut turns = Turns::new();
            for (number, (client, is_task)) in items.iter().enumerate() {
                turns.push(if *is_task { Kind::Task } else { Kind::Call }, Client(*client), number);
            }
            let order: Vec<usize> = std::iter::from_fn(|| turns.pop(true)).collect();
            let mut sorted = order.clone();
            sorted.sort_unstable();
            prop_assert_eq!(sorted, (0..items.len()).collect::<Vec<_>>());
            // The first of each client and kind comes within one round of five clients and two kinds.
            for client in 0..5 {
                for is_task in [false, true] {
                    let first = items.iter().position(|item| *item == (client, is_task));
                    if let Some(first) = first {
                        let place = order.iter().position(|number| *number == first).unwrap();
                        prop_assert!(place < 10, "{first} came as number {place}");
                    }
                }
            }
        }
    }
}
