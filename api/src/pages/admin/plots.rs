//! Plots, as SVG drawn here: no script, no style of their own.

use std::fmt::Write;

use chrono::{DateTime, TimeDelta, Utc};
use jobboard_shared::queue::{
    db::operate::{DepthSample, MinuteRate},
    operate::words,
};

const MINUTES: usize = 60;
/// Of the drawing; a page scales it.
const STEP: usize = 5;
const HEIGHT: f64 = 60.0;

/// One value for each of the last sixty minutes, the present one last.
type Hour<T> = [T; MINUTES];

fn place(now: DateTime<Utc>, time: DateTime<Utc>) -> Option<usize> {
    let present = now.timestamp().div_euclid(60);
    let ago = usize::try_from(present - time.timestamp().div_euclid(60)).ok()?;
    MINUTES.checked_sub(1 + ago)
}

fn minute(now: DateTime<Utc>, place: usize) -> String {
    let ago = TimeDelta::minutes((MINUTES - 1 - place) as i64);
    (now - ago).format("%H:%M").to_string()
}

/// How many waited and were due, and how many ran.
pub(super) fn depth<'a>(
    now: DateTime<Utc>,
    samples: impl Iterator<Item = &'a DepthSample>,
) -> String {
    let mut hour: Hour<Option<(i64, i64)>> = [None; MINUTES];
    for sample in samples {
        if let Some(place) = place(now, sample.at) {
            hour[place] = Some((sample.due, sample.running));
        }
    }
    let axis = Axis {
        name: "Tasks due and running",
        span: "the last hour",
        second_class: "run",
    };
    bars(&axis, &hour, words::number, |place, (due, running)| {
        let (due, running) = (words::number(due), words::number(running));
        let minute = minute(now, place);
        format!("{minute} UTC: {due} due, {running} running")
    })
}

/// How many ended well and badly.
pub(super) fn rate<'a>(
    now: DateTime<Utc>,
    minutes: impl Iterator<Item = &'a MinuteRate>,
) -> String {
    let mut hour: Hour<Option<(i64, i64)>> = [None; MINUTES];
    for rate in minutes {
        if let Some(place) = place(now, rate.minute) {
            hour[place] = Some((rate.done, rate.failed));
        }
    }
    let axis = Axis {
        name: "Tasks done and failed a minute",
        span: "the last hour",
        second_class: "bad",
    };
    bars(&axis, &hour, words::number, |place, (done, failed)| {
        let (done, failed) = (words::number(done), words::number(failed));
        let minute = minute(now, place);
        format!("{minute} UTC: {done} done, {failed} failed")
    })
}

/// What a plot is about.
pub(super) struct Axis<'a> {
    pub(super) name: &'a str,
    /// The time it covers, in words.
    pub(super) span: &'a str,
    /// The colour of the second values.
    pub(super) second_class: &'a str,
}

/// Two values a place, the second on top of the first. `show` writes the greatest
/// sum, `title` a place; both without characters that HTML needs.
pub(super) fn bars(
    axis: &Axis<'_>,
    values: &[Option<(i64, i64)>],
    show: impl Fn(i64) -> String,
    title: impl Fn(usize, (i64, i64)) -> String,
) -> String {
    let sums = values
        .iter()
        .flatten()
        .map(|(first, second)| first + second);
    let most = sums.max().unwrap_or_default();
    let Axis {
        name,
        span,
        second_class,
    } = axis;
    let (width, shown) = (values.len() * STEP, show(most));
    let mut svg = format!(
        "<svg class=\"plot\" viewBox=\"0 0 {width} {HEIGHT}\" preserveAspectRatio=\"none\" \
         role=\"img\" aria-label=\"{name}, {span}, at most {shown}\">"
    );
    let height = |value: i64| value as f64 / most.max(1) as f64 * (HEIGHT - 2.0);
    for (place, values) in values.iter().enumerate() {
        let Some((first, second)) = *values else {
            continue;
        };
        let (low, high) = (height(first), height(second));
        let (x, width) = (place * STEP, STEP - 1);
        let title = title(place, (first, second));
        // Writing to a string does not fail.
        let _ = write!(
            svg,
            "<g><title>{title}</title>\
             <rect class=\"all\" x=\"{x}\" y=\"0\" width=\"{STEP}\" height=\"{HEIGHT}\"/>\
             <rect class=\"one\" x=\"{x}\" y=\"{:.1}\" width=\"{width}\" height=\"{low:.1}\"/>\
             <rect class=\"{second_class}\" x=\"{x}\" y=\"{:.1}\" width=\"{width}\" height=\"{high:.1}\"/></g>",
            HEIGHT - low,
            HEIGHT - low - high,
        );
    }
    let _ = write!(svg, "</svg><span class=\"most\">{shown}</span>");
    svg
}

