//! Weeks as ISO 8601 counts them.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::{Date, ISOWeekDate, Weekday};
use jiff::tz::TimeZone;

/// A week, from Monday to Sunday, in UTC. Written `2026-W01`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Week {
    /// The year that its Thursday is in.
    pub year: i16,
    /// From 1 to 53.
    pub number: i8,
}

impl Week {
    /// The week in which this time is.
    pub fn of(time: Timestamp) -> Self {
        let week = time.to_zoned(TimeZone::UTC).date().iso_week_date();
        Self { year: week.year(), number: week.week() }
    }

    /// Its Monday.
    pub fn monday(self) -> Date {
        ISOWeekDate::new(self.year, self.number, Weekday::Monday).map_or(Date::MIN, ISOWeekDate::date)
    }
}

impl fmt::Display for Week {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-W{:02}", self.year, self.number)
    }
}

/// A text that is no week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a week is written 2026-W01")]
pub struct NoWeek;

impl FromStr for Week {
    type Err = NoWeek;

    fn from_str(given: &str) -> Result<Self, NoWeek> {
        let (year, number) = given.split_once("-W").ok_or(NoWeek)?;
        let (year, number) = (year.parse().map_err(|_| NoWeek)?, number.parse().map_err(|_| NoWeek)?);
        ISOWeekDate::new(year, number, Weekday::Monday).map_err(|_| NoWeek)?;
        Ok(Self { year, number })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weeks_are_those_of_the_calendar() {
        for (time, week, monday) in [
            ("2026-01-01T00:00:00Z", "2026-W01", "2025-12-29"),
            ("2025-12-28T23:59:59Z", "2025-W52", "2025-12-22"),
            ("2021-01-03T12:00:00Z", "2020-W53", "2020-12-28"),
            ("1970-01-01T00:00:00Z", "1970-W01", "1969-12-29"),
        ] {
            let found = Week::of(time.parse().unwrap());
            assert_eq!((found.to_string().as_str(), found.monday().to_string().as_str()), (week, monday));
            assert_eq!(week.parse(), Ok(found));
        }
        for wrong in ["2026", "2026-W54", "2026-01", "x-W01"] {
            assert_eq!(wrong.parse::<Week>(), Err(NoWeek), "{wrong}");
        }
    }
}
