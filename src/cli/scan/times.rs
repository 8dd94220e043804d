//! Times as people write them.

use anyhow::bail;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, Zoned};

/// Which end of a day is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Edge {
    Start,
    End,
}

/// `2026-01-31` (in UTC), RFC 3339, or a span back from now: `90 days`, `2 weeks ago`.
pub(super) fn parse(given: &str, edge: Edge, now: Timestamp) -> anyhow::Result<Timestamp> {
    if let Ok(time) = given.parse::<Timestamp>() {
        return Ok(time);
    }
    let day = |day: Date| {
        let start = day.to_zoned(TimeZone::UTC)?;
        let end = if edge == Edge::End {
            start.tomorrow()?.timestamp() - jiff::SignedDuration::from_nanos(1)
        } else {
            start.timestamp()
        };
        Ok::<_, jiff::Error>(end)
    };
    if let Some(time) = given.parse::<Date>().ok().and_then(|given| day(given).ok()) {
        return Ok(time);
    }
    let back = |span: Span| {
        let before: Zoned = now.to_zoned(TimeZone::UTC).checked_sub(span.abs())?;
        Ok::<_, jiff::Error>(before.timestamp())
    };
    let span = given.trim().trim_end_matches("ago").trim_end();
    match span.parse::<Span>().and_then(back) {
        Ok(time) => Ok(time),
        Err(_) => bail!("`{given}` is no time; write 2026-01-31, 2026-01-31T12:00:00Z, or a span such as \"90 days\""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_times_and_spans_are_understood() {
        let now: Timestamp = "2026-03-15T12:00:00Z".parse().unwrap();
        let at = |given: &str, edge| parse(given, edge, now).map(|time| time.to_string()).ok();
        assert_eq!(at("2026-01-31", Edge::Start).as_deref(), Some("2026-01-31T00:00:00Z"));
        assert_eq!(at("2026-01-31", Edge::End).as_deref(), Some("2026-01-31T23:59:59.999999999Z"));
        assert_eq!(at("2026-01-31T10:00:00+02:00", Edge::End).as_deref(), Some("2026-01-31T08:00:00Z"));
        for span in ["2 weeks", "14d", "2 weeks ago", "P14D", "336 hours"] {
            assert_eq!(at(span, Edge::Start).as_deref(), Some("2026-03-01T12:00:00Z"), "{span}");
        }
        for wrong in ["", "yesterday", "2026-13-01", "31.01.2026", "99999999999 years"] {
            assert_eq!(at(wrong, Edge::Start), None, "{wrong}");
        }
    }
}
