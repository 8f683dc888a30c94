//! The error numbers of preview 1 that are given.

/// An `errno` other than 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub(crate) enum Errno {
    /// `badf`
    BadDescriptor = 8,
    /// `fault`: an address outside of linear memory.
    Fault = 21,
    /// `inval`
    Invalid = 28,
    /// `io`
    Io = 29,
    /// `nomem`
    NoMemory = 48,
    /// `nosys`
    NoSystemCall = 52,
    /// `spipe`: a stream has no position.
    NoPosition = 70,
}
