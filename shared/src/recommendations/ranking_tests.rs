use chrono::DateTime;

use super::*;
use crate::{
    config,
    recommendations::{
        collaborative::RandomWalk,
        fit::{Deed, fit, learn_together},
        hybrid,
        model::{BlockWeights, JobText, block_weights},
        profile::{Event, EventKind, Experience, ProfileSkill},
    },
};

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
    let model = fit(Uuid::nil(), DateTime::UNIX_EPOCH, &jobs(), &weights(), 64);
    Index::new(model, weights())
}

fn matched_one(index: &Index, profile: Profile) -> (EventJobs, Matched) {
    let events = EventJobs::new(jobs(), index, 64);
    let trending: Vec<u32> = (0..index.model().jobs.len() as u32).collect();
    let all = matched(index, &events, vec![profile], &HashMap::new(), &trending);
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
                recent_applications: 2,
                age_days: 365.0,
                ..CandidateFacts::default()
            };
            (job.id, facts)
        })
        .collect()
}

fn recipe(arm: Arm) -> Recipe {
    let mut config = config();
    config.arms = vec![(arm, 1)];
    hybrid::recipe_of(&config, profile().user_id)
}

/// People who viewed job 5 also saved job 4.
fn deeds() -> Vec<Deed> {
    let deed = |user: u128, job: u128, kind| Deed {
        user_id: Uuid::from_u128(user),
        job_id: Uuid::from_u128(job),
        kind,
        age_days: 1.0,
    };
    vec![
        deed(1, 5, EventKind::View),
        deed(1, 4, EventKind::Save),
        deed(2, 5, EventKind::View),
        deed(2, 4, EventKind::Save),
        deed(3, 3, EventKind::View),
    ]
}

fn index_with_deeds() -> Index {
    let mut model = fit(Uuid::nil(), DateTime::UNIX_EPOCH, &jobs(), &weights(), 64);
    learn_together(&mut model, &deeds(), RandomWalk::default());
    Index::new(model, weights())
}

fn ids(rows: &[NewRecommendation]) -> Vec<u128> {
    rows.iter().map(|row| row.job_id.as_u128()).collect()
}

#[test]
fn contributions_add_up_to_the_score_in_every_arm() {
    let index = index_with_deeds();
    let (events, matched) = matched_one(&index, profile());
    assert!(matched.found.len() >= 4, "{:?}", matched.found);
    for (job, parts) in &matched.found {
        let explained = sum(&matched.interests.explain(&index, *job));
        assert!(
            (explained - parts.content).abs() < 1e-9,
            "{job} {parts:?}: {explained}"
        );
    }
    for arm in Arm::ALL {
        let rows = list(&index, &events, &matched, &facts(), recipe(arm));
        assert!(!rows.is_empty(), "{arm:?}");
        for row in rows {
            let share = |name: &str| row.metadata[name].as_f64().unwrap();
            let total = share("content_share")
                + share("collaborative_share")
                + share("trending_share")
                + share("recency_share");
            assert!((total - row.score).abs() < 1e-9, "{row:?}");
            assert_eq!(row.metadata["arm"], arm.name());
        }
    }
}

#[test]
fn what_others_did_and_what_is_wanted_now_count_and_are_told() {
    let index = index_with_deeds();
    let (events, matched) = matched_one(&index, profile());
    let of = |arm| list(&index, &events, &matched, &facts(), recipe(arm));
    let together = of(Arm::Collaborative);
    assert_eq!(ids(&together), [4]);
    assert_eq!(
        together[0].reason,
        "People who looked at “Data engineer” also liked this"
    );
    let trending = of(Arm::Trending);
    assert_eq!((ids(&trending)[0], trending.len()), (3, 5));
    assert_eq!(trending[0].reason, "2 people applied this week");
    assert_eq!(
        trending[0].algorithm,
        crate::recommendations::Algorithm::Trending
    );
    // The default arm has all of them.
    assert_eq!(ids(&of(Arm::Hybrid))[0], 1);
    assert_eq!(of(Arm::Hybrid).len(), 5);
}

#[test]
fn what_was_published_lately_counts_and_says_so() {
    let index = index();
    let (events, matched) = matched_one(&index, profile());
    let top = |facts: &HashMap<Uuid, CandidateFacts>| {
        let mut rows = list(&index, &events, &matched, facts, recipe(Arm::Hybrid));
        rows.swap_remove(0)
    };
    let mut facts = facts();
    let first = top(&facts);
    assert!(!first.reason.contains("published lately"), "{first:?}");
    let first = first.job_id;
    facts.get_mut(&first).unwrap().age_days = 0.5;
    let told = top(&facts);
    assert_eq!(told.job_id, first);
    assert!(told.reason.contains("published lately"), "{told:?}");
    let scores = |facts: &HashMap<Uuid, CandidateFacts>, of: Uuid| {
        let rows = list(&index, &events, &matched, facts, recipe(Arm::Hybrid));
        rows.iter().find(|row| row.job_id == of).unwrap().score
    };
    let other = Uuid::from_u128(5);
    let before = scores(&facts, other);
    facts.get_mut(&other).unwrap().age_days = 0.5;
    assert!(scores(&facts, other) > before + 0.1);
}

#[test]
fn a_model_keeps_what_goes_together_in_its_bytes() {
    let index = index_with_deeds();
    let model = index.model();
    let bytes = crate::recommendations::codec::encode(model).unwrap();
    let back =
        crate::recommendations::codec::decode(model.version, model.fitted_at, &bytes).unwrap();
    assert_eq!(&back, model);
    assert_eq!(back.together.len(), 2);
}

#[test]
fn skills_and_city_lead_the_list_and_the_reason_says_so() {
    let index = index();
    let (events, matched) = matched_one(&index, profile());
    let rows = list(&index, &events, &matched, &facts(), recipe(Arm::Hybrid));
    assert_eq!(rows[0].job_id, Uuid::from_u128(1));
    assert!((rows[0].score - 1.0).abs() < 1e-9 && rows[0].position == 1);
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
    assert!(last.score < 0.25, "{last:?}");
}

#[test]
fn what_was_applied_for_or_is_closed_is_left_out() {
    let index = index();
    let events = EventJobs::new(vec![], &index, 64);
    let applied = HashMap::from([(profile().user_id, HashSet::from([Uuid::from_u128(1)]))]);
    let all = matched(&index, &events, vec![profile()], &applied, &[]);
    let mut facts = facts();
    facts.remove(&Uuid::from_u128(2));
    let ids: Vec<Uuid> = list(&index, &events, &all[0], &facts, recipe(Arm::Hybrid))
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
        list(&index, &events, &matched, &facts(), recipe(Arm::Hybrid))
    };
    assert_eq!(rows(), rows());
}

#[test]
fn who_says_nothing_gets_nothing() {
    let index = index();
    let (events, matched) = matched_one(&index, Profile::default());
    assert!(matched.interests.is_empty());
    for arm in [
        Arm::Content,
        Arm::Collaborative,
        Arm::Hybrid,
        Arm::SpecWeights,
    ] {
        let rows = list(&index, &events, &matched, &facts(), recipe(arm));
        assert!(rows.is_empty(), "{arm:?}");
    }
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
