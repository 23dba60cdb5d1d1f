//! What answers depend on, and how the database tells of changes.

use uuid::Uuid;

/// Where the schema's triggers tell of changes.
pub(super) const CHANNEL: &str = "jobboard_cache";

/// Jobs and accounts fall into so many, by the last bits of their ids, as the schema's
/// `cache_bucket` has it.
const BUCKETS: usize = 1024;
const WHOLE: usize = 5;
pub(super) const COUNT: usize = WHOLE + 2 * BUCKETS;

/// Something that answers depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    /// Which jobs there are, and what they say but for their counters.
    Jobs,
    Categories,
    Companies,
    /// What searches read.
    Search,
    Trending,
    /// The counters of a job.
    JobCounters(Uuid),
    /// What an account is told of itself.
    Account(Uuid),
}

impl Topic {
    pub(super) fn index(self) -> u16 {
        match self {
            Self::Jobs => 0,
            Self::Categories => 1,
            Self::Companies => 2,
            Self::Search => 3,
            Self::Trending => 4,
            Self::JobCounters(id) => WHOLE as u16 + bucket(id),
            Self::Account(id) => (WHOLE + BUCKETS) as u16 + bucket(id),
        }
    }
}

fn bucket(id: Uuid) -> u16 {
    let [.., high, low] = *id.as_bytes();
    u16::from_be_bytes([high, low]) % BUCKETS as u16
}

/// What has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Change {
    Everything,
    /// The topics with these indexes.
    Of(Vec<u16>),
}

impl Change {
    /// What a notification says. One that is not understood, of a later schema, may
    /// mean anything.
    pub(super) fn read(payload: &str) -> Self {
        let mut topics = Vec::new();
        for word in payload.split_whitespace() {
            let read = match word {
                "jobs" => Some(vec![Topic::Jobs.index()]),
                "categories" => Some(vec![Topic::Categories.index()]),
                "companies" => Some(vec![Topic::Companies.index()]),
                "search" => Some(vec![Topic::Search.index()]),
                "trending" => Some(vec![Topic::Trending.index()]),
                _ => match word.split_once(':') {
                    Some(("job", buckets)) => numbers(buckets, WHOLE),
                    Some(("account", buckets)) => numbers(buckets, WHOLE + BUCKETS),
                    _ => None,
                },
            };
            match read {
                Some(read) => topics.extend(read),
                None => return Self::Everything,
            }
        }
        Self::Of(topics)
    }

    /// Both changes as one.
    pub(super) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Of(mut topics), Self::Of(more)) => {
                topics.extend(more);
                topics.sort_unstable();
                topics.dedup();
                Self::Of(topics)
            }
            _ => Self::Everything,
        }
    }
}

fn numbers(buckets: &str, first: usize) -> Option<Vec<u16>> {
    let numbers = buckets.split(',').map(|number| {
        let number: usize = number.parse().ok()?;
        (number < BUCKETS).then(|| u16::try_from(first + number).ok())?
    });
    numbers.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notifications_are_read_and_what_is_unknown_means_everything() {
        let id: Uuid = "01890000-0000-7000-8000-0000000007ff".parse().unwrap();
        assert_eq!(bucket(id), 1023);
        let told = |payload: &str| Change::read(payload);
        assert_eq!(told("jobs search"), Change::Of(vec![0, 3]));
        assert_eq!(
            told("job:0,1023"),
            Change::Of(vec![5, Topic::JobCounters(id).index()])
        );
        assert_eq!(
            told("account:1023"),
            Change::Of(vec![Topic::Account(id).index()])
        );
        assert_eq!(usize::from(Topic::Account(id).index()), COUNT - 1);
        for unknown in ["all", "places", "job:1024", "job:", "job:x", "account"] {
            assert_eq!(told(unknown), Change::Everything, "{unknown}");
        }
    }

    #[test]
    fn changes_add_up() {
        let one = Change::Of(vec![3, 1]);
        assert_eq!(
            one.clone().and(Change::Of(vec![1, 2])),
            Change::Of(vec![1, 2, 3])
        );
        assert_eq!(one.and(Change::Everything), Change::Everything);
    }
}
