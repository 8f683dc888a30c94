//! Random bytes from the system. A failure is an error: there is no fallback that could be guessed.
#![expect(unsafe_code, reason = "system calls")]

use std::io;

/// Fills `bytes` from the system's cryptographically secure source.
///
/// # Errors
/// The system has no source of entropy, or it failed.
pub(crate) fn fill(bytes: &mut [u8]) -> io::Result<()> {
    let mut filled = 0;
    while filled < bytes.len() {
        match usize::try_from(read(&mut bytes[filled..])) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => filled += count,
            Err(_) => {
                let error = last_error();
                if error.kind() != io::ErrorKind::Interrupted {
                    return Err(error);
                }
            }
        }
    }
    Ok(())
}

/// Makes the machine's own state one that no clone of it shares: mixes `given` into the generator behind [`fill`], beside a
/// fresh answer of the hardware, renews whatever the system has drawn from it, and sets the clock of the day.
///
/// A plain Linux program leaves all of that to its system, which may be shared and is no restored machine.
///
/// # Errors
/// The machine has no source of entropy of its own.
#[cfg(target_os = "hermit")]
pub(crate) fn renew_machine(given: &[u8], unix_time_us: u64) -> io::Result<()> {
    unsafe extern "C" {
        fn sys_skerry_renew(given: *const u8, given_bytes: usize, unix_time_us: u64) -> i32;
    }
    // SAFETY: pointer and length are those of a live slice.
    match unsafe { sys_skerry_renew(given.as_ptr(), given.len(), unix_time_us) } {
        0 => Ok(()),
        _ => Err(last_error()),
    }
}

/// See above.
#[cfg(not(target_os = "hermit"))]
pub(crate) fn renew_machine(_given: &[u8], _unix_time_us: u64) -> io::Result<()> {
    Ok(())
}

#[cfg(target_os = "hermit")]
fn read(bytes: &mut [u8]) -> isize {
    // SAFETY: pointer and length are those of a live, exclusively borrowed slice.
    unsafe { hermit_abi::read_entropy(bytes.as_mut_ptr(), bytes.len(), 0) }
}

#[cfg(target_os = "hermit")]
fn last_error() -> io::Error {
    io::Error::other("the machine has no source of entropy (RDSEED or RDRAND)")
}

#[cfg(not(target_os = "hermit"))]
fn read(bytes: &mut [u8]) -> isize {
    // SAFETY: pointer and length are those of a live, exclusively borrowed slice.
    unsafe { libc::getrandom(bytes.as_mut_ptr().cast(), bytes.len(), 0) }
}

#[cfg(not(target_os = "hermit"))]
fn last_error() -> io::Error {
    io::Error::last_os_error()
}

#[cfg(test)]
mod tests {
    #[test]
    fn two_fills_differ() {
        let (mut one, mut other) = ([0; 32], [0; 32]);
        super::fill(&mut one).unwrap();
        super::fill(&mut other).unwrap();
        assert_ne!(one, other);
    }
}
