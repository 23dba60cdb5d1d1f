//! The job seekers of the sample board.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use jobboard_shared::places::Place;

use super::{
    companies::{Company, location},
    levels::Level,
    professions::Profession,
    random::Random,
    texts::Texts,
};

pub(super) struct Person {
    pub(super) first_name: &'static str,
    pub(super) last_name: &'static str,
    pub(super) profession: usize,
    pub(super) level: Level,
    pub(super) years: i64,
    pub(super) place: Place,
    pub(super) location: String,
    pub(super) is_open_to_remote: bool,
    pub(super) is_available: bool,
    /// Dollars or euros an hour.
    pub(super) rate: i64,
    pub(super) skills: Vec<PersonSkill>,
    /// The present one first.
    pub(super) experience: Vec<Position>,
    pub(super) degree: Option<Degree>,
    pub(super) joined_at: DateTime<Utc>,
    /// Jobs looked at in the last weeks.
    pub(super) looks: usize,
}

pub(super) struct PersonSkill {
    pub(super) name: &'static str,
    pub(super) proficiency: &'static str,
    pub(super) years: i64,
}

pub(super) struct Position {
    pub(super) company: String,
    pub(super) title: String,
    pub(super) start: NaiveDate,
    pub(super) end: Option<NaiveDate>,
}

pub(super) struct Degree {
    pub(super) institution: String,
    pub(super) name: &'static str,
    pub(super) start: NaiveDate,
    pub(super) end: NaiveDate,
}

/// The first one is the demonstration freelancer: a backend developer in Berlin.
pub(super) fn generate(
    count: usize,
    companies: &[Company],
    professions: &[Profession],
    now: DateTime<Utc>,
) -> Vec<Person> {
    let random = &mut Random::of("people");
    let texts = Texts::names();
    (0..count)
        .map(|number| person(number, random, &texts, companies, professions, now))
        .collect()
}

fn person(
    number: usize,
    random: &mut Random,
    texts: &Texts,
    companies: &[Company],
    professions: &[Profession],
    now: DateTime<Utc>,
) -> Person {
    // People work in the lines of business of their city.
    let near = if number == 0 {
        &companies[0]
    } else {
        random.pick_one(companies)
    };
    let category = random.weighted(near.industry.hires);
    let fitting: Vec<usize> = (0..professions.len())
        .filter(|at| professions[*at].category == category)
        .collect();
    let profession = match number {
        0 => 0,
        _ => fitting
            .get(random.below(fitting.len()))
            .copied()
            .unwrap_or(0),
    };
    let years = if number == 0 {
        6
    } else {
        random.within(0..=18)
    };
    let level = match years {
        0..=1 => Level::Entry,
        2..=4 => Level::Intermediate,
        5..=9 => Level::Senior,
        _ => Level::Lead,
    };
    let known = &professions[profession];
    let start = now.date_naive() - TimeDelta::days(365 * years + random.within(0..=300));
    Person {
        first_name: random.pick(texts.section("given")),
        last_name: random.pick(texts.section("family")),
        profession,
        level,
        years,
        place: near.place,
        location: location(&near.place),
        is_open_to_remote: number == 0 || random.percent(known.remote + 30),
        is_available: number == 0 || random.percent(80),
        rate: (known.pay * (10 + years) / 20).max(12),
        skills: skills(random, known, professions, years),
        experience: positions(random, known, companies, start, now.date_naive()),
        degree: random
            .percent(65)
            .then(|| degree(random, &near.place, start)),
        joined_at: now - TimeDelta::minutes(random.within(61 * 24 * 60..=300 * 24 * 60)),
        looks: match number {
            0 => 24,
            _ => (42.0 * random.fraction() * random.fraction()) as usize,
        },
    }
}

fn skills(
    random: &mut Random,
    known: &Profession,
    professions: &[Profession],
    years: i64,
) -> Vec<PersonSkill> {
    let core = known.skills.len().min(2);
    let more = random.within(1..=4) as usize;
    let mut names = known.skills[..core].to_vec();
    names.extend(random.some(&known.skills[core..], more));
    // Something from a neighbouring profession.
    let neighbours: Vec<&Profession> = professions
        .iter()
        .filter(|other| other.kind() == known.kind())
        .collect();
    let neighbour = random.pick(&neighbours);
    let other = random.pick(&neighbour.skills);
    if !names.contains(&other) {
        names.push(other);
    }
    names
        .into_iter()
        .map(|name| {
            let used = random.within(0..=years).min(20);
            PersonSkill {
                name,
                proficiency: match used {
                    0..=1 => "beginner",
                    2..=4 => "intermediate",
                    5..=8 => "advanced",
                    _ => "expert",
                },
                years: used,
            }
        })
        .collect()
}

fn positions(
    random: &mut Random,
    known: &Profession,
    companies: &[Company],
    start: NaiveDate,
    today: NaiveDate,
) -> Vec<Position> {
    let mut positions = Vec::new();
    let mut from = start;
    while positions.len() < 4 && (today - from).num_days() > 90 {
        let days = random.within(300..=1600);
        let end = from + TimeDelta::days(days);
        let title = match random.percent(75) || known.other_titles.is_empty() {
            true => known.title.to_owned(),
            false => random.pick_one(&known.other_titles).clone(),
        };
        positions.push(Position {
            company: random.pick_one(companies).name.clone(),
            title,
            start: from,
            end: (end < today && positions.len() < 3).then_some(end),
        });
        if end >= today {
            break;
        }
        from = end + TimeDelta::days(random.within(1..=60));
    }
    positions.reverse();
    positions
}

fn degree(random: &mut Random, place: &Place, work_start: NaiveDate) -> Degree {
    let name = random.pick(&[
        "Bachelor of Science",
        "Bachelor of Arts",
        "Master of Science",
        "Diploma",
        "Vocational training",
    ]);
    let kind = random.pick(&[
        "College",
        "School of Applied Sciences",
        "Institute",
        "Academy",
    ]);
    let start = work_start - TimeDelta::days(365 * random.within(3..=5));
    Degree {
        institution: format!("{} {kind}", place.name),
        name,
        start,
        end: work_start - TimeDelta::days(30),
    }
}
