//! Numbers as people read them, the same in a terminal and on a page.

use crate::queue::db::operate::MOST_COUNTED;

/// `850 ms`, `3.2 s`, `14 min`, `5 h`, `3 d`.
pub fn duration(seconds: f64) -> String {
    const UNITS: [(f64, &str); 4] = [(86_400.0, "d"), (3_600.0, "h"), (60.0, "min"), (1.0, "s")];
    if seconds <= 0.0 {
        return "0 s".to_owned();
    }
    if seconds < 0.9995 {
        let millis = seconds * 1000.0;
        return match millis {
            0.0..0.1 => "< 0.1 ms".to_owned(),
            0.1..9.95 => format!("{millis:.1} ms"),
            _ => format!("{millis:.0} ms"),
        };
    }
    let (length, unit) = UNITS
        .into_iter()
        .find(|(length, _)| seconds >= 2.0 * length)
        .unwrap_or((1.0, "s"));
    let amount = seconds / length;
    if amount < 9.95 {
        format!("{amount:.1} {unit}")
    } else {
        format!("{amount:.0} {unit}")
    }
}

/// `1 234 567`, or `10 000+` where counting stopped.
pub fn capped(count: i64) -> String {
    if count >= MOST_COUNTED {
        format!("{}+", number(MOST_COUNTED))
    } else {
        number(count)
    }
}

/// Digits in groups of three, with narrow spaces that do not break.
pub fn number(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::from(if number < 0 { "-" } else { "" });
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_short_and_exact_enough() {
        for (seconds, text) in [
            (0.0, "0 s"),
            (0.000_05, "< 0.1 ms"),
            (0.001_44, "1.4 ms"),
            (0.85, "850 ms"),
            (0.999_9, "1.0 s"),
            (3.21, "3.2 s"),
            (119.0, "119 s"),
            (840.0, "14 min"),
            (7_200.0, "2.0 h"),
            (86_400.0 * 30.0, "30 d"),
        ] {
            assert_eq!(duration(seconds), text);
        }
    }

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(number(-1_234_567), "-1\u{202f}234\u{202f}567");
        assert_eq!(number(999), "999");
        assert_eq!(capped(10_000), "10\u{202f}000+");
        assert_eq!(capped(9_999), "9\u{202f}999");
    }
}
