//! What people did on the sample board in the last 60 days: they looked at jobs
//! of their profession near them, saved some and applied for a few.

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    ads::Ad, companies::Company, levels::Level, people::Person, professions::Profession,
    random::Random,
};

pub(super) struct View {
    /// Nobody: a visitor who was not signed in.
    pub(super) person: Option<usize>,
    pub(super) ad: usize,
    pub(super) at: DateTime<Utc>,
    pub(super) seconds: i64,
}

pub(super) struct Save {
    pub(super) person: usize,
    pub(super) ad: usize,
    pub(super) at: DateTime<Utc>,
}

pub(super) struct Application {
    pub(super) person: usize,
    pub(super) ad: usize,
    /// The statuses it went through, with the times; the first is `pending`.
    pub(super) moves: Vec<(&'static str, DateTime<Utc>)>,
    pub(super) rating: Option<i64>,
}

#[derive(Default)]
pub(super) struct History {
    pub(super) views: Vec<View>,
    pub(super) saves: Vec<Save>,
    pub(super) applications: Vec<Application>,
}

/// Who acts on what.
pub(super) struct Board<'a> {
    pub(super) companies: &'a [Company],
    pub(super) professions: &'a [Profession],
    pub(super) ads: &'a [Ad],
    pub(super) people: &'a [Person],
    pub(super) now: DateTime<Utc>,
}

impl Board<'_> {
    pub(super) fn history(&self) -> History {
        let random = &mut Random::of("history");
        let mut history = History::default();
        for person in 0..self.people.len() {
            self.person(person, random, &mut history);
        }
        for ad in 0..self.ads.len() {
            let visitors = (12.0 * self.ads[ad].appeal) as usize + random.below(2);
            for _ in 0..visitors {
                if let Some(at) = self.moment(ad, random) {
                    let seconds = random.within(5..=180);
                    history.views.push(View {
                        person: None,
                        ad,
                        at,
                        seconds,
                    });
                }
            }
        }
        history.views.sort_by_key(|view| view.at);
        history
    }

    fn person(&self, number: usize, random: &mut Random, history: &mut History) {
        let person = &self.people[number];
        let category = self.professions[person.profession].category;
        let pool = |fits: &dyn Fn(&Ad) -> bool| -> Vec<usize> {
            (0..self.ads.len())
                .filter(|&at| self.ads[at].published_at.is_some() && fits(&self.ads[at]))
                .collect()
        };
        let own = pool(&|ad| ad.profession == person.profession);
        let alike = pool(&|ad| self.professions[ad.profession].category == category);
        let all = pool(&|_| true);
        let mut seen = HashSet::new();
        for _ in 0..person.looks {
            let pool = random.weighted(&[(&own, 72), (&alike, 22), (&all, 6)]);
            let choice = random
                .some(pool, 9)
                .into_iter()
                .max_by_key(|&ad| self.affinity(person, ad, random));
            let Some(ad) = choice.filter(|ad| !seen.contains(ad)) else {
                continue;
            };
            let Some(at) = self.moment(ad, random) else {
                continue;
            };
            seen.insert(ad);
            let wants = self.wants(person, ad);
            let seconds = random.within(if wants { 30..=420 } else { 4..=90 });
            history.views.push(View {
                person: Some(number),
                ad,
                at,
                seconds,
            });
            if wants && random.percent(16) {
                let at = (at + TimeDelta::seconds(seconds)).min(self.now);
                history.saves.push(Save {
                    person: number,
                    ad,
                    at,
                });
            }
            let is_managed = self.companies[self.ads[ad].company].employer.is_some();
            if wants && is_managed && random.percent(20) {
                let at = (at + TimeDelta::minutes(random.within(6..=50))).min(self.now);
                history
                    .applications
                    .push(self.application(number, ad, at, random));
            }
        }
    }

    /// Higher is likelier to be looked at.
    fn affinity(&self, person: &Person, ad: usize, random: &mut Random) -> i64 {
        let ad = &self.ads[ad];
        let place = &self.companies[ad.company].place;
        let near = match ad.is_remote && person.is_open_to_remote {
            _ if place.id == person.place.id => 40,
            true => 26,
            false if place.country == person.place.country => 20,
            false => 0,
        };
        let level = 5 * (person.level as i64 - ad.level as i64).abs();
        near - level + (30.0 * ad.appeal) as i64 + random.within(0..=12)
    }

    fn wants(&self, person: &Person, ad: usize) -> bool {
        let ad = &self.ads[ad];
        let place = &self.companies[ad.company].place;
        let reachable =
            place.country == person.place.country || ad.is_remote && person.is_open_to_remote;
        let same_kind = self.professions[ad.profession].category
            == self.professions[person.profession].category;
        reachable && same_kind && ad.level <= person.level.max(Level::Intermediate)
    }

    /// Somewhere in the time the ad was shown.
    fn moment(&self, ad: usize, random: &mut Random) -> Option<DateTime<Utc>> {
        let (start, end) = self.ads[ad].shown(self.now)?;
        let seconds = ((end - start).num_seconds() as f64 * random.fraction()) as i64;
        Some(start + TimeDelta::seconds(seconds))
    }

    /// Older applications have come further.
    fn application(
        &self,
        person: usize,
        ad: usize,
        at: DateTime<Utc>,
        random: &mut Random,
    ) -> Application {
        const REVIEWED: &[&str] = &["pending", "reviewing"];
        const SHORTLISTED: &[&str] = &["pending", "reviewing", "shortlisted"];
        const INTERVIEWING: &[&str] = &["pending", "reviewing", "shortlisted", "interviewing"];
        const OFFERED: &[&str] = &[
            "pending",
            "reviewing",
            "shortlisted",
            "interviewing",
            "offered",
        ];
        const ACCEPTED: &[&str] = &[
            "pending",
            "reviewing",
            "shortlisted",
            "interviewing",
            "offered",
            "accepted",
        ];
        const REJECTED: &[&str] = &["pending", "reviewing", "rejected"];
        const WITHDRAWN: &[&str] = &["pending", "withdrawn"];
        let path = match (self.now - at).num_days() {
            0..2 => &["pending"][..],
            2..7 => random.weighted(&[(&["pending"][..], 50), (REVIEWED, 35), (SHORTLISTED, 15)]),
            _ => random.weighted(&[
                (&["pending"][..], 18),
                (REVIEWED, 20),
                (SHORTLISTED, 13),
                (INTERVIEWING, 10),
                (OFFERED, 4),
                (ACCEPTED, 4),
                (REJECTED, 25),
                (WITHDRAWN, 6),
            ]),
        };
        let steps = path.len() as i32;
        let moves = path
            .iter()
            .enumerate()
            .map(|(step, status)| (*status, at + (self.now - at) / steps * step as i32))
            .collect();
        Application {
            person,
            ad,
            moves,
            rating: (path.len() > 2 && random.percent(70)).then(|| random.within(2..=5)),
        }
    }
}
