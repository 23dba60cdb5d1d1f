//! Why this job: the strongest contributions in words.

use std::collections::BTreeMap;

use super::{
    CandidateFacts,
    hybrid::Parts,
    kernel::Index,
    lowered::Doubts,
    model::Block,
    profile::{Contribution, EventJobs, EventKind, Profile, Source},
};

/// Clauses that add less than this share of the score are left unsaid.
const WORTH_SAYING: f64 = 0.08;
const MOST_CLAUSES: usize = 3;
const MOST_NAMES: usize = 3;
const LONGEST_NAME: usize = 60;
/// As the database has it.
const LONGEST_REASON: usize = 500;

/// What speaks for a job, besides the terms.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Voices {
    /// What each source adds to the score.
    pub shares: Parts,
    /// The event whose job goes with this one most.
    pub together: Option<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Clause {
    Skills,
    Title,
    Experience(usize),
    Event(usize),
    Category,
    Bio,
    Together(usize),
    Trending,
    Recency,
    // Said last, whatever they weigh: "...; in Berlin".
    Place,
    Remote,
}

/// For example "Matches your skills: python, django; in Berlin".
pub fn personal(
    contributions: &[Contribution],
    profile: &Profile,
    events: &EventJobs,
    job: &CandidateFacts,
    voices: Voices,
) -> String {
    let content: f64 = contributions.iter().map(|c| c.value).sum();
    let total = voices.shares.sum();
    let mut clauses: BTreeMap<Clause, f64> = BTreeMap::new();
    if content > 0.0 {
        for contribution in contributions {
            *clauses.entry(clause_of(contribution.source)).or_default() +=
                contribution.value / content * voices.shares.content;
        }
    }
    if let Some(number) = voices.together {
        clauses.insert(Clause::Together(number), voices.shares.collaborative);
    }
    clauses.insert(Clause::Trending, voices.shares.trending);
    clauses.insert(Clause::Recency, voices.shares.recency);
    let mut ranked: Vec<(Clause, f64)> = clauses
        .into_iter()
        .filter(|(_, value)| *value > 0.0 && *value >= WORTH_SAYING * total)
        .collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
    // One job they looked at says enough.
    let mut told_event = false;
    ranked.retain(|(clause, _)| {
        !matches!(clause, Clause::Event(_) | Clause::Together(_))
            || !std::mem::replace(&mut told_event, true)
    });
    ranked.truncate(MOST_CLAUSES);
    ranked.sort_by_key(|(clause, _)| matches!(clause, Clause::Place | Clause::Remote));
    let said: Vec<String> = ranked
        .iter()
        .filter_map(|(clause, _)| say(*clause, contributions, profile, events, job))
        .collect();
    sentence(&said).unwrap_or_else(|| "Similar to your profile".to_owned())
}

/// The same with what speaks against the job: "...; but pays less than you ask for".
pub fn but(reason: String, profile: &Profile, events: &EventJobs, doubts: Doubts) -> String {
    let disliked = doubts
        .nearest
        .filter(|_| doubts.dislikes >= WORTH_SAYING)
        .and_then(|number| events.title(*profile.dislikes.get(number)?))
        .map(|title| format!("like “{}”, which does not interest you", short(title)));
    let underpaid = doubts
        .is_underpaid
        .then(|| "pays less than you ask for".to_owned());
    let said: Vec<String> = disliked.into_iter().chain(underpaid).collect();
    if said.is_empty() {
        return reason;
    }
    let whole = format!("{reason}; but {}", said.join(", "));
    if whole.chars().count() > LONGEST_REASON {
        return reason;
    }
    whole
}

fn clause_of(source: Source) -> Clause {
    match source {
        Source::Title => Clause::Title,
        Source::Bio => Clause::Bio,
        Source::Skill(_) => Clause::Skills,
        Source::Experience(number) => Clause::Experience(number),
        Source::Place => Clause::Place,
        Source::Remote => Clause::Remote,
        Source::Category => Clause::Category,
        Source::Event(number) => Clause::Event(number),
    }
}

