//! The frequency of the host's time-stamp counter, which guests see under both accelerators.
//!
//! Measured beside something that takes its time anyway, against the monotonic clock: 20 ms give it within some 10 ppm, and
//! the guest takes whole MHz.

use std::time::{Duration, Instant};

/// Both clocks read at one moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ClockSample {
    counter: u64,
    time: Instant,
}

impl ClockSample {
    /// Reads both, three times, and takes the pair that was least interrupted. `None` where there is no such counter.
    pub(crate) fn take() -> Option<Self> {
        (0..3).filter_map(|_| Self::take_once()).min_by_key(|(width, _)| *width).map(|(_, sample)| sample)
    }

    fn take_once() -> Option<(u64, Self)> {
        let before = read_counter()?;
        let time = Instant::now();
        let width = read_counter()?.wrapping_sub(before);
        Some((width, Self { counter: before.wrapping_add(width / 2), time }))
    }

    /// The frequency in MHz from `self` until `later`; `None` when they are too close or the counter is not a steady one.
    pub(crate) fn mhz_until(&self, later: &Self) -> Option<u32> {
        mhz(later.counter.checked_sub(self.counter)?, later.time.checked_duration_since(self.time)?)
    }
}

fn mhz(ticks: u64, elapsed: Duration) -> Option<u32> {
    let nanoseconds = elapsed.as_nanos();
    // 2 ms bound the error of the two readings (some 100 ns) to 50 ppm.
    if nanoseconds < 2_000_000 {
        return None;
    }
    let mhz = (u128::from(ticks) * 1000 + nanoseconds / 2) / nanoseconds;
    // Outside of this no processor's counter lies, and the kernel's own calibration does better than a wrong figure.
    u32::try_from(mhz).ok().filter(|mhz| (100..=20_000).contains(mhz))
}

#[cfg(target_arch = "x86_64")]
fn read_counter() -> Option<u64> {
    // SAFETY: every x86-64 processor has RDTSC; Linux lets user space execute it.
    #[allow(unsafe_code, unused_unsafe)]
    Some(unsafe { core::arch::x86_64::_rdtsc() })
}

#[cfg(not(target_arch = "x86_64"))]
fn read_counter() -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frequencies_are_rounded_to_whole_mhz() {
        assert_eq!(mhz(52_000_000, Duration::from_millis(20)), Some(2600));
        assert_eq!(mhz(51_990_001, Duration::from_millis(20)), Some(2600));
        assert_eq!(mhz(51_989_999, Duration::from_millis(20)), Some(2599));
    }

    #[test]
    fn a_short_or_absurd_measurement_gives_nothing() {
        assert_eq!(mhz(2_600_000, Duration::from_millis(1)), None);
        assert_eq!(mhz(1000, Duration::from_millis(20)), None);
        assert_eq!(mhz(u64::MAX, Duration::from_millis(20)), None);
    }
}
