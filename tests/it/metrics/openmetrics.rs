//! A reader of the OpenMetrics text format that forgives nothing.
//! <https://prometheus.io/docs/specs/om/open_metrics_spec/>

use std::collections::{BTreeMap, BTreeSet};

/// What a family holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Counter,
    Gauge,
    Histogram,
}

impl Kind {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }

    /// What may follow the family's name in a sample.
    fn suffixes(self) -> &'static [&'static str] {
        match self {
            Self::Counter => &["_total"],
            Self::Gauge => &[""],
            Self::Histogram => &["_bucket", "_count", "_sum"],
        }
    }
}

#[derive(Debug)]
pub(super) struct Sample {
    suffix: &'static str,
    labels: BTreeMap<String, String>,
    value: f64,
}

#[derive(Debug)]
pub(super) struct Family {
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) help: String,
    pub(super) unit: Option<String>,
    samples: Vec<Sample>,
}

impl Family {
    /// The names of its labels, but for those that make a histogram.
    pub(super) fn labels(&self) -> BTreeSet<&str> {
        let all = self.samples.iter().flat_map(|sample| sample.labels.keys());
        all.map(String::as_str).filter(|label| *label != "le").collect()
    }
}

/// Everything in one answer.
#[derive(Debug)]
pub(super) struct Exposition {
    pub(super) families: Vec<Family>,
}

impl Exposition {
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let body = text.strip_suffix("# EOF\n").ok_or("it does not end with # EOF")?;
        let mut families: Vec<Family> = Vec::new();
        for line in body.lines() {
            let wrong = |why: &str| format!("{line:?} {why}");
            if let Some(said) = line.strip_prefix("# ") {
                metadata(said, &mut families).map_err(|why| wrong(&why))?;
            } else {
                let family = families.last_mut().ok_or_else(|| wrong("belongs to nothing"))?;
                let sample = sample(line, family).map_err(|why| wrong(&why))?;
                family.samples.push(sample);
            }
        }
        let names: BTreeSet<&str> = families.iter().map(|family| family.name.as_str()).collect();
        if names.len() != families.len() {
            return Err("a family stands twice".to_owned());
        }
        families.iter().try_for_each(is_sound)?;
        Ok(Self { families })
    }
}

fn is_name(name: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    !name.is_empty() && name.chars().all(is_part) && !name.starts_with(|c: char| c.is_ascii_digit())
}

fn metadata(said: &str, families: &mut Vec<Family>) -> Result<(), String> {
    let mut words = said.splitn(3, ' ');
    let (Some(what), Some(name), Some(text)) = (words.next(), words.next(), words.next()) else {
        return Err("is not three words".to_owned());
    };
    if !is_name(name) {
        return Err("names nothing".to_owned());
    }
    if what == "HELP" && families.last().is_none_or(|family| family.name != name) {
        let family =
            Family { name: name.to_owned(), kind: Kind::Gauge, help: text.to_owned(), unit: None, samples: vec![] };
        families.push(family);
        return Ok(());
    }
    let family = families.last_mut().filter(|family| family.name == name).ok_or("stands apart from its help")?;
    if !family.samples.is_empty() {
        return Err("comes after samples".to_owned());
    }
    match (what, text) {
        ("TYPE", "counter") => family.kind = Kind::Counter,
        ("TYPE", "gauge") => family.kind = Kind::Gauge,
        ("TYPE", "histogram") => family.kind = Kind::Histogram,
        ("UNIT", unit) if name.ends_with(&format!("_{unit}")) => family.unit = Some(unit.to_owned()),
        ("UNIT", _) => return Err("is not the unit that its name ends in".to_owned()),
        _ => return Err("says nothing that is known".to_owned()),
    }
    Ok(())
}

fn sample(line: &str, family: &Family) -> Result<Sample, String> {
    let rest = line.strip_prefix(family.name.as_str()).ok_or("is of another family")?;
    let end = rest.find(['{', ' ']).ok_or("has no value")?;
    let suffix = *family.kind.suffixes().iter().find(|suffix| **suffix == &rest[..end]).ok_or("has a wrong suffix")?;
    let (labels, value) = match rest[end..].strip_prefix('{') {
        Some(labels) => labels_of(labels)?,
        None => (BTreeMap::new(), &rest[end..]),
    };
    let value = value.strip_prefix(' ').ok_or("has no space before its value")?;
    let value: f64 = match value {
        "+Inf" => f64::INFINITY,
        digits if digits.starts_with(|c: char| c.is_ascii_digit() || c == '-') => {
            digits.parse().map_err(|_| "has a value that is no number")?
        }
        _ => return Err("has a value that is no number".to_owned()),
    };
    Ok(Sample { suffix, labels, value })
}

