//! How much of everything is measured.

use std::time::Duration;

/// The amounts of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    /// `cold_start`: starts of each contender.
    pub(crate) runs: usize,
    /// `burst`: instances that are asked for at once.
    pub(crate) burst: usize,
    /// `alloc`: after how many instances memory is looked at, rising.
    pub(crate) instances: Vec<usize>,
    /// `serving`: how long each load lasts.
    pub(crate) serving: Duration,
    /// `serving`: how often each load is repeated.
    pub(crate) serving_rounds: usize,
    /// `serving`: connections.
    pub(crate) connections: Vec<u32>,
    /// `serving`: sizes of what a function is sent.
    pub(crate) payload_bytes: Vec<usize>,
    /// `cpu`: calls of each kernel, the one that compiles it not counted.
    pub(crate) kernel_calls: usize,
    /// `idle_instructions`: how long.
    pub(crate) idle: Duration,
    /// `energy`: starts of each contender.
    pub(crate) energy_starts: usize,
    /// `energy`: calls of each contender.
    pub(crate) energy_calls: usize,
}

impl Plan {
    /// For figures that are to be shown.
    pub(crate) fn full() -> Self {
        Self {
            runs: 30,
            burst: 50,
            instances: vec![1, 2, 5, 10, 20, 50, 100],
            serving: Duration::from_secs(2),
            serving_rounds: 4,
            connections: vec![1, 8, 64],
            payload_bytes: vec![1 << 10, 32 << 10, 1 << 20],
            kernel_calls: 5,
            idle: Duration::from_secs(10),
            energy_starts: 10,
            energy_calls: 1000,
        }
    }

    /// To see that all of it works and answers rightly: minutes, and figures that are good for nothing else.
    pub(crate) fn quick() -> Self {
        Self {
            runs: 3,
            burst: 4,
            instances: vec![1, 3],
            serving: Duration::from_secs(1),
            serving_rounds: 1,
            connections: vec![1, 8],
            payload_bytes: vec![1 << 10],
            kernel_calls: 1,
            idle: Duration::from_secs(1),
            energy_starts: 2,
            energy_calls: 100,
        }
    }
}
