//! Days and times of day: broken-down time in UTC (C11 7.27.1), and its conversion from and to seconds since 1970.

/// `struct tm`: nine `int` in this order.
#[derive(Clone, Copy, Default)]
pub(crate) struct BrokenDown {
    pub(crate) second: i32,
    pub(crate) minute: i32,
    pub(crate) hour: i32,
    pub(crate) day: i32,
    /// From 0.
    pub(crate) month: i32,
    /// Since 1900.
    pub(crate) year: i32,
    /// From 0, which is Sunday.
    pub(crate) week_day: i32,
    /// From 0.
    pub(crate) year_day: i32,
    pub(crate) is_summer: i32,
}

pub(crate) const FIELDS: usize = 9;
pub(crate) const BYTES: usize = 4 * FIELDS;
const DAY_SECONDS: i64 = 86_400;
/// Days of 400 years.
const ERA_DAYS: i64 = 146_097;

impl BrokenDown {
    pub(crate) fn from_fields(fields: [i32; FIELDS]) -> Self {
        let [second, minute, hour, day, month, year, week_day, year_day, is_summer] = fields;
        Self { second, minute, hour, day, month, year, week_day, year_day, is_summer }
    }

    pub(crate) fn fields(&self) -> [i32; FIELDS] {
        let Self { second, minute, hour, day, month, year, week_day, year_day, is_summer } = *self;
        [second, minute, hour, day, month, year, week_day, year_day, is_summer]
    }

    /// `None` if the year does not fit.
    pub(crate) fn of_seconds(seconds: i64) -> Option<Self> {
        let (days, time) = (seconds.div_euclid(DAY_SECONDS), seconds.rem_euclid(DAY_SECONDS) as i32);
        // Years that begin in March put the leap day at their end: day 0 is the 1st of March of the year 0.
        let shifted = days + 719_468;
        let (era, of_era) = (shifted.div_euclid(ERA_DAYS), shifted.rem_euclid(ERA_DAYS));
        let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * of_year + 2) / 153;
        let day = of_year - (153 * month_from_march + 2) / 5 + 1;
        let month = (month_from_march + 2) % 12;
        let year = era * 400 + year_of_era + i64::from(month < 2);
        let year_day = days - days_before(year, 0);
        Some(Self {
            second: time % 60,
            minute: time / 60 % 60,
            hour: time / 3600,
            day: day as i32,
            month: month as i32,
            year: i32::try_from(year - 1900).ok()?,
            week_day: (days + 4).rem_euclid(7) as i32,
            year_day: year_day as i32,
            is_summer: 0,
        })
    }

    /// Fields may be out of their ranges.
    pub(crate) fn seconds(&self) -> i64 {
        let months = i64::from(self.year) * 12 + i64::from(self.month);
        let days = days_before(1900 + months.div_euclid(12), months.rem_euclid(12)) + i64::from(self.day) - 1;
        days * DAY_SECONDS + i64::from(self.hour) * 3600 + i64::from(self.minute) * 60 + i64::from(self.second)
    }

    /// Year and week by ISO 8601.
    pub(crate) fn iso_week(&self) -> (i64, i64) {
        let year = i64::from(self.year) + 1900;
        let monday_based = (i64::from(self.week_day) + 6).rem_euclid(7);
        let week = (i64::from(self.year_day) - monday_based + 10).div_euclid(7);
        let weeks_of = |year: i64| {
            let last = (days_before(year, 11) + 30 + 4).rem_euclid(7);
            if last == 4 || (last == 5 && is_leap(year)) { 53 } else { 52 }
        };
        if week < 1 {
            (year - 1, weeks_of(year - 1))
        } else if week > weeks_of(year) {
            (year + 1, 1)
        } else {
            (year, week)
        }
    }
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// Days from 1970 to the beginning of a month, from 0, of a year.
fn days_before(year: i64, month: i64) -> i64 {
    let year = year - i64::from(month < 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 10) % 12) + 2) / 5;
    era * ERA_DAYS + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + of_year - 719_468
}