fn say(
    clause: Clause,
    contributions: &[Contribution],
    profile: &Profile,
    events: &EventJobs,
    job: &CandidateFacts,
) -> Option<String> {
    Some(match clause {
        Clause::Skills => format!("matches your skills: {}", skills(contributions, profile)),
        Clause::Title => format!("fits your title {}", short(&profile.title)),
        Clause::Experience(number) => {
            let experience = profile.experiences.get(number)?;
            format!("fits your experience as {}", short(&experience.title))
        }
        Clause::Event(number) => {
            let event = profile.events.get(number)?;
            let did = match event.kind {
                EventKind::Glance | EventKind::View => "viewed",
                EventKind::Save => "saved",
                EventKind::Application => "applied for",
            };
            format!(
                "like “{}”, which you {did}",
                short(events.title(event.job_id)?)
            )
        }
        Clause::Together(number) => {
            let event = profile.events.get(number)?;
            let title = short(events.title(event.job_id)?);
            format!("people who looked at “{title}” also liked this")
        }
        Clause::Trending => match job.recent_applications {
            0 => "many look at it now".to_owned(),
            1 => "1 person applied this week".to_owned(),
            many => format!("{many} people applied this week"),
        },
        Clause::Recency => "published lately".to_owned(),
        Clause::Category => format!("in your field {}", short(job.category.as_deref()?)),
        Clause::Bio => "fits what you say about yourself".to_owned(),
        Clause::Place if job.location.is_empty() => return None,
        Clause::Place => format!("in {}", short(&job.location)),
        Clause::Remote => "remote".to_owned(),
    })
}

fn skills(contributions: &[Contribution], profile: &Profile) -> String {
    let mut by_skill: BTreeMap<usize, f64> = BTreeMap::new();
    for contribution in contributions {
        if let Source::Skill(number) = contribution.source {
            *by_skill.entry(number).or_default() += contribution.value;
        }
    }
    let mut ranked: Vec<(usize, f64)> = by_skill.into_iter().collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
    let names: Vec<String> = ranked
        .iter()
        .filter_map(|(number, _)| profile.skills.get(*number))
        .take(MOST_NAMES)
        .map(|skill| short(&skill.name))
        .collect();
    names.join(", ")
}

/// What two jobs share in one block.
#[derive(Default)]
struct Shared<'a> {
    value: f64,
    terms: Vec<(f64, &'a str)>,
}

/// Why two jobs are alike: "Similar title: developer; same skills: python".
pub fn mutual(index: &Index, a: u32, b: u32) -> String {
    let model = index.model();
    let mut blocks: BTreeMap<Block, Shared> = BTreeMap::new();
    for &(feature, weight) in index.vector(a) {
        let Ok(at) = index
            .vector(b)
            .binary_search_by_key(&feature, |(other, _)| *other)
        else {
            continue;
        };
        let other = index.vector(b)[at].1;
        let value = index.weight_of(feature) * f64::from(weight) * f64::from(other);
        let shared = blocks.entry(model.block_of(feature)).or_default();
        shared.value += value;
        shared.terms.push((value, model.term_of(feature)));
    }
    let total: f64 = blocks.values().map(|shared| shared.value).sum();
    let mut ranked: Vec<(Block, Shared)> = blocks
        .into_iter()
        .filter(|(_, shared)| shared.value >= WORTH_SAYING * total)
        .collect();
    if ranked.iter().any(|(block, _)| *block == Block::Location) {
        // What is in the same place is near.
        ranked.retain(|(block, _)| *block != Block::Vicinity);
    }
    ranked.sort_by(|x, y| y.1.value.total_cmp(&x.1.value));
    ranked.truncate(MOST_CLAUSES);
    let said: Vec<String> = ranked
        .into_iter()
        .map(|(block, shared)| say_shared(block, shared.terms))
        .collect();
    sentence(&said).unwrap_or_else(|| "Similar job".to_owned())
}

fn say_shared(block: Block, mut terms: Vec<(f64, &str)>) -> String {
    terms.sort_by(|x, y| y.0.total_cmp(&x.0));
    let names: Vec<String> = terms
        .iter()
        .take(MOST_NAMES)
        .map(|(_, term)| short(term))
        .collect();
    match block {
        Block::Title => format!("similar title: {}", names.join(", ")),
        Block::Skills => format!("same skills: {}", names.join(", ")),
        Block::Description => format!("similar tasks: {}", names.join(", ")),
        Block::Location => "same place".to_owned(),
        Block::Vicinity => "nearby".to_owned(),
        Block::Category => "same field".to_owned(),
        Block::Company => "same company".to_owned(),
    }
}

fn sentence(clauses: &[String]) -> Option<String> {
    let joined = clauses.join("; ");
    let mut rest = joined.chars();
    let first = rest.next()?;
    Some(first.to_uppercase().chain(rest).collect())
}

fn short(name: &str) -> String {
    let name = name.trim();
    match name.char_indices().nth(LONGEST_NAME) {
        None => name.to_owned(),
        Some((end, _)) => format!("{}…", name[..end].trim_end()),
    }
}