/// Labels up to the closing brace, and what follows.
fn labels_of(mut rest: &str) -> Result<(BTreeMap<String, String>, &str), String> {
    let mut labels = BTreeMap::new();
    loop {
        let (name, quoted) = rest.split_once("=\"").ok_or("has a label without a value")?;
        if !is_name(name) {
            return Err(format!("has a label that is named {name:?}"));
        }
        let mut value = String::new();
        let mut chars = quoted.char_indices();
        let end = loop {
            match chars.next() {
                Some((at, '"')) => break at,
                Some((_, '\\')) => match chars.next() {
                    Some((_, 'n')) => value.push('\n'),
                    Some((_, c @ ('"' | '\\'))) => value.push(c),
                    _ => return Err("escapes what needs none".to_owned()),
                },
                Some((_, c)) => value.push(c),
                None => return Err("has a label that does not end".to_owned()),
            }
        };
        if labels.insert(name.to_owned(), value).is_some() {
            return Err(format!("has the label {name} twice"));
        }
        rest = &quoted[end + 1..];
        if let Some(after) = rest.strip_prefix('}') {
            return Ok((labels, after));
        }
        rest = rest.strip_prefix(',').ok_or("has no comma between labels")?;
    }
}

fn is_sound(family: &Family) -> Result<(), String> {
    let mut seen = BTreeSet::new();
    for sample in &family.samples {
        if !seen.insert((sample.suffix, &sample.labels)) {
            return Err(format!("{}: {:?} stands twice", family.name, sample.labels));
        }
        if family.kind != Kind::Gauge && (sample.value < 0.0 || sample.value.is_nan()) {
            return Err(format!("{}: counts {}", family.name, sample.value));
        }
    }
    if family.kind != Kind::Histogram {
        return Ok(());
    }
    let of = |suffix: &str| family.samples.iter().filter(move |sample| sample.suffix == suffix).collect::<Vec<_>>();
    let buckets = of("_bucket");
    let bounds: Result<Vec<f64>, String> = buckets
        .iter()
        .map(|bucket| match bucket.labels.get("le").map(String::as_str) {
            Some("+Inf") => Ok(f64::INFINITY),
            Some(bound) => bound.parse().map_err(|_| format!("{}: {bound} is no bound", family.name)),
            None => Err(format!("{}: a bucket has no bound", family.name)),
        })
        .collect();
    let bounds = bounds?;
    let counts: Vec<f64> = buckets.iter().map(|bucket| bucket.value).collect();
    let total = of("_count").first().map(|count| count.value);
    let is_whole = bounds.is_sorted_by(|one, next| one < next)
        && bounds.last() == Some(&f64::INFINITY)
        && counts.is_sorted()
        && counts.last().copied() == total
        && of("_sum").len() == 1;
    if is_whole { Ok(()) } else { Err(format!("{}: its buckets do not add up", family.name)) }
}

#[test]
fn the_reader_forgives_nothing() {
    let sound = "# HELP a_b Things.\n# TYPE a_b counter\na_b_total{c=\"d\"} 1\n# EOF\n";
    Exposition::read(sound).unwrap();
    for (from, to) in [
        ("# EOF\n", "# EOF"),
        ("# EOF\n", ""),
        ("_total", ""),
        ("a_b_total", "x_total"),
        ("# HELP a_b Things.\n", ""),
        ("{c=\"d\"} 1", "{c=\"d\"}1"),
        ("{c=\"d\"} 1", "{c=\"d\"} -1"),
        ("{c=\"d\"} 1", "{c=\"d\"} one"),
        ("{c=\"d\"} 1", "{c=\"d\" 1"),
        ("{c=\"d\"} 1", "{c=\"\\d\"} 1"),
        ("{c=\"d\"} 1", "{c=\"d\",c=\"d\"} 1"),
        ("{c=\"d\"} 1", "{c=\"d\"} 1\na_b_total{c=\"d\"} 1"),
        ("# TYPE a_b counter\n", "# TYPE a_b counter\n# UNIT a_b seconds\n"),
        ("# TYPE a_b counter", "# TYPE a_b thing"),
    ] {
        assert!(sound.contains(from), "{from}");
        assert!(Exposition::read(&sound.replacen(from, to, 1)).is_err(), "{to:?} is taken");
    }
}
