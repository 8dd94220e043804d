//! The share through time: a bar for each week, or for longer spans where there are many weeks.

use std::collections::BTreeMap;

use jiff::ToSpan as _;
use jiff::civil::{Date, Weekday};

use super::super::text::grouped;
use super::{Line, percent};
use crate::scan::{Row, Week};

/// More bars than this cannot be told apart.
const MOST_BARS: usize = 130;

/// How many labels stand below the bars.
const LABELS: usize = 5;

/// The height of both charts, in their own units.
const HEIGHT: u64 = 1000;

/// The width of a bar and of the room for it.
const BAR: u64 = 8;
const ROOM: u64 = 10;

/// The chart and what it shows.
pub(super) struct Time {
    /// `week`, `month`, `quarter` or `year`.
    pub(super) unit: &'static str,
    /// The same as the head of a column.
    pub(super) column: &'static str,
    pub(super) width: u64,
    pub(super) bars: Vec<Bar>,
    /// What the top of the chart of shares stands for.
    pub(super) top_share: String,
    /// What the top of the chart of commits stands for.
    pub(super) top_commits: String,
    pub(super) labels: Vec<String>,
    /// Spans with commits, newest first.
    pub(super) lines: Vec<Line>,
    /// The chart in a sentence, for those who do not see it.
    pub(super) summary: String,
}

/// One span of time.
pub(super) struct Bar {
    pub(super) x: u64,
    pub(super) tip: String,
    pub(super) assisted: Height,
    pub(super) autonomous: Height,
    pub(super) commits: Height,
}

/// How high a bar is, and where it begins: the y axis of SVG points down.
pub(super) struct Height {
    pub(super) y: u64,
    pub(super) height: u64,
}

impl Height {
    fn new(height: u64) -> Self {
        Self { y: HEIGHT.saturating_sub(height), height }
    }
}

/// How long a span is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Week,
    Month,
    Quarter,
    Year,
}

impl Unit {
    fn name(self) -> &'static str {
        match self {
            Self::Week => "week",
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Year => "year",
        }
    }

    fn column(self) -> &'static str {
        match self {
            Self::Week => "Week",
            Self::Month => "Month",
            Self::Quarter => "Quarter",
            Self::Year => "Year",
        }
    }

    /// The first day of the span that this day is in.
    fn first_day(self, day: Date) -> Date {
        let month = match self {
            Self::Week => {
                let back = i64::from(day.weekday().since(Weekday::Monday));
                return day.checked_sub(back.days()).unwrap_or(day);
            }
            Self::Month => day.month(),
            Self::Quarter => (day.month() - 1) / 3 * 3 + 1,
            Self::Year => 1,
        };
        Date::new(day.year(), month, 1).unwrap_or(day)
    }

    fn next(self, first: Date) -> Option<Date> {
        let span = match self {
            Self::Week => 1.week(),
            Self::Month => 1.month(),
            Self::Quarter => 3.months(),
            Self::Year => 1.year(),
        };
        first.checked_add(span).ok()
    }

    fn label(self, first: Date) -> String {
        let (year, month) = (first.year(), first.month());
        match self {
            Self::Week => {
                let week = first.iso_week_date();
                format!("{:04}-W{:02}", week.year(), week.week())
            }
            Self::Month => format!("{year:04}-{month:02}"),
            Self::Quarter => format!("{year:04} Q{}", (month - 1) / 3 + 1),
            Self::Year => format!("{year:04}"),
        }
    }
}

impl Time {
    /// `None` without any week.
    pub(super) fn of(weeks: &[Row]) -> Option<Self> {
        // A week belongs to the month of its Thursday, as it does to the year.
        let days: Vec<(Date, &Row)> = weeks
            .iter()
            .filter_map(|row| Some((row.key.parse::<Week>().ok()?.monday().checked_add(3.days()).ok()?, row)))
            .collect();
        let (first, last) = (days.first()?.0, days.last()?.0);
        let units = [Unit::Week, Unit::Month, Unit::Quarter, Unit::Year];
        let fits = |unit: &Unit| spans(*unit, first, last).len() <= MOST_BARS;
        let unit = units.into_iter().find(fits).unwrap_or(Unit::Year);
        let mut all: BTreeMap<Date, Row> = BTreeMap::new();
        for span in spans(unit, first, last) {
            let empty =
                Row { key: unit.label(span), name: String::new(), commits: 0, assisted: 0, autonomous: 0, share: 0.0 };
            all.insert(span, empty);
        }
        for (day, row) in days {
            if let Some(span) = all.get_mut(&unit.first_day(day)) {
                span.add(row);
            }
        }
        let rows: Vec<Row> = all.into_values().collect();
        Some(Self::drawn(unit, &rows))
    }

    fn drawn(unit: Unit, rows: &[Row]) -> Self {
        let most = rows.iter().map(|row| row.commits).max().unwrap_or_default().max(1);
        let highest = rows.iter().map(|row| row.share).fold(0.0, f64::max);
        // To the next tenth, so that the scale can be read.
        let top = ((highest * 10.0).ceil() / 10.0).clamp(0.1, 1.0);
        let bar = |(at, row): (usize, &Row)| Bar {
            x: at as u64 * ROOM,
            tip: format!(
                "{}: {} of {} commits ({}), {} by an agent",
                row.key,
                grouped(row.assisted),
                grouped(row.commits),
                percent(row.share),
                grouped(row.autonomous)
            ),
            assisted: Height::new(height(row.assisted, row.commits, top)),
            autonomous: Height::new(height(row.autonomous, row.commits, top)),
            commits: Height::new(row.commits.saturating_mul(HEIGHT) / most),
        };
        let last = rows.len().saturating_sub(1);
        let labelled = LABELS.min(rows.len());
        let place = |label: usize| label * last / labelled.saturating_sub(1).max(1);
        let labels = (0..labelled).filter_map(|label| rows.get(place(label))).map(|row| row.key.clone());
        let peak = rows.iter().max_by(|a, b| a.share.total_cmp(&b.share));
        let summary = peak.map_or_else(String::new, |peak| {
            format!(
                "Share of commits with signs of AI in each {}: at most {}, in {}.",
                unit.name(),
                percent(peak.share),
                peak.key
            )
        });
        Self {
            unit: unit.name(),
            column: unit.column(),
            width: rows.len() as u64 * ROOM - (ROOM - BAR),
            bars: rows.iter().enumerate().map(bar).collect(),
            top_share: percent(top).replace(".0", ""),
            top_commits: grouped(most),
            labels: labels.collect(),
            lines: rows.iter().rev().filter(|row| row.commits > 0).map(|row| Line::new(row, most)).collect(),
            summary,
        }
    }
}

impl Row {
    fn add(&mut self, other: &Self) {
        self.commits += other.commits;
        self.assisted += other.assisted;
        self.autonomous += other.autonomous;
        self.share = crate::scan::share(self.assisted, self.commits);
    }
}

fn spans(unit: Unit, first: Date, last: Date) -> Vec<Date> {
    let start = unit.first_day(first);
    let all = std::iter::successors(Some(start), |span| unit.next(*span));
    // One more than can be drawn says that they are too many.
    let most = if unit == Unit::Year { usize::MAX } else { MOST_BARS + 1 };
    all.take_while(|span| *span <= last).take(most).collect()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "from 0 to HEIGHT"
)]
fn height(part: u64, whole: u64, top: f64) -> u64 {
    (crate::scan::share(part, whole) / top * HEIGHT as f64).round().clamp(0.0, HEIGHT as f64) as u64
}
