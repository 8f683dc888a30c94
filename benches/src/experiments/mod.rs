//! The experiments, a module each: `measure` starts what it needs, measures, and gives a [`Section`].
//!
//! [`Section`]: crate::report::Section

pub(crate) mod density;
pub(crate) mod gateway;
pub(crate) mod load;
pub(crate) mod restart;
pub(crate) mod start;

use std::time::Duration;

/// Milliseconds, as the tables have them.
pub(crate) fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

/// MiB of so many KiB.
pub(crate) fn mib(kib: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "no machine has 2^52 KiB")]
    let kib = kib as f64;
    kib / 1024.0
}
