//! The types of Python's `datetime`: their fields, what is in range, and the bytes by which they are pickled.

use crate::{Id, PickleError};

/// A `datetime.date`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Date {
    /// From 1 to 9999.
    pub year: u16,
    /// From 1.
    pub month: u8,
    /// From 1.
    pub day: u8,
}

/// A `datetime.time`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Time {
    /// From 0 to 23.
    pub hour: u8,
    /// From 0 to 59.
    pub minute: u8,
    /// From 0 to 59.
    pub second: u8,
    /// From 0 to 999,999.
    pub microsecond: u32,
    /// Whether this is the second of two equal times at the end of daylight saving.
    pub fold: bool,
    /// A [`Value::TimeZone`](crate::Value::TimeZone), if it has one.
    pub tz: Option<Id>,
}

/// A `datetime.datetime`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DateTime {
    /// Its date.
    pub date: Date,
    /// Its time of day, with time zone.
    pub time: Time,
}

/// A `datetime.timedelta`, in Python's normal form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeDelta {
    /// At most 999,999,999 in size; the only part that may be negative.
    pub days: i32,
    /// Below 86,400.
    pub seconds: u32,
    /// Below 1,000,000.
    pub microseconds: u32,
}

/// The bit of a time's first byte, or of a datetime's month, that says `fold`.
const FOLD: u8 = 0x80;

fn out_of_range(is_right: bool, problem: &'static str) -> Result<(), PickleError> {
    if is_right { Ok(()) } else { Err(PickleError::Value { problem }) }
}

impl Date {
    pub(crate) fn check(&self) -> Result<(), PickleError> {
        let year = self.year;
        let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let days = match self.month {
            2 => 28 + u8::from(is_leap),
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => 0,
        };
        out_of_range((1..=9999).contains(&year) && (1..=days).contains(&self.day), "a date that does not exist")
    }

    pub(crate) fn to_bytes(self) -> [u8; 4] {
        let [high, low] = self.year.to_be_bytes();
        [high, low, self.month, self.day]
    }

    pub(crate) fn from_bytes(bytes: [u8; 4]) -> Self {
        let [high, low, month, day] = bytes;
        Self { year: u16::from_be_bytes([high, low]), month, day }
    }
}

impl Time {
    pub(crate) fn check(&self) -> Result<(), PickleError> {
        let is_right = self.hour < 24 && self.minute < 60 && self.second < 60 && self.microsecond < 1_000_000;
        out_of_range(is_right, "a time of day that does not exist")
    }

    /// The bytes but for `fold`, which stands elsewhere in a datetime.
    fn to_bytes_without_fold(self) -> [u8; 6] {
        let [_, high, middle, low] = self.microsecond.to_be_bytes();
        [self.hour, self.minute, self.second, high, middle, low]
    }

    /// Protocols below 4 have no place for `fold`.
    pub(crate) fn to_bytes(self, with_fold: bool) -> [u8; 6] {
        let mut bytes = self.to_bytes_without_fold();
        if self.fold && with_fold {
            bytes[0] |= FOLD;
        }
        bytes
    }

    pub(crate) fn from_bytes(bytes: [u8; 6], tz: Option<Id>) -> Self {
        let [hour, minute, second, high, middle, low] = bytes;
        let microsecond = u32::from_be_bytes([0, high, middle, low]);
        Self { hour: hour & !FOLD, minute, second, microsecond, fold: hour & FOLD != 0, tz }
    }
}

impl DateTime {
    pub(crate) fn to_bytes(self, with_fold: bool) -> [u8; 10] {
        let [a, b, month, day] = self.date.to_bytes();
        let month = if self.time.fold && with_fold { month | FOLD } else { month };
        let [hour, minute, second, high, middle, low] = self.time.to_bytes_without_fold();
        [a, b, month, day, hour, minute, second, high, middle, low]
    }

    pub(crate) fn from_bytes(bytes: [u8; 10], tz: Option<Id>) -> Self {
        let [a, b, month, day, hour, minute, second, high, middle, low] = bytes;
        // An hour has no fold here: with that bit it would be out of range.
        let mut time = Time::from_bytes([0, minute, second, high, middle, low], tz);
        time.hour = hour;
        time.fold = month & FOLD != 0;
        Self { date: Date::from_bytes([a, b, month & !FOLD, day]), time }
    }
}

impl TimeDelta {
    pub(crate) fn check(&self) -> Result<(), PickleError> {
        let is_right =
            self.days.unsigned_abs() <= 999_999_999 && self.seconds < 86_400 && self.microseconds < 1_000_000;
        out_of_range(is_right, "a timedelta out of its range")
    }

    /// A time zone's offset is less than a day, either way.
    pub(crate) fn check_as_offset(&self) -> Result<(), PickleError> {
        let is_right = match self.days {
            0 => true,
            -1 => self.seconds > 0 || self.microseconds > 0,
            _ => false,
        };
        self.check().and(out_of_range(is_right, "a timezone whose offset is not within one day"))
    }
}
