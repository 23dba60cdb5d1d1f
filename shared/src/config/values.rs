//! Kinds of values and what is said about wrong ones. No message repeats the
//! value.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
    str::FromStr,
    time::Duration,
};

use ipnet::IpNet;
use secrecy::SecretString;
use url::Url;

use super::{Source, WrongValue};
use crate::{limits::Quota, recommendations::hybrid::Arm};

/// Reads values and collects what is wrong with them.
pub(super) struct Reader {
    source: Source,
    wrong: Vec<WrongValue>,
}

impl Reader {
    pub(super) fn new(mut source: Source) -> Self {
        let wrong = std::mem::take(&mut source.wrong);
        Self { source, wrong }
    }

    pub(super) fn into_wrong(self) -> Vec<WrongValue> {
        self.wrong
    }

    pub(super) fn refuse(&mut self, variable: &str, problem: impl Into<String>) {
        self.wrong.push(WrongValue {
            variable: variable.to_owned(),
            problem: problem.into(),
        });
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.source.get(name).is_some()
    }

    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.source.get(name).map(str::to_owned)
    }

    pub(super) fn secret(&self, name: &str) -> Option<SecretString> {
        self.text(name).map(SecretString::from)
    }

    /// The parsed value; absent or wrong, `None`.
    pub(super) fn parse<T>(
        &mut self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        match parse(self.source.get(name)?) {
            Ok(value) => Some(value),
            Err(problem) => {
                self.refuse(name, problem);
                None
            }
        }
    }
}

pub(super) fn boolean(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" | "1" => Ok(true),
        "false" | "no" | "off" | "0" => Ok(false),
        _ => Err("must be true or false".to_owned()),
    }
}

/// A whole number within the bounds, both included.
pub(super) fn whole<T>(low: T, high: T) -> impl Fn(&str) -> Result<T, String>
where
    T: FromStr + PartialOrd + std::fmt::Display + Copy,
{
    move |text| match text.parse::<T>() {
        Ok(number) if number >= low && number <= high => Ok(number),
        _ => Err(format!("must be a whole number from {low} to {high}")),
    }
}

pub(super) fn weight(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if (0.0..=1000.0).contains(&number) => Ok(number),
        _ => Err("must be a number from 0 to 1000".to_owned()),
    }
}

pub(super) fn fraction(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if (0.0..=1.0).contains(&number) => Ok(number),
        _ => Err("must be a number from 0 to 1".to_owned()),
    }
}

/// A number of seconds, or a number with ms, s, m, h or d behind it, within the
/// bounds.
pub(super) fn duration(low: Duration, high: Duration) -> impl Fn(&str) -> Result<Duration, String> {
    move |text| {
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = text.split_at(digits);
        let millis_per_unit = match unit.trim() {
            "ms" => Some(1),
            "" | "s" => Some(1000),
            "m" => Some(60_000),
            "h" => Some(3_600_000),
            "d" => Some(86_400_000),
            _ => None,
        };
        number
            .parse::<u64>()
            .ok()
            .zip(millis_per_unit)
            .and_then(|(number, millis)| number.checked_mul(millis))
            .map(Duration::from_millis)
            .filter(|duration| (low..=high).contains(duration))
            .ok_or_else(|| {
                format!(
                    "must be seconds or a time as 500ms, 30s, 5m, 2h or 3d, from {low:?} to {} s",
                    high.as_secs()
                )
            })
    }
}

pub(super) fn url_of(schemes: &'static [&'static str]) -> impl Fn(&str) -> Result<Url, String> {
    move |text| match Url::parse(text) {
        Ok(url) if schemes.contains(&url.scheme()) && url.host_str().is_some() => Ok(url),
        _ => Err(format!(
            "must be a URL that begins with {}",
            schemes
                .iter()
                .map(|scheme| format!("{scheme}://"))
                .collect::<Vec<_>>()
                .join(" or ")
        )),
    }
}

/// `mail=8,search=4`.
pub(super) fn queues(text: &str) -> Result<BTreeMap<String, usize>, String> {
    let named = |name: &str| {
        let right = !name.is_empty()
            && name
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        right.then(|| name.to_owned())
    };
    let Some(pairs) = shares(text, named) else {
        return Err(
            "must be queues with a number from 1 to 1000 each, as mail=8,search=4".to_owned(),
        );
    };
    let mut queues = BTreeMap::new();
    for (name, number) in pairs {
        if queues.insert(name, number as usize).is_some() {
            return Err("names a queue twice".to_owned());
        }
    }
    if queues.is_empty() {
        return Err("must name a queue".to_owned());
    }
    Ok(queues)
}

