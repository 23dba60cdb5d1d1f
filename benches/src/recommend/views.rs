//! Real job views, and what is held out of them.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    path::Path,
};

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use jobboard_shared::recommendations::{model::JobText, profile::EventKind};
use uuid::Uuid;

use crate::Result;

/// Shorter ones say little.
const GLANCE: TimeDelta = TimeDelta::seconds(10);

#[derive(Clone, Copy)]
pub(super) struct View {
    /// Number among the jobs.
    pub(super) job: u32,
    pub(super) at: DateTime<Utc>,
    pub(super) is_short: bool,
}

impl View {
    pub(super) fn kind(&self) -> EventKind {
        if self.is_short {
            EventKind::Glance
        } else {
            EventKind::View
        }
    }
}

pub(super) struct Views {
    pub(super) jobs: Vec<JobText>,
    /// Of each applicant, each job once (at the last view of it), in order of time.
    pub(super) users: Vec<Vec<View>>,
}

/// A user of whom something is held out.
pub(super) struct Case {
    /// Number among the users of `known`.
    pub(super) user: u32,
    pub(super) history: Vec<View>,
    pub(super) now: DateTime<Utc>,
    pub(super) wanted: Vec<u32>,
    /// Nobody is known to have viewed any of these.
    pub(super) is_cold: bool,
}

pub(super) struct Split {
    pub(super) cases: Vec<Case>,
    /// All views that are not held out, with the user's number.
    pub(super) known: Vec<(u32, View)>,
}

impl Views {
    pub(super) fn read(data: &Path) -> Result<Self> {
        let mut rows = csv::Reader::from_path(data.join("interactions/Job_Views.csv"))?;
        let mut numbers: HashMap<String, u32> = HashMap::new();
        let mut companies: HashMap<String, u128> = HashMap::new();
        let mut jobs = Vec::new();
        let mut users: BTreeMap<u32, HashMap<u32, View>> = BTreeMap::new();
        for row in rows.deserialize::<HashMap<String, String>>() {
            let row = row?;
            let of = |name: &str| row.get(name).map_or("", String::as_str);
            let next = numbers.len() as u32;
            let job = *numbers.entry(of("Job.ID").to_owned()).or_insert(next);
            if job == next {
                let company = of("Company").trim().to_lowercase();
                let next = companies.len() as u128;
                jobs.push(JobText {
                    id: Uuid::from_u128(of("Job.ID").parse()?),
                    company_id: Uuid::from_u128(*companies.entry(company.clone()).or_insert(next)),
                    title: of("Position").to_owned(),
                    location: format!("{}, {}", of("City"), of("State.Name")),
                    category: Some(of("Industry"))
                        .filter(|name| *name != "NA")
                        .map(str::to_owned),
                    company,
                    ..JobText::default()
                });
            }
            let at = NaiveDateTime::parse_from_str(of("View.Start"), "%Y-%m-%d %H:%M:%S UTC")?;
            let seconds: Option<i64> = of("View.Duration").parse().ok();
            let view = View {
                job,
                at: at.and_utc(),
                is_short: seconds.is_some_and(|seconds| TimeDelta::seconds(seconds) < GLANCE),
            };
            users
                .entry(of("Applicant.ID").parse()?)
                .or_default()
                .entry(job)
                .and_modify(|known| {
                    known.at = known.at.max(view.at);
                    known.is_short &= view.is_short;
                })
                .or_insert(view);
        }
        let users = users
            .into_values()
            .map(|views| {
                let mut views: Vec<View> = views.into_values().collect();
                views.sort_by_key(|view| (view.at, view.job));
                views
            })
            .collect();
        Ok(Self { jobs, users })
    }

    /// Holds out one view of each user who has more: the last one, or with `back` 1 the
    /// one before it (of whom the last one is then not known either).
    pub(super) fn leave_out(&self, back: usize) -> Split {
        let mut known = Vec::new();
        let mut held = Vec::new();
        for (user, views) in (0..).zip(&self.users) {
            let end = views.len().saturating_sub(back + 1);
            let history = if end > 0 {
                &views[..end]
            } else {
                &views[..views.len() - back.min(views.len())]
            };
            known.extend(history.iter().map(|view| (user, *view)));
            if end > 0 {
                held.push((user, history.to_vec(), views[end]));
            }
        }
        let cases = held
            .into_iter()
            .map(|(user, history, view)| Case {
                user,
                history,
                now: view.at,
                wanted: vec![view.job],
                is_cold: false,
            })
            .collect();
        Split { cases, known }.with_cold()
    }

    /// Holds out everything after the time by which four fifths of the views were made.
    pub(super) fn by_time(&self) -> Split {
        let mut times: Vec<DateTime<Utc>> =
            self.users.iter().flatten().map(|view| view.at).collect();
        times.sort_unstable();
        let now = times[times.len() * 4 / 5];
        let mut split = Split {
            cases: Vec::new(),
            known: Vec::new(),
        };
        for (user, views) in (0..).zip(&self.users) {
            let end = views.partition_point(|view| view.at < now);
            split
                .known
                .extend(views[..end].iter().map(|view| (user, *view)));
            if end > 0 && end < views.len() {
                split.cases.push(Case {
                    user,
                    history: views[..end].to_vec(),
                    now,
                    wanted: views[end..].iter().map(|view| view.job).collect(),
                    is_cold: false,
                });
            }
        }
        split.with_cold()
    }
}

/// What may be in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Candidates {
    /// Every job of the file, also those that were published after the case's time.
    All,
    /// As on a board: what is known to be out by then.
    Published,
}

impl fmt::Display for Candidates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::All => "all jobs of the file may be listed",
            Self::Published => "only jobs that were out may be listed",
        })
    }
}

impl Split {
    /// When each job was out at the latest, as far as the known views tell: ids are given
    /// in order of time, so a job was there when one of a higher id was viewed first.
    /// `None` where no view tells. Up to any time only views before it count.
    pub(super) fn published_by(&self, jobs: &[JobText]) -> Vec<Option<DateTime<Utc>>> {
        let mut published: Vec<Option<DateTime<Utc>>> = vec![None; jobs.len()];
        for (_, view) in &self.known {
            let first = &mut published[view.job as usize];
            *first = Some(first.map_or(view.at, |first| first.min(view.at)));
        }
        let mut newest_first: Vec<usize> = (0..jobs.len()).collect();
        newest_first.sort_unstable_by_key(|job| std::cmp::Reverse(jobs[*job].id));
        let mut earliest: Option<DateTime<Utc>> = None;
        for job in newest_first {
            earliest = match (earliest, published[job]) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (known, None) | (None, known) => known,
            };
            published[job] = earliest;
        }
        published
    }

    fn with_cold(mut self) -> Self {
        let known: std::collections::HashSet<u32> =
            self.known.iter().map(|(_, view)| view.job).collect();
        for case in &mut self.cases {
            case.is_cold = case.wanted.iter().all(|job| !known.contains(job));
        }
        self
    }
}