/// A share between 0 and `most`: a bar over what it probably is, a mark where it was
/// found.
pub(super) fn interval(name: &str, low: f64, value: f64, high: f64, most: f64) -> String {
    let x = |share: f64| 100.0 * (share / most.max(f64::MIN_POSITIVE)).clamp(0.0, 1.0);
    let (from, to, at) = (x(low), x(high), x(value));
    format!(
        "<svg class=\"plot interval\" viewBox=\"0 0 100 8\" preserveAspectRatio=\"none\" role=\"img\" \
         aria-label=\"{name}\"><title>{name}</title>\
         <rect class=\"all\" x=\"0\" y=\"0\" width=\"100\" height=\"8\"/>\
         <rect class=\"one\" x=\"{from:.2}\" y=\"2\" width=\"{:.2}\" height=\"4\"/>\
         <rect class=\"bad\" x=\"{:.2}\" y=\"0\" width=\"0.6\" height=\"8\"/></svg>",
        (to - from).max(0.2),
        (at - 0.3).max(0.0),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes_ago: i64) -> DateTime<Utc> {
        now() - TimeDelta::minutes(minutes_ago)
    }

    fn now() -> DateTime<Utc> {
        "2026-11-22T10:30:30Z".parse().unwrap()
    }

    fn rate_of(minutes_ago: i64, done: i64, failed: i64) -> MinuteRate {
        MinuteRate {
            minute: at(minutes_ago),
            queue: "mail".to_owned(),
            done,
            failed,
        }
    }

    #[test]
    fn a_minute_is_a_bar_in_its_place() {
        let rates = [
            rate_of(0, 10, 0),
            rate_of(59, 3, 1),
            rate_of(60, 99, 0),
            rate_of(-1, 99, 0),
        ];
        let svg = rate(now(), rates.iter());
        assert_eq!(svg.matches("<title>").count(), 2, "{svg}");
        assert!(svg.contains("at most 10\""), "{svg}");
        assert!(
            svg.contains("<title>10:30 UTC: 10 done, 0 failed</title>"),
            "{svg}"
        );
        assert!(
            svg.contains("<title>09:31 UTC: 3 done, 1 failed</title>"),
            "{svg}"
        );
        assert!(
            svg.contains("class=\"one\" x=\"295\" y=\"2.0\" width=\"4\" height=\"58.0\""),
            "{svg}"
        );
        assert!(
            svg.contains("class=\"bad\" x=\"0\" y=\"36.8\" width=\"4\" height=\"5.8\""),
            "{svg}"
        );
    }

    #[test]
    fn an_interval_has_its_mark_in_its_place() {
        let svg = interval("clicks", 0.1, 0.2, 0.4, 0.4);
        assert!(
            svg.contains("class=\"one\" x=\"25.00\" y=\"2\" width=\"75.00\""),
            "{svg}"
        );
        assert!(svg.contains("class=\"bad\" x=\"49.70\""), "{svg}");
    }

    #[test]
    fn nothing_is_an_empty_plot() {
        assert_eq!(depth(now(), [].iter()).matches("<rect").count(), 0);
    }
}
