//! When an image says that it was made: never what a clock says, or no two builds would be the same image.

use std::str::FromStr;

/// The environment variable by which reproducible builds are told a time: <https://reproducible-builds.org/specs/source-date-epoch/>.
pub const SOURCE_DATE_EPOCH_VARIABLE: &str = "SOURCE_DATE_EPOCH";

/// The time that an image and its files carry, in whole seconds; the beginning of 1970 unless somebody says otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CreationTime(jiff::Timestamp);

/// What is no time that an image could carry.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{SOURCE_DATE_EPOCH_VARIABLE} is {0:?}, not a number of seconds from 0 (1970) to {LATEST_UNIX_S} (2242)")]
pub struct InvalidCreationTime(String);

/// The last second that fits the layer: a tar header has eleven octal digits for a time.
const LATEST_UNIX_S: i64 = 0o77_777_777_777;

impl CreationTime {
    /// The time that the environment asks for, else the fixed one.
    ///
    /// # Errors
    /// When the variable is set, and to no time.
    pub fn from_environment() -> Result<Self, InvalidCreationTime> {
        match std::env::var_os(SOURCE_DATE_EPOCH_VARIABLE).filter(|value| !value.is_empty()) {
            Some(value) => value.to_string_lossy().parse(),
            None => Ok(Self::default()),
        }
    }

    /// As seconds since 1970.
    pub(crate) fn unix_s(self) -> u64 {
        self.0.as_second().unsigned_abs()
    }

    /// As the image specification has it, RFC 3339: `1970-01-01T00:00:00Z`.
    pub(crate) fn rfc3339(self) -> String {
        self.0.to_string()
    }
}

impl FromStr for CreationTime {
    type Err = InvalidCreationTime;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let seconds = text.parse().ok().filter(|seconds| (0..=LATEST_UNIX_S).contains(seconds));
        let time = seconds.and_then(|seconds| jiff::Timestamp::from_second(seconds).ok());
        time.map(Self).ok_or_else(|| InvalidCreationTime(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_whole_seconds_in_both_forms() {
        let time: CreationTime = "1795574115".parse().unwrap();
        assert_eq!((time.unix_s(), time.rfc3339().as_str()), (1_795_574_115, "2026-11-25T02:35:15Z"));
        assert_eq!(CreationTime::default().rfc3339(), "1970-01-01T00:00:00Z");
        assert_eq!(LATEST_UNIX_S.to_string().parse::<CreationTime>().unwrap().rfc3339(), "2242-03-16T12:56:31Z");
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in ["", "now", "-1", "1.5", "8589934592", "99999999999999999999"] {
            assert!(text.parse::<CreationTime>().is_err(), "{text:?}");
        }
    }
}
