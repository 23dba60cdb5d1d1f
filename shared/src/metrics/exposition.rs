//! The text format of Prometheus, version 0.0.4.

use std::{collections::BTreeMap, fmt::Write};

use crate::queue::histogram::Histogram;

type Labels<'a> = &'a [(&'static str, &'a str)];

struct Family {
    kind: &'static str,
    help: &'static str,
    lines: String,
}

/// Samples on their way out, by family: all of one name stand together, whoever
/// adds them.
#[derive(Default)]
pub struct Exposition(BTreeMap<&'static str, Family>);

impl Exposition {
    pub fn gauge(
        &mut self,
        name: &'static str,
        help: &'static str,
        labels: Labels<'_>,
        value: f64,
    ) {
        self.sample(name, "gauge", help, labels, value);
    }

    /// A number that only grows; its name ends in `_total`.
    pub fn counter(
        &mut self,
        name: &'static str,
        help: &'static str,
        labels: Labels<'_>,
        value: u64,
    ) {
        self.sample(name, "counter", help, labels, value as f64);
    }

    /// Durations, in seconds, by buckets a factor of two apart.
    pub fn histogram(
        &mut self,
        name: &'static str,
        help: &'static str,
        labels: Labels<'_>,
        (histogram, sum): (&Histogram, f64),
    ) {
        let total = histogram.total();
        let lines = &mut self.family(name, "histogram", help).lines;
        for (bound, count) in histogram.cumulative().step_by(2) {
            // Exact where `as_secs_f64` is off by a bit: it names a series.
            let bound = (bound.as_nanos() as f64 / 1e9).to_string();
            line(lines, name, "_bucket", labels, Some(&bound), count as f64);
        }
        line(lines, name, "_bucket", labels, Some("+Inf"), total as f64);
        line(lines, name, "_sum", labels, None, sum);
        line(lines, name, "_count", labels, None, total as f64);
    }

    fn sample(
        &mut self,
        name: &'static str,
        kind: &'static str,
        help: &'static str,
        labels: Labels<'_>,
        value: f64,
    ) {
        let lines = &mut self.family(name, kind, help).lines;
        line(lines, name, "", labels, None, value);
    }

    fn family(
        &mut self,
        name: &'static str,
        kind: &'static str,
        help: &'static str,
    ) -> &mut Family {
        self.0.entry(name).or_insert_with(|| Family {
            kind,
            help,
            lines: String::new(),
        })
    }

    pub(super) fn into_text(self) -> String {
        let mut text = String::new();
        for (name, family) in self.0 {
            let Family { kind, help, lines } = family;
            // Writing to a string does not fail.
            let _ = write!(text, "# HELP {name} {help}\n# TYPE {name} {kind}\n{lines}");
        }
        text
    }
}

fn line(
    out: &mut String,
    name: &str,
    suffix: &str,
    labels: Labels<'_>,
    bound: Option<&str>,
    value: f64,
) {
    out.push_str(name);
    out.push_str(suffix);
    let bound = bound.map(|bound| ("le", bound));
    for (i, (label, value)) in labels.iter().copied().chain(bound).enumerate() {
        out.push(if i == 0 { '{' } else { ',' });
        out.push_str(label);
        out.push_str("=\"");
        for character in value.chars() {
            match character {
                '\\' => out.push_str("\\\\"),
                '"' => out.push_str("\\\""),
                '\n' => out.push_str("\\n"),
                other => out.push(other),
            }
        }
        out.push('"');
    }
    if !labels.is_empty() || bound.is_some() {
        out.push('}');
    }
    let _ = writeln!(out, " {value}");
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn families_stand_together_and_labels_are_escaped() {
        let mut out = Exposition::default();
        out.gauge("b", "B.", &[("queue", "a\"b\\c\nd")], 1.5);
        out.counter("a_total", "A.", &[], 2);
        out.gauge("b", "B.", &[("queue", "x")], 0.0);
        assert_eq!(
            out.into_text(),
            "# HELP a_total A.\n# TYPE a_total counter\na_total 2\n\
             # HELP b B.\n# TYPE b gauge\n\
             b{queue=\"a\\\"b\\\\c\\nd\"} 1.5\nb{queue=\"x\"} 0\n"
        );
    }

    #[test]
    fn buckets_add_up_to_the_count() {
        let mut histogram = Histogram::default();
        for seconds in [0.0, 0.001, 1.0, 100_000.0] {
            histogram.record(Duration::from_secs_f64(seconds));
        }
        let mut out = Exposition::default();
        out.histogram("h_seconds", "H.", &[("k", "v")], (&histogram, 100_001.001));
        let text = out.into_text();
        assert!(
            text.contains("h_seconds_bucket{k=\"v\",le=\"0.0001\"} 1\n"),
            "{text}"
        );
        assert!(
            text.contains("h_seconds_bucket{k=\"v\",le=\"1.6384\"} 3\n"),
            "{text}"
        );
        assert!(
            text.contains("h_seconds_bucket{k=\"v\",le=\"+Inf\"} 4\n"),
            "{text}"
        );
        assert!(text.contains("h_seconds_count{k=\"v\"} 4\n"), "{text}");
        assert!(
            text.contains("h_seconds_sum{k=\"v\"} 100001.001\n"),
            "{text}"
        );
    }
}
