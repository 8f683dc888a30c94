//! What one request asks for beside the function: lower limits, and its log.

use crate::{Limits, RequestError};
use std::time::Duration;

/// Most of a call's log that is kept where nobody asked for it, in bytes: it goes to the machine's console only.
const UNASKED_LOG_BYTES: usize = 8 * 1024;

const MIB: usize = 1024 * 1024;

/// A request's own limits, which may only lower the runtime's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallOptions {
    /// Wall-clock time from start to end, in milliseconds.
    pub timeout_ms: Option<u64>,
    /// Memory of the function, in MiB.
    pub memory_mib: Option<u64>,
    /// Result and all `OUT` values together, and no more of the log either, in bytes.
    pub max_output_bytes: Option<u64>,
    /// Keep as much of the log as the limits allow, for the answer.
    pub wants_log: bool,
}

impl CallOptions {
    /// The limits of a call with these options where the runtime has `limits`.
    ///
    /// # Errors
    ///
    /// [`RequestError::BadLimit`] if a limit is above the runtime's own, or nothing at all.
    pub(crate) fn lower(self, limits: &Limits) -> Result<Limits, RequestError> {
        let mut lowered = limits.clone();
        if let Some(given) = self.timeout_ms {
            let most = u64::try_from(limits.time.as_millis()).unwrap_or(u64::MAX);
            lowered.time = Duration::from_millis(within("timeout_ms", given, most)?);
        }
        if let Some(given) = self.memory_mib {
            let mib = within("memory_mib", given, (limits.memory_bytes / MIB) as u64)?;
            lowered.memory_bytes = mib as usize * MIB;
        }
        if let Some(given) = self.max_output_bytes {
            let bytes = within("max_output_bytes", given, limits.result_bytes as u64)?;
            lowered.result_bytes = bytes as usize;
            lowered.log_bytes = lowered.log_bytes.min(bytes as usize);
        }
        if !self.wants_log {
            lowered.log_bytes = lowered.log_bytes.min(UNASKED_LOG_BYTES);
        }
        Ok(lowered)
    }
}

fn within(field: &'static str, given: u64, most: u64) -> Result<u64, RequestError> {
    if given == 0 || given > most { Err(RequestError::BadLimit { field, given, most }) } else { Ok(given) }
}

#[cfg(test)]
mod tests {
    use super::CallOptions;
    use crate::{Limits, RequestError};
    use std::time::Duration;

    const ASKED: CallOptions =
        CallOptions { timeout_ms: None, memory_mib: None, max_output_bytes: None, wants_log: true };

    #[test]
    fn without_options_the_runtimes_limits_hold() {
        let limits = Limits::default();
        let lowered = ASKED.lower(&limits).unwrap();
        assert_eq!(format!("{lowered:?}"), format!("{limits:?}"));
        assert!(CallOptions::default().lower(&limits).unwrap().log_bytes < limits.log_bytes);
    }

    #[test]
    fn each_option_lowers_its_own_limit_and_output_that_of_the_log_too() {
        let options = CallOptions { timeout_ms: Some(5), memory_mib: Some(2), max_output_bytes: Some(100), ..ASKED };
        let lowered = options.lower(&Limits::default()).unwrap();
        let seen = (lowered.time, lowered.memory_bytes, lowered.result_bytes, lowered.log_bytes);
        assert_eq!(seen, (Duration::from_millis(5), 2 << 20, 100, 100));
    }

    #[test]
    fn the_runtimes_own_limit_may_be_asked_for_and_no_more_and_never_nothing() {
        let limits =
            Limits { time: Duration::from_millis(70), memory_bytes: 3 << 20, result_bytes: 9, ..Limits::default() };
        let with = |timeout_ms, memory_mib, max_output_bytes| {
            CallOptions { timeout_ms, memory_mib, max_output_bytes, ..ASKED }.lower(&limits).map(drop)
        };
        assert_eq!(with(Some(70), Some(3), Some(9)), Ok(()));
        let refused = |field, given, most| Err(RequestError::BadLimit { field, given, most });
        assert_eq!(with(Some(71), None, None), refused("timeout_ms", 71, 70));
        assert_eq!(with(None, Some(4), None), refused("memory_mib", 4, 3));
        assert_eq!(with(None, None, Some(u64::MAX)), refused("max_output_bytes", u64::MAX, 9));
        assert_eq!(with(Some(0), None, None), refused("timeout_ms", 0, 70));
    }
}
