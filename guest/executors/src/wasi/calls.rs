//! The functions themselves, but for waiting (`poll`).

use super::guest::Guest;
use super::{Action, Ending, Errno, poll};
use crate::sandbox::CallState;
use std::time::{SystemTime, UNIX_EPOCH};

/// `filetype`: a character device, so that programs write line by line.
const CHARACTER_DEVICE: u8 = 2;
/// `rights`: `fd_read`, `fd_write`. Without those to seek, it counts as a terminal.
const READ_AND_WRITE: u64 = 1 << 1 | 1 << 6;
/// Sizes of `fdstat` and `filestat`.
const FDSTAT_BYTES: usize = 24;
const FILESTAT_BYTES: usize = 64;
/// What a random byte costs, in fuel.
const RANDOM_BYTE_FUEL: u64 = 4;
/// Random bytes that are made between two looks at the clock and the stop flag.
const RANDOM_SLICE_BYTES: usize = 64 * 1024;

/// How a function ended.
pub(crate) struct Reply {
    /// The error number, 0 for none; or the whole call ends.
    pub(crate) result: Result<u16, Ending>,
    /// Fuel that it has to pay.
    pub(crate) cost: u64,
}

/// Why a function has not done what it should.
pub(crate) enum Fault {
    Errno(Errno),
    End(Ending),
}

impl From<Errno> for Fault {
    fn from(errno: Errno) -> Self {
        Self::Errno(errno)
    }
}

/// Does what a function of WASI does. `arguments` are as many as it has, an i32 in the lower half of each.
pub(crate) fn call(action: Action, arguments: &[u64], memory: &mut [u8], state: &mut CallState) -> Reply {
    let mut guest = Guest { memory, state, cost: 0 };
    let result = match act(action, arguments, &mut guest) {
        Ok(()) => Ok(0),
        Err(Fault::Errno(errno)) => Ok(errno as u16),
        Err(Fault::End(ending)) => Err(ending),
    };
    Reply { result, cost: guest.cost }
}

fn act(action: Action, arguments: &[u64], guest: &mut Guest<'_>) -> Result<(), Fault> {
    let long = |index: usize| arguments.get(index).copied().unwrap_or_default();
    // Addresses and lengths are unsigned, whatever wasm's i32 looks like.
    let int = |index: usize| long(index) as u32;
    match action {
        Action::ArgsGet => list_get(guest, |state| &state.program.arguments, int(0), int(1))?,
        Action::ArgsSizesGet => list_sizes_get(guest, |state| &state.program.arguments, int(0), int(1))?,
        Action::EnvironGet => list_get(guest, |state| &state.program.environment, int(0), int(1))?,
        Action::EnvironSizesGet => list_sizes_get(guest, |state| &state.program.environment, int(0), int(1))?,
        Action::ClockResGet => {
            nanoseconds(int(0), guest.state).ok_or(Errno::Invalid)?;
            guest.write(int(1), &1_u64.to_le_bytes())?;
        }
        Action::ClockTimeGet => {
            let now = nanoseconds(int(0), guest.state).ok_or(Errno::Invalid)?;
            guest.write(int(2), &now.to_le_bytes())?;
        }
        Action::FdClose => stream(int(0))?,
        Action::FdFdstatGet => {
            stream(int(0))?;
            let mut status = [0; FDSTAT_BYTES];
            status[0] = CHARACTER_DEVICE;
            status[8..16].copy_from_slice(&READ_AND_WRITE.to_le_bytes());
            guest.write(int(1), &status)?;
        }
        Action::FdFilestatGet => {
            stream(int(0))?;
            let mut status = [0; FILESTAT_BYTES];
            status[16] = CHARACTER_DEVICE;
            guest.write(int(1), &status)?;
        }
        Action::FdPosition => {
            stream(int(0))?;
            return Err(Errno::NoPosition.into());
        }
        Action::FdRead => fd_read(guest, int(0), int(1), int(2), int(3))?,
        Action::FdWrite => fd_write(guest, int(0), int(1), int(2), int(3))?,
        Action::PollOneoff => poll::poll_oneoff(guest, int(0), int(1), int(2), int(3))?,
        Action::ProcExit => return Err(Fault::End(Ending::Exit(int(0)))),
        Action::RandomGet => random_get(guest, int(0), int(1))?,
        Action::SchedYield => std::thread::yield_now(),
        Action::Refuse(errno) => return Err(errno.into()),
    }
    Ok(())
}

/// Whether a descriptor is one of the three that there are.
pub(crate) fn stream(descriptor: u32) -> Result<(), Errno> {
    if descriptor <= 2 { Ok(()) } else { Err(Errno::BadDescriptor) }
}

