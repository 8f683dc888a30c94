//! A bounded number of slots, and a bounded queue for whoever finds none free.
//!
//! The queue is fair between clients, not between requests: each client's requests wait in their order, and clients take
//! turns. One that sends a hundred at once delays another one's by one. It does not know what the slots are for.

use std::collections::VecDeque;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;

/// Who waits, as far as fairness goes.
pub(crate) trait Client: Clone + Eq + Hash + Send + 'static {}

impl<T: Clone + Eq + Hash + Send + 'static> Client for T {}

/// Slots and their queue. Cheap to clone.
pub(crate) struct Lane<C: Client> {
    shared: Arc<Mutex<State<C>>>,
}

impl<C: Client> Clone for Lane<C> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

struct State<C: Client> {
    slots: usize,
    taken: usize,
    most_waiting: usize,
    waiting: usize,
    next_ticket: u64,
    /// Clients with waiting requests, the one whose turn is next in front. None is there without a request.
    turns: VecDeque<(C, VecDeque<Waiter<C>>)>,
    /// Why no slot is given out any more.
    closed: Option<Arc<str>>,
}

struct Waiter<C: Client> {
    ticket: u64,
    grant: oneshot::Sender<Slot<C>>,
}

/// A slot that is held; given to the next in the queue when it is dropped.
pub(crate) struct Slot<C: Client> {
    lane: Option<Lane<C>>,
}

/// Why there is no slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NoSlot {
    /// The queue is full.
    Full,
    /// The turn did not come in time.
    TimedOut,
    /// The lane is closed, for this reason.
    Closed(Arc<str>),
}

impl<C: Client> Lane<C> {
    pub(crate) fn new(slots: usize, most_waiting: usize) -> Self {
        let state =
            State { slots, taken: 0, most_waiting, waiting: 0, next_ticket: 0, turns: VecDeque::new(), closed: None };
        Self { shared: Arc::new(Mutex::new(state)) }
    }

    /// Takes a slot, or waits for one for at most `patience`. Dropping the future leaves the queue.
    pub(crate) async fn slot(&self, client: C, patience: Duration) -> Result<Slot<C>, NoSlot> {
        let (ticket, receiver) = match self.enter(&client)? {
            Entry::Slot(slot) => return Ok(slot),
            Entry::Queued(ticket, receiver) => (ticket, receiver),
        };
        let mut place = Place { lane: self, client, ticket, receiver };
        match tokio::time::timeout(patience, &mut place.receiver).await {
            Ok(Ok(slot)) => Ok(slot),
            Ok(Err(_)) => Err(NoSlot::Closed(self.lock().closed.clone().unwrap_or_default())),
            Err(_) => Err(NoSlot::TimedOut),
        }
    }

    /// Other bounds from now on. Whoever waits already goes on waiting.
    pub(crate) fn resize(&self, slots: usize, most_waiting: usize) {
        let mut state = self.lock();
        (state.slots, state.most_waiting) = (slots, most_waiting);
        drop(state);
        self.hand_out();
    }

    /// Sends away whoever waits, and whoever comes, with this reason.
    pub(crate) fn close(&self, reason: &Arc<str>) {
        let mut state = self.lock();
        state.closed = Some(Arc::clone(reason));
        state.waiting = 0;
        let turns = std::mem::take(&mut state.turns);
        drop(state);
        drop(turns);
    }

    #[cfg(test)]
    pub(crate) fn taken(&self) -> usize {
        self.lock().taken
    }

    pub(crate) fn waiting(&self) -> usize {
        self.lock().waiting
    }

    fn enter(&self, client: &C) -> Result<Entry<C>, NoSlot> {
        let mut state = self.lock();
        if let Some(reason) = &state.closed {
            return Err(NoSlot::Closed(Arc::clone(reason)));
        }
        if state.taken < state.slots && state.waiting == 0 {
            state.taken += 1;
            return Ok(Entry::Slot(Slot { lane: Some(self.clone()) }));
        }
        if state.waiting >= state.most_waiting {
            return Err(NoSlot::Full);
        }
        let (grant, receiver) = oneshot::channel();
        let ticket = state.push(client, grant);
        Ok(Entry::Queued(ticket, receiver))
    }

    /// Gives free slots to whoever waits.
    fn hand_out(&self) {
        loop {
            let mut state = self.lock();
            if state.taken >= state.slots {
                return;
            }
            let Some(waiter) = state.pop() else { return };
            state.taken += 1;
            drop(state);
            // Not under the lock: a waiter that has just gone gives the slot back, which drops it.
            let _ = waiter.grant.send(Slot { lane: Some(self.clone()) });
        }
    }

    fn give_back(&self) {
        self.lock().taken -= 1;
        self.hand_out();
    }

    fn lock(&self) -> MutexGuard<'_, State<C>> {
        // Nothing in here panics between two steps that belong together.
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

enum Entry<C: Client> {
    Slot(Slot<C>),
    Queued(u64, oneshot::Receiver<Slot<C>>),
}

impl<C: Client> State<C> {
    fn push(&mut self, client: &C, grant: oneshot::Sender<Slot<C>>) -> u64 {
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        self.waiting += 1;
        let waiter = Waiter { ticket, grant };
        match self.turns.iter_mut().find(|(other, _)| other == client) {
            Some((_, waiters)) => waiters.push_back(waiter),
            None => self.turns.push_back((client.clone(), VecDeque::from([waiter]))),
        }
        ticket
    }

