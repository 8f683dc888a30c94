//! What a host tells a guest at boot, and what a guest tells by ending.
//!
//! Boot options travel as `name=value` words: after `--` on the kernel's command line in a microVM, as arguments of the
//! plain Linux binary. Unknown names are refused, so that a misspelt limit is never silently the default.

/// `log=error|warn|info|debug`: least severe level written to the serial console. Default `info`.
pub const OPTION_LOG: &str = "log";
/// `compat=cognit-1.0`: answer `execute-async` with 200 as the first public COGNIT release does, not 201.
pub const OPTION_COMPAT: &str = "compat";
/// `port=N`: TCP port to listen on. Default [`crate::faas::GUEST_PORT`]; 0 (plain Linux binary only) picks a free one.
pub const OPTION_PORT: &str = "port";
/// `address=A`: IPv4 address to listen on. Default `0.0.0.0` in a guest, `127.0.0.1` in the plain Linux binary.
pub const OPTION_ADDRESS: &str = "address";
/// `body-limit-bytes=N`: largest request body. Default 16 MiB, less where the machine's memory is small.
pub const OPTION_BODY_LIMIT_BYTES: &str = "body-limit-bytes";
/// `call-time-limit-ms=N`: wall-clock limit of one call. Default 60 000.
pub const OPTION_CALL_TIME_LIMIT_MS: &str = "call-time-limit-ms";
/// `call-memory-limit-bytes=N`: most linear memory that one call may use. Default 16 MiB.
pub const OPTION_CALL_MEMORY_LIMIT_BYTES: &str = "call-memory-limit-bytes";
/// `idle-time-limit-ms=N`: how long a connection may stay open without a request. Default 60 000.
pub const OPTION_IDLE_TIME_LIMIT_MS: &str = "idle-time-limit-ms";
/// `read-time-limit-ms=N`: how long a client may take to send one request. Default 10 000.
pub const OPTION_READ_TIME_LIMIT_MS: &str = "read-time-limit-ms";
/// `connections=N`: most connections at once. Default 64.
pub const OPTION_CONNECTIONS: &str = "connections";
/// `workers=N`: how many functions run at once. Default 4.
pub const OPTION_WORKERS: &str = "workers";
/// `tasks=N`: most asynchronous tasks remembered at once, finished ones included. Default 256.
pub const OPTION_TASKS: &str = "tasks";
/// `task-retention-ms=N`: how long a finished task's result is kept. Default 600 000.
pub const OPTION_TASK_RETENTION_MS: &str = "task-retention-ms";
/// `renewal=on`: offer [`crate::faas::RENEW_PATH`], by which a host makes a restored machine one of its own. Off by default;
/// whoever switches it on keeps that path from clients.
pub const OPTION_RENEWAL: &str = "renewal";

/// How a guest ended, as its exit code says it.
///
/// On QEMU the code `n` is written to the `isa-debug-exit` port, and QEMU itself then exits with `2n + 1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum GuestExit {
    /// The application ended by itself. A runtime never does, so this is a fault too.
    Finished = 0,
    /// The kernel or the runtime panicked; the serial log has the message.
    Panicked = 1,
    /// The loader found no image, or one that it cannot boot.
    BadImage = 16,
    /// The machine has too little memory for the image.
    TooLittleMemory = 17,
    /// The VMM handed over something that the loader does not understand.
    BadStartInfo = 18,
    /// The loader itself failed (a fault of its own).
    LoaderFault = 19,
    /// The runtime could not start: a boot option that it does not know, or no network.
    RuntimeRefused = 20,
}

impl GuestExit {
    /// All ways to end, for whoever has to map a code back.
    pub const ALL: [Self; 7] = [
        Self::Finished,
        Self::Panicked,
        Self::BadImage,
        Self::TooLittleMemory,
        Self::BadStartInfo,
        Self::LoaderFault,
        Self::RuntimeRefused,
    ];

    /// The exit status that QEMU has when the guest wrote this code to `isa-debug-exit`.
    #[must_use]
    pub const fn qemu_status(self) -> i32 {
        (self as i32) * 2 + 1
    }

    /// The exit that a QEMU exit status stands for; `None` when QEMU ended for a reason of its own.
    ///
    /// QEMU's own failures exit with 1, which is also `Finished`; the caller tells them apart by QEMU's messages.
    #[must_use]
    pub fn from_qemu_status(status: i32) -> Option<Self> {
        Self::ALL.into_iter().find(|exit| exit.qemu_status() == status)
    }

    /// What happened, for a user.
    #[must_use]
    pub const fn explanation(self) -> &'static str {
        match self {
            Self::Finished => "the runtime ended by itself, or the VMM failed before it began",
            Self::Panicked => "the kernel or the runtime panicked",
            Self::BadImage => "the loader was given no image, or one that it cannot boot",
            Self::TooLittleMemory => "the machine has too little memory for the image",
            Self::BadStartInfo => "the loader does not understand what the VMM handed over",
            Self::LoaderFault => "the loader failed",
            Self::RuntimeRefused => "the runtime refused to start: an unknown boot option, or no network",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_exit_survives_the_way_through_qemu() {
        for exit in GuestExit::ALL {
            assert_eq!(GuestExit::from_qemu_status(exit.qemu_status()), Some(exit));
        }
        assert_eq!(GuestExit::from_qemu_status(2), None);
    }
}