/// The time by a clock, in nanoseconds; `None` if there is no such clock.
pub(crate) fn nanoseconds(clock: u32, state: &CallState) -> Option<u64> {
    let duration = match clock {
        0 => SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default(),
        // The monotonic one, and those of processor time: a call has a processor to itself.
        1..=3 => state.started.elapsed(),
        _ => return None,
    };
    Some(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX))
}

/// Writes strings one after the other, each with a NUL, and where each begins.
fn list_get(
    guest: &mut Guest<'_>,
    list: fn(&CallState) -> &Vec<Vec<u8>>,
    mut pointers: u32,
    mut address: u32,
) -> Result<(), Errno> {
    for index in 0..list(guest.state).len() {
        guest.write_u32(pointers, address)?;
        pointers = pointers.checked_add(4).ok_or(Errno::Fault)?;
        // No larger than linear memory, or the write fails.
        let Some(text) = list(guest.state).get(index) else { break };
        let length = u32::try_from(text.len()).map_err(|_| Errno::Fault)?;
        let end = address.checked_add(length).ok_or(Errno::Fault)?;
        let place = guest.memory.get_mut(address as usize..end as usize).ok_or(Errno::Fault)?;
        place.copy_from_slice(text);
        guest.write(end, &[0])?;
        guest.pay_for(length);
        address = end.checked_add(1).ok_or(Errno::Fault)?;
    }
    Ok(())
}

/// Writes how many strings there are, and how many bytes they take with their NULs.
fn list_sizes_get(
    guest: &mut Guest<'_>,
    list: fn(&CallState) -> &Vec<Vec<u8>>,
    count: u32,
    bytes: u32,
) -> Result<(), Errno> {
    let list = list(guest.state);
    let sizes = (list.len(), list.iter().map(|text| text.len() + 1).sum::<usize>());
    guest.write_u32(count, u32::try_from(sizes.0).map_err(|_| Errno::NoMemory)?)?;
    guest.write_u32(bytes, u32::try_from(sizes.1).map_err(|_| Errno::NoMemory)?)
}

fn fd_read(guest: &mut Guest<'_>, descriptor: u32, pieces: u32, count: u32, read: u32) -> Result<(), Errno> {
    if descriptor != 0 {
        return Err(Errno::BadDescriptor);
    }
    let mut total = 0;
    for (address, length) in guest.pieces(pieces, count)? {
        let program = &mut guest.state.program;
        let rest = program.input.get(program.input_position..).unwrap_or_default();
        let taken = rest.get(..length as usize).unwrap_or(rest);
        let place = guest.memory.get_mut(address as usize..).and_then(|place| place.get_mut(..taken.len()));
        place.ok_or(Errno::Fault)?.copy_from_slice(taken);
        program.input_position += taken.len();
        // No larger than `length`.
        let taken = taken.len() as u32;
        total += taken;
        guest.pay_for(taken);
    }
    guest.write_u32(read, total)
}

fn fd_write(guest: &mut Guest<'_>, descriptor: u32, pieces: u32, count: u32, written: u32) -> Result<(), Fault> {
    if !matches!(descriptor, 1 | 2) {
        return Err(Errno::BadDescriptor.into());
    }
    let pieces = guest.pieces(pieces, count)?;
    // Before anything is written, so that what is reported as failed has not happened.
    guest.bytes(written, 4)?;
    let mut total = 0;
    for (address, length) in pieces {
        let bytes = guest.memory.get(address as usize..).and_then(|bytes| bytes.get(..length as usize));
        let bytes = bytes.ok_or(Errno::Fault)?;
        let state = &mut *guest.state;
        if descriptor == 1 && state.program.output_bytes().saturating_add(bytes.len()) > state.output_limit_bytes {
            return Err(Fault::End(Ending::OutputLimit));
        }
        if descriptor == 2 || !state.program.write(bytes)? {
            state.log.append(bytes);
        }
        total += length;
        guest.pay_for(length);
    }
    guest.write_u32(written, total)?;
    Ok(())
}

fn random_get(guest: &mut Guest<'_>, address: u32, length: u32) -> Result<(), Fault> {
    guest.cost += RANDOM_BYTE_FUEL * u64::from(length);
    let random = guest.state.random;
    guest.bytes(address, length)?;
    let end = address as usize + length as usize;
    for start in (address as usize..end).step_by(RANDOM_SLICE_BYTES) {
        if guest.state.is_over() {
            return Err(Fault::End(Ending::Interrupted));
        }
        let slice = guest.memory.get_mut(start..end.min(start + RANDOM_SLICE_BYTES)).ok_or(Errno::Fault)?;
        random(slice).map_err(|_| Errno::Io)?;
    }
    Ok(())
}
