//! `poll_oneoff`: waiting, for clocks only, since streams are always ready.

use super::calls::{Fault, nanoseconds, stream};
use super::guest::Guest;
use super::{Ending, Errno};
use std::time::{Duration, Instant};

/// Sizes of `subscription` and `event`.
const SUBSCRIPTION_BYTES: u32 = 48;
const EVENT_BYTES: u32 = 32;
/// Most subscriptions of one call.
const MOST_SUBSCRIPTIONS: u32 = 1024;
const CLOCK_TAG: u8 = 0;
/// `subclockflags`: the time is a point, not a duration.
const IS_ABSOLUTE: u16 = 1;
/// How long a wait goes on between two looks at the stop flag.
const SLICE: Duration = Duration::from_millis(5);

/// What is waited for.
struct Subscription {
    user_data: [u8; 8],
    tag: u8,
    /// From now on, in nanoseconds; or what is wrong with it.
    wait: Result<u64, Errno>,
}

/// Waits for the first of several subscriptions and writes an event for each that has come.
pub(crate) fn poll_oneoff(
    guest: &mut Guest<'_>,
    subscriptions: u32,
    events: u32,
    count: u32,
    event_count: u32,
) -> Result<(), Fault> {
    if count == 0 || count > MOST_SUBSCRIPTIONS {
        return Err(Errno::Invalid.into());
    }
    guest.pay_for(count * SUBSCRIPTION_BYTES);
    let list = (0..count).map(|index| read(guest, subscriptions.checked_add(index * SUBSCRIPTION_BYTES)));
    let list = list.collect::<Result<Vec<_>, _>>()?;
    guest.bytes(events, count * EVENT_BYTES)?;
    guest.bytes(event_count, 4)?;
    let shortest = list.iter().map(|subscription| subscription.wait.unwrap_or(0)).min().unwrap_or(0);
    wait(guest, Duration::from_nanos(shortest))?;
    let mut happened = 0;
    for Subscription { user_data, tag, wait } in list {
        if wait.is_ok_and(|wait| wait > shortest) {
            continue;
        }
        let mut event = [0; EVENT_BYTES as usize];
        event[..8].copy_from_slice(&user_data);
        event[8..10].copy_from_slice(&wait.map_or_else(|errno| errno as u16, |_| 0).to_le_bytes());
        event[10] = tag;
        guest.write(events + happened * EVENT_BYTES, &event)?;
        happened += 1;
    }
    guest.write_u32(event_count, happened)?;
    Ok(())
}

fn read(guest: &mut Guest<'_>, address: Option<u32>) -> Result<Subscription, Errno> {
    let bytes: [u8; SUBSCRIPTION_BYTES as usize] = guest.read(address.ok_or(Errno::Fault)?)?;
    let at = |start: usize| {
        let mut number = [0; 8];
        number.copy_from_slice(&bytes[start..start + 8]);
        number
    };
    let tag = bytes[8];
    // A clock's identity, or a descriptor.
    let subject = u64::from_le_bytes(at(16)) as u32;
    let wait = if tag == CLOCK_TAG {
        let timeout = u64::from_le_bytes(at(24));
        let is_absolute = u64::from_le_bytes(at(40)) as u16 & IS_ABSOLUTE != 0;
        let now = nanoseconds(subject, guest.state).ok_or(Errno::Invalid);
        now.map(|now| if is_absolute { timeout.saturating_sub(now) } else { timeout })
    } else {
        stream(subject).map(|()| 0)
    };
    Ok(Subscription { user_data: at(0), tag, wait })
}

fn wait(guest: &Guest<'_>, duration: Duration) -> Result<(), Fault> {
    let started = Instant::now();
    loop {
        let left = duration.saturating_sub(started.elapsed());
        if left.is_zero() {
            return Ok(());
        }
        if guest.state.is_over() {
            return Err(Fault::End(Ending::Interrupted));
        }
        std::thread::sleep(left.min(SLICE));
    }
}
