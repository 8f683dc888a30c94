//! Why QEMU ended: its exit status and its messages, made into an [`ExitCause`].

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use skerry_api::boot::GuestExit;

use crate::ExitCause;
use crate::process::ProcessEnd;
use crate::serial::printable;

/// Most lines of QEMU's own that a user is shown; a KVM error dumps all registers.
const MOST_LINES: usize = 8;
/// Most characters of each.
const MOST_LINE_CHARACTERS: usize = 300;

/// What ended QEMU, by its exit status and what it wrote to its standard error.
///
/// Status `2n + 1` means that the guest wrote `n` to the `isa-debug-exit` port. Status 1 is QEMU's own failure as well,
/// and 0 its answer to SIGTERM as well; in both cases QEMU then says so.
pub(super) fn exit_cause(end: ProcessEnd, standard_error: &[u8]) -> ExitCause {
    match end {
        ProcessEnd::Status(status) => cause_of_status(status, standard_error),
        ProcessEnd::Unknown => ExitCause::Unknown { message: failure_message(standard_error) },
    }
}

fn cause_of_status(status: ExitStatus, standard_error: &[u8]) -> ExitCause {
    if let Some(signal) = status.signal() {
        return ExitCause::Signal(signal);
    }
    let code = status.code().unwrap_or_default();
    let message = failure_message(standard_error);
    match code {
        0 if message.is_empty() => ExitCause::Reset,
        0 => ExitCause::Vmm { status: code, message },
        1 if !message.is_empty() => ExitCause::Vmm { status: code, message },
        _ => match (GuestExit::from_qemu_status(code), u8::try_from(code / 2)) {
            (Some(exit), _) => ExitCause::Guest(exit),
            (None, Ok(guest_code)) if code % 2 == 1 => ExitCause::GuestCode(guest_code),
            _ => ExitCause::Vmm { status: code, message },
        },
    }
}

/// QEMU's complaints without its warnings, which do not end it, and without its own name before each.
pub(super) fn failure_message(standard_error: &[u8]) -> String {
    let text = printable(standard_error);
    let lines = text.lines().map(|line| match line.split_once(": ") {
        Some((program, rest)) if program.starts_with("qemu") => rest,
        _ => line,
    });
    let shown: Vec<String> = lines
        .filter(|line| !line.trim().is_empty() && !line.starts_with("warning: "))
        .take(MOST_LINES)
        .map(|line| line.chars().take(MOST_LINE_CHARACTERS).collect())
        .collect();
    shown.join("\n")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn exited(code: i32) -> ProcessEnd {
        ProcessEnd::Status(ExitStatus::from_raw(code << 8))
    }

    #[test]
    fn the_guests_own_codes_are_told_from_qemus() {
        assert_eq!(exit_cause(exited(33), b""), ExitCause::Guest(GuestExit::BadImage));
        assert_eq!(exit_cause(exited(35), b"noise"), ExitCause::Guest(GuestExit::TooLittleMemory));
        assert_eq!(exit_cause(exited(255), b""), ExitCause::GuestCode(127));
        assert_eq!(exit_cause(exited(1), b""), ExitCause::Guest(GuestExit::Finished));
        assert_eq!(exit_cause(exited(0), b""), ExitCause::Reset);
        assert_eq!(exit_cause(exited(2), b""), ExitCause::Vmm { status: 2, message: String::new() });
        assert_eq!(exit_cause(ProcessEnd::Status(ExitStatus::from_raw(9)), b"x"), ExitCause::Signal(9));
    }

    #[test]
    fn qemus_own_failure_is_its_message_without_warnings() {
        let error =
            b"qemu-system-x86_64: warning: TCG lacks x\nqemu-system-x86_64: could not load PC BIOS 'qboot.rom'\n";
        let message = "could not load PC BIOS 'qboot.rom'".to_owned();
        assert_eq!(exit_cause(exited(1), error), ExitCause::Vmm { status: 1, message });
        assert_eq!(
            exit_cause(exited(1), b"qemu-system-x86_64: warning: x\n"),
            ExitCause::Guest(GuestExit::Finished),
            "a warning ends nothing"
        );
        let terminated = b"qemu-system-x86_64: terminating on signal 15 from pid 1 (init)\n";
        assert!(matches!(exit_cause(exited(0), terminated), ExitCause::Vmm { status: 0, .. }));
    }

    #[test]
    fn an_end_whose_status_went_elsewhere_is_told_by_qemus_words() {
        let error = b"qemu-system-x86_64: something broke\n";
        let cause = exit_cause(ProcessEnd::Unknown, error);
        assert_eq!(cause.to_string(), "it ended, and the VMM said: something broke");
        assert!(exit_cause(ProcessEnd::Unknown, b"").to_string().contains("not known"));
    }

    proptest! {
        #[test]
        fn any_message_is_bounded(bytes in proptest::collection::vec(any::<u8>(), 0..5000)) {
            let message = failure_message(&bytes);
            prop_assert!(message.lines().count() <= MOST_LINES);
            prop_assert!(message.chars().count() <= MOST_LINES * (MOST_LINE_CHARACTERS + 1));
        }
    }
}