/// `hybrid=9,content=1`.
pub(super) fn arms(text: &str) -> Result<Vec<(Arm, u32)>, String> {
    let Some(arms) = shares(text, Arm::of_name) else {
        return Err(format!(
            "must be arms with a number from 1 to 1000 each, as hybrid=9,content=1; there are {}",
            Arm::ALL.map(Arm::name).join(", ")
        ));
    };
    let named: BTreeSet<Arm> = arms.iter().map(|(arm, _)| *arm).collect();
    if named.len() < arms.len() {
        return Err("names an arm twice".to_owned());
    }
    if arms.is_empty() {
        return Err("must name an arm".to_owned());
    }
    Ok(arms)
}

/// Things with a number from 1 to 1000 each; none where one of them is not right.
fn shares<T>(text: &str, parse: impl Fn(&str) -> Option<T>) -> Option<Vec<(T, u32)>> {
    text.split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .map(|part| {
            let (name, number) = part.split_once('=')?;
            let number = number.trim().parse().ok()?;
            let name = parse(name.trim())?;
            (1..=1000).contains(&number).then_some((name, number))
        })
        .collect()
}

/// Host names, comma separated, in lower case.
pub(super) fn hosts(text: &str) -> Result<Vec<String>, String> {
    let hosts: Vec<String> = text
        .split(',')
        .map(|host| host.trim().to_ascii_lowercase())
        .filter(|host| !host.is_empty())
        .collect();
    let plain = |host: &String| {
        host == "*"
            || host.starts_with('[')
            || host
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
    };
    if hosts.iter().all(plain) {
        Ok(hosts)
    } else {
        Err("must be host names without scheme and port, comma separated".to_owned())
    }
}

/// Origins as browsers name them: `https://jobs.example.org`, comma separated.
pub(super) fn origins(text: &str) -> Result<Vec<String>, String> {
    text.split(',')
        .map(str::trim)
        .filter(|origin| !origin.is_empty())
        .map(|origin| {
            let url = Url::parse(origin).ok();
            let spelled = url.map(|url| url.origin().ascii_serialization());
            spelled
                .filter(|spelled| {
                    spelled.starts_with("http") && origin.trim_end_matches('/') == spelled
                })
                .ok_or_else(|| {
                    "must be origins, comma separated, as https://jobs.example.org".to_owned()
                })
        })
        .collect()
}

/// `1000/1h`, or `off`.
pub(super) fn quota(text: &str) -> Result<Option<Quota>, String> {
    match text.to_ascii_lowercase().as_str() {
        "off" => Ok(None),
        _ => text
            .parse()
            .map(Some)
            .map_err(|problem| format!("{problem}, or off")),
    }
}

/// Networks as `10.0.0.0/8`, or single addresses, comma separated.
pub(super) fn networks(text: &str) -> Result<Vec<IpNet>, String> {
    text.split(',')
        .map(str::trim)
        .filter(|network| !network.is_empty())
        .map(|network| {
            network
                .parse::<IpNet>()
                .or_else(|_| network.parse::<IpAddr>().map(IpNet::from))
                .map_err(|_| {
                    "must be addresses or networks, comma separated, as 10.0.0.0/8,::1".to_owned()
                })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_units_and_bounds() {
        let read = |text| duration(Duration::from_millis(100), Duration::from_secs(86_400))(text);
        assert_eq!(read("30"), Ok(Duration::from_secs(30)));
        assert_eq!(read("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(read("2 h"), Ok(Duration::from_secs(7200)));
        for wrong in [
            "",
            "s",
            "-1",
            "1w",
            "50ms",
            "2d",
            "99999999999999999999",
            "1.5h",
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn queues_are_named_once_with_a_number() {
        let read = queues("mail=8, search=4").unwrap();
        assert_eq!(read["mail"], 8);
        assert_eq!(read["search"], 4);
        for wrong in [
            "mail",
            "mail=0",
            "mail=x",
            "=4",
            "mail=1,mail=2",
            ",",
            "Mail=1",
        ] {
            assert!(queues(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn arms_are_named_once_with_a_share() {
        assert_eq!(
            arms("hybrid=9, content=1"),
            Ok(vec![(Arm::Hybrid, 9), (Arm::Content, 1)])
        );
        for wrong in ["", "hybrid", "hybrid=0", "best=1", "hybrid=1,hybrid=2"] {
            assert!(arms(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn networks_are_addresses_with_or_without_a_length() {
        let read = networks("10.0.0.0/8, 192.0.2.7,2001:db8::/32").unwrap();
        let contains = |address: &str| {
            let address: IpAddr = address.parse().unwrap();
            read.iter().any(|network| network.contains(&address))
        };
        assert!(contains("10.9.8.7") && contains("192.0.2.7") && contains("2001:db8::1"));
        assert!(!contains("192.0.2.8") && !contains("11.0.0.1") && !contains("2001:db9::1"));
        for wrong in ["10.0.0.0/33", "proxy", "10.0.0/8", "*"] {
            assert!(networks(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn hosts_carry_no_scheme() {
        assert_eq!(
            hosts("localhost, .Example.org").unwrap(),
            ["localhost", ".example.org"]
        );
        assert!(hosts("https://example.org").is_err());
    }
}
