use chrono::DateTime;
use jobboard_shared::recommendations::{
    model::{BlockWeights, JobText, block_weights},
    profile::{Event, EventKind, Experience, ProfileSkill},
};

use super::*;
use crate::recommendations::fit::fit;

fn job(number: u128, title: &str, skills: &[&str], location: &str) -> JobText {
    JobText {
        id: Uuid::from_u128(number),
        company_id: Uuid::from_u128(number + 100),
        title: title.to_owned(),
        description: format!("{title} wanted, with {}", skills.join(" ")),
        location: location.to_owned(),
        company: format!("company {number}"),
        skills: skills.iter().map(|&skill| skill.to_owned()).collect(),
        ..JobText::default()
    }
}

fn jobs() -> Vec<JobText> {
    vec![
        job(
            1,
            "Python developer",
            &["python", "django"],
            "Berlin, Germany",
        ),
        job(
            2,
            "Backend engineer",
            &["python", "postgresql"],
            "New York, NY",
        ),
        job(3, "Nurse", &["care"], "Berlin"),
        job(4, "Welder", &["welding"], "York, UK"),
        job(5, "Data engineer", &["python", "sql"], "Hamburg, Germany"),
    ]
}

fn profile() -> Profile {
    let skill = |name: &str, level| ProfileSkill {
        name: name.to_owned(),
        slug: name.to_lowercase(),
        level,
    };
    Profile {
        user_id: Uuid::from_u128(1000),
        title: "Backend developer".to_owned(),
        bio: "I build services with Django.".to_owned(),
        places: vec!["Berlin".to_owned()],
        is_open_to_remote: true,
        skills: vec![skill("Python", 1.0), skill("Django", 0.7)],
        experiences: vec![Experience {
            title: "Data engineer".to_owned(),
            is_current: false,
        }],
        events: vec![Event {
            job_id: Uuid::from_u128(5),
            kind: EventKind::View,
            age_days: 2.0,
        }],
        ..Profile::default()
    }
}

fn config() -> config::Recommendations {
    config::Recommendations::default()
}

fn weights() -> BlockWeights {
    block_weights(&config())
}

fn index() -> Index {
    let model = fit(Uuid::nil(), DateTime::UNIX_EPOCH, &jobs(), &weights(), 64).unwrap();
    Index::new(model, weights())
}

fn matched_one(index: &Index, profile: Profile) -> (EventJobs, Matched) {
    let events = EventJobs::new(jobs(), index, 64);
    let all = matched(index, &events, vec![profile], &HashMap::new(), 10);
    (events, all.into_iter().next().unwrap())
}

fn facts() -> HashMap<Uuid, CandidateFacts> {
    jobs()
        .into_iter()
        .map(|job| {
            let facts = CandidateFacts {
                location: job.location,
                category: None,
                trending: if job.id == Uuid::from_u128(3) {
                    4.0
                } else {
                    0.5
                },
            };
            (job.id, facts)
        })
        .collect()
}

#[test]
fn contributions_add_up_to_the_score() {
    let index = index();
    let (events, matched) = matched_one(&index, profile());
    assert!(matched.matches.len() >= 4, "{:?}", matched.matches);
    for found in &matched.matches {
        let explained = sum(&matched.interests.explain(&index, found.job));
        assert!(
            (explained - found.score).abs() < 1e-9,
            "{found:?}: {explained}"
        );
    }
    for row in list(&index, &events, &matched, &facts(), &config()) {
        let share = |name: &str| row.metadata[name].as_f64().unwrap();
        let total = share("content_share") + share("trending_share");
        assert!((total - row.score).abs() < 1e-9, "{row:?}");
    }
}

#[test]
fn a_job_does_not_speak_for_itself() {
    let index = index();
    let of_profile = |events: Vec<Event>| {
        let (_, matched) = matched_one(
            &index,
            Profile {
                events,
                ..profile()
            },
        );
        let number = index.number_of(Uuid::from_u128(5)).unwrap();
        matched
            .matches
            .iter()
            .find(|found| found.job == number)
            .unwrap()
            .score
    };
    // Only the lengths of the blocks may change it, and they only make it less.
    assert!(of_profile(profile().events) <= of_profile(vec![]) + 1e-9);
}

#[test]
fn skills_and_city_lead_the_list_and_the_reason_says_so() {
    let index = index();
    let (events, matched) = matched_one(&index, profile());
    let rows = list(&index, &events, &matched, &facts(), &config());
    assert_eq!(rows[0].job_id, Uuid::from_u128(1));
    assert_eq!((rows[0].score, rows[0].position), (1.0, 1));
    assert!(
        rows[0]
            .reason
            .starts_with("Matches your skills: Django, Python")
            || rows[0]
                .reason
                .starts_with("Matches your skills: Python, Django"),
        "{}",
        rows[0].reason
    );
    assert!(
        rows[0].reason.ends_with("; in Berlin, Germany"),
        "{}",
        rows[0].reason
    );
    // Common words alone speak for it.
    let last = rows.last().unwrap();
    assert_eq!(last.job_id, Uuid::from_u128(4));
    assert!(last.score < 0.2, "{last:?}");
}

#[test]
fn what_was_applied_for_or_is_closed_is_left_out() {
    let index = index();
    let events = EventJobs::new(vec![], &index, 64);
    let applied = HashMap::from([(profile().user_id, HashSet::from([Uuid::from_u128(1)]))]);
    let all = matched(&index, &events, vec![profile()], &applied, 10);
    let mut facts = facts();
    facts.remove(&Uuid::from_u128(2));
    let ids: Vec<Uuid> = list(&index, &events, &all[0], &facts, &config())
        .into_iter()
        .map(|row| row.job_id)
        .collect();
    assert!(!ids.is_empty());
    assert!(!ids.contains(&Uuid::from_u128(1)) && !ids.contains(&Uuid::from_u128(2)));
}

#[test]
fn equal_input_gives_equal_lists() {
    let rows = || {
        let index = index();
        let (events, matched) = matched_one(&index, profile());
        list(&index, &events, &matched, &facts(), &config())
    };
    assert_eq!(rows(), rows());
}

#[test]
fn who_says_nothing_gets_nothing() {
    let index = index();
    let (events, matched) = matched_one(&index, Profile::default());
    assert!(matched.interests.is_empty());
    assert!(list(&index, &events, &matched, &facts(), &config()).is_empty());
}

#[test]
fn similar_jobs_are_the_nearest_and_never_the_job_itself() {
    let all = neighbours(&index(), 0, 5, 3);
    let of = |number: u128| {
        all.iter()
            .find(|one| one.job_id == Uuid::from_u128(number))
            .unwrap()
            .neighbours
            .clone()
    };
    assert!(of(2).iter().any(|n| n.job_id == Uuid::from_u128(5)));
    for one in &all {
        assert!(one.neighbours.iter().all(|n| n.job_id != one.job_id));
        assert!(
            one.neighbours
                .iter()
                .all(|n| n.score > 0.0 && n.score <= 1.0)
        );
    }
    let berlin = of(3);
    assert_eq!(berlin[0].job_id, Uuid::from_u128(1));
    assert_eq!(berlin[0].reason, "Same place");
}