    fn pop(&mut self) -> Option<Waiter<C>> {
        let (client, mut waiters) = self.turns.pop_front()?;
        let waiter = waiters.pop_front();
        if !waiters.is_empty() {
            self.turns.push_back((client, waiters));
        }
        self.waiting -= usize::from(waiter.is_some());
        waiter
    }

    fn remove(&mut self, client: &C, ticket: u64) {
        let Some(at) = self.turns.iter().position(|(other, _)| other == client) else { return };
        let waiters = &mut self.turns[at].1;
        let before = waiters.len();
        waiters.retain(|waiter| waiter.ticket != ticket);
        self.waiting -= before - waiters.len();
        if waiters.is_empty() {
            self.turns.remove(at);
        }
    }
}

/// A place in the queue; left when it is dropped.
struct Place<'a, C: Client> {
    lane: &'a Lane<C>,
    client: C,
    ticket: u64,
    receiver: oneshot::Receiver<Slot<C>>,
}

impl<C: Client> Drop for Place<'_, C> {
    fn drop(&mut self) {
        self.lane.lock().remove(&self.client, self.ticket);
    }
}

impl<C: Client> Drop for Slot<C> {
    fn drop(&mut self) {
        if let Some(lane) = self.lane.take() {
            lane.give_back();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    /// A request that has taken its place in the queue by the time this returns.
    async fn queued(lane: &Lane<char>, client: char) -> tokio::task::JoinHandle<Result<Slot<char>, NoSlot>> {
        let before = lane.waiting();
        let waiting = tokio::spawn({
            let lane = lane.clone();
            async move { lane.slot(client, LONG).await }
        });
        while lane.waiting() == before {
            tokio::task::yield_now().await;
        }
        waiting
    }

    #[tokio::test]
    async fn more_than_the_slots_wait_and_more_than_the_queue_are_refused() {
        let lane = Lane::new(2, 1);
        let first = lane.slot('a', LONG).await.unwrap_or_else(|_| panic!("a slot is free"));
        let _second = lane.slot('a', LONG).await;
        let third = queued(&lane, 'a').await;
        assert_eq!(lane.slot('b', LONG).await.err(), Some(NoSlot::Full));
        assert_eq!((lane.taken(), lane.waiting()), (2, 1));
        drop(first);
        let third = third.await.unwrap();
        assert!(third.is_ok());
        assert_eq!((lane.taken(), lane.waiting()), (2, 0));
    }

    #[tokio::test]
    async fn clients_take_turns_however_much_one_of_them_asks() {
        let lane = Lane::new(1, 10);
        let mut held = lane.slot('a', LONG).await;
        let mut waiting = Vec::new();
        for client in ['a', 'a', 'a', 'b', 'c', 'b'] {
            waiting.push((client, queued(&lane, client).await));
        }
        let mut order = String::new();
        while !waiting.is_empty() {
            drop(held);
            let at = loop {
                match waiting.iter().position(|(_, handle)| handle.is_finished()) {
                    Some(at) => break at,
                    None => tokio::task::yield_now().await,
                }
            };
            let (client, handle) = waiting.remove(at);
            held = handle.await.unwrap();
            assert!(held.is_ok());
            order.push(client);
        }
        assert_eq!(order, "abcaba");
    }

    #[tokio::test]
    async fn whoever_leaves_the_queue_leaves_no_trace() {
        let lane = Lane::new(1, 2);
        let held = lane.slot('a', LONG).await;
        let gone = queued(&lane, 'a').await;
        let stays = queued(&lane, 'a').await;
        gone.abort();
        assert!(gone.await.is_err());
        assert_eq!(lane.waiting(), 1);
        drop(held);
        drop(stays.await.unwrap());
        assert_eq!((lane.taken(), lane.waiting()), (0, 0));
        assert_eq!(lane.lock().turns.len(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn patience_ends() {
        let lane = Lane::new(1, 2);
        let _held = lane.slot('a', LONG).await;
        assert_eq!(lane.slot('b', Duration::from_millis(5)).await.err(), Some(NoSlot::TimedOut));
        assert_eq!((lane.taken(), lane.waiting()), (1, 0));
    }

    #[tokio::test]
    async fn a_closed_lane_sends_everybody_away_with_the_reason() {
        let lane = Lane::new(1, 2);
        let held = lane.slot('a', LONG).await;
        let waiting = queued(&lane, 'b').await;
        lane.close(&"deleted".into());
        let closed = Some(NoSlot::Closed("deleted".into()));
        assert_eq!(waiting.await.unwrap().err(), closed);
        assert_eq!(lane.slot('a', LONG).await.err(), closed);
        drop(held);
        assert_eq!((lane.taken(), lane.waiting()), (0, 0));
    }

    #[tokio::test]
    async fn more_slots_are_given_out_at_once_and_fewer_as_they_come_back() {
        let lane = Lane::new(1, 5);
        let first = lane.slot('a', LONG).await;
        let second = queued(&lane, 'a').await;
        lane.resize(2, 5);
        let second = second.await.unwrap();
        assert!(second.is_ok());
        lane.resize(1, 0);
        drop(first);
        assert_eq!(lane.slot('a', LONG).await.err(), Some(NoSlot::Full));
        drop(second);
        assert!(lane.slot('a', LONG).await.is_ok());
    }
}
