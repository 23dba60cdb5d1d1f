//! What a freelancer is looking for, as a vector that remembers where each
//! weight came from.

use std::collections::HashMap;

use uuid::Uuid;

use super::{
    Pay,
    kernel::Index,
    model::{Block, Feature, JobText, Model, Vector},
    text, vicinity,
};

/// What is known about a freelancer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Profile {
    pub user_id: Uuid,
    pub title: String,
    pub bio: String,
    /// Where they live and where they would like to work.
    pub places: Vec<String>,
    /// Names or slugs of categories.
    pub categories: Vec<String>,
    pub is_open_to_remote: bool,
    pub skills: Vec<ProfileSkill>,
    pub experiences: Vec<Experience>,
    /// Newest first, one per job.
    pub events: Vec<Event>,
    /// Jobs that do not interest them, the latest first.
    pub dislikes: Vec<Uuid>,
    /// The least that they ask for.
    pub pay: Option<Pay>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ProfileSkill {
    pub name: String,
    pub slug: String,
    /// 0 to 1.
    pub level: f64,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Experience {
    pub title: String,
    pub is_current: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// Left again within seconds.
    Glance,
    View,
    Save,
    Application,
}

impl EventKind {
    /// As the queries number them, the weakest 0.
    pub(super) fn of_strength(strength: i32) -> Self {
        match strength {
            3 => Self::Application,
            2 => Self::Save,
            1 => Self::View,
            _ => Self::Glance,
        }
    }
}

/// What a user did with a job.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    pub job_id: Uuid,
    pub kind: EventKind,
    pub age_days: f64,
}

/// Where a weight of a user came from. Numbers count within the profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Source {
    Title,
    Bio,
    Skill(usize),
    Experience(usize),
    Place,
    Remote,
    Category,
    Event(usize),
}

/// One weight of one source.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Part {
    feature: Feature,
    source: Source,
    weight: f64,
}

/// What one weight adds to the score of one job.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Contribution {
    pub feature: Feature,
    pub source: Source,
    pub value: f64,
}

/// A profile against a model.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Interests {
    /// In order of the features, then of the sources.
    parts: Vec<Part>,
    /// The jobs of the profile's events.
    event_jobs: Vec<Uuid>,
}

/// Days after which an event counts half.
const EVENT_HALF_LIFE_DAYS: f64 = 14.0;

fn event_weight(event: &Event) -> f64 {
    let weight = match event.kind {
        EventKind::Glance => 0.05,
        EventKind::View => 0.2,
        EventKind::Save => 0.4,
        EventKind::Application => 0.5,
    };
    weight * 0.5_f64.powf(event.age_days.max(0.0) / EVENT_HALF_LIFE_DAYS)
}

impl Interests {
    /// Each source weighs like a job's field (its block has length 1) times how
    /// much it says about a person; the sum of a block is cut back to length 1
    /// where it is longer, but never stretched: who only says "open to remote
    /// work" did not name a place.
    ///
    /// `vector_of` knows the vectors of the events' jobs.
    pub fn new<'a>(
        profile: &Profile,
        model: &Model,
        vector_of: impl Fn(Uuid) -> Option<&'a Vector>,
    ) -> Self {
        let mut gathering = Gathering {
            model,
            parts: Vec::new(),
        };
        gathering.text(
            Block::Title,
            &text::words(&profile.title),
            1.0,
            Source::Title,
        );
        gathering.text(
            Block::Description,
            &text::words(&profile.title),
            0.3,
            Source::Title,
        );
        gathering.text(
            Block::Description,
            &text::long_text(&profile.bio),
            0.5,
            Source::Bio,
        );
        for (number, experience) in profile.experiences.iter().enumerate() {
            let weight = if experience.is_current { 0.6 } else { 0.3 };
            let words = text::words(&experience.title);
            gathering.text(Block::Title, &words, weight, Source::Experience(number));
        }
        for place in &profile.places {
            gathering.text(Block::Location, &text::place(place), 1.0, Source::Place);
            gathering.text(Block::Vicinity, &vicinity::tiles(place), 1.0, Source::Place);
        }
        if profile.is_open_to_remote {
            let remote = [text::REMOTE.to_owned()];
            gathering.text(Block::Location, &remote, 0.3, Source::Remote);
        }
        for category in &profile.categories {
            gathering.text(
                Block::Category,
                &[text::label(category)],
                1.0,
                Source::Category,
            );
        }
        gathering.skills(&profile.skills);
        for (number, event) in profile.events.iter().enumerate() {
            if let Some(vector) = vector_of(event.job_id) {
                gathering.event(vector, event_weight(event), Source::Event(number));
            }
        }
        Self {
            parts: gathering.finish(),
            event_jobs: profile.events.iter().map(|event| event.job_id).collect(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// One weight per term, for [`Index::top`].
    pub fn query(&self) -> Vec<(Feature, f64)> {
        let mut query: Vec<(Feature, f64)> = Vec::with_capacity(self.parts.len());
        for part in &self.parts {
            match query.last_mut() {
                Some(last) if last.0 == part.feature => last.1 += part.weight,
                _ => query.push((part.feature, part.weight)),
            }
        }
        query
    }

    /// Whether the user did something with this job.
    pub fn knows(&self, job_id: Uuid) -> bool {
        self.event_jobs.contains(&job_id)
    }

    /// Everything that speaks for a job. The values add up to its score, without
    /// what the job would say for itself where the user has seen it already.
    pub fn explain(&self, index: &Index, number: u32) -> Vec<Contribution> {
        self.explain_vector(index, index.job(number).id, index.vector(number))
    }

    /// The same for a job that need not be in the index.
    pub fn explain_vector(
        &self,
        index: &Index,
        job_id: Uuid,
        vector: &Vector,
    ) -> Vec<Contribution> {
        let mut contributions = Vec::new();
        for &(feature, posted) in vector {
            let factor = index.weight_of(feature) * f64::from(posted);
            let from = self.parts.partition_point(|part| part.feature < feature);
            for part in self.parts[from..]
                .iter()
                .take_while(|part| part.feature == feature)
            {
                let itself =
                    matches!(part.source, Source::Event(e) if self.event_jobs[e] == job_id);
                let value = factor * part.weight;
                if !itself && value > 0.0 {
                    contributions.push(Contribution {
                        feature,
                        source: part.source,
                        value,
                    });
                }
            }
        }
        contributions
    }
}

struct Gathering<'a> {
    model: &'a Model,
    parts: Vec<Part>,
}

impl Gathering<'_> {
    fn text(&mut self, block: Block, tokens: &[String], weight: f64, source: Source) {
        let weights = self.model.vocabulary(block).weigh(tokens);
        let lifted = self.model.lift(block, weights);
        self.parts.extend(lifted.map(|(feature, w)| Part {
            feature,
            source,
            weight: w * weight,
        }));
    }

    /// Skills speak in their own block by slug, and by the words of their names in
    /// titles and descriptions: many ads list no skills.
    fn skills(&mut self, skills: &[ProfileSkill]) {
        let slugs: Vec<(String, usize)> = skills
            .iter()
            .zip(0..)
            .map(|(skill, n)| (skill.slug.clone(), n))
            .collect();
        let words: Vec<(String, usize)> = skills
            .iter()
            .zip(0..)
            .flat_map(|(skill, n)| {
                text::words(&skill.name)
                    .into_iter()
                    .map(move |word| (word, n))
            })
            .collect();
        for (block, tokens, weight) in [
            (Block::Skills, &slugs, 1.0),
            (Block::Title, &words, 0.4),
            (Block::Description, &words, 0.7),
        ] {
            // A word of two skills counts for the stronger one.
            let mut owners: HashMap<&str, usize> = HashMap::new();
            for (token, skill) in tokens {
                let owner = owners.entry(token).or_insert(*skill);
                if skills[*skill].level > skills[*owner].level {
                    *owner = *skill;
                }
            }
            let vocabulary = self.model.vocabulary(block);
            let weights = vocabulary.weigh_counts(
                owners
                    .iter()
                    .map(|(token, skill)| (*token, skills[*skill].level)),
            );
            let sources: Vec<Source> = weights
                .iter()
                .filter_map(|(number, _)| vocabulary.term(*number))
                .filter_map(|term| owners.get(term))
                .map(|skill| Source::Skill(*skill))
                .collect();
            let lifted = self.model.lift(block, weights).zip(sources);
            self.parts.extend(lifted.map(|((feature, w), source)| Part {
                feature,
                source,
                weight: w * weight,
            }));
        }
    }

    fn event(&mut self, vector: &Vector, weight: f64, source: Source) {
        self.parts.extend(vector.iter().map(|&(feature, w)| Part {
            feature,
            source,
            weight: f64::from(w) * weight,
        }));
    }

    fn finish(mut self) -> Vec<Part> {
        self.parts
            .sort_by(|a, b| a.feature.cmp(&b.feature).then(a.source.cmp(&b.source)));
        let mut squares = [0.0; Block::COUNT];
        for same in self.parts.chunk_by(|a, b| a.feature == b.feature) {
            let sum: f64 = same.iter().map(|part| part.weight).sum();
            squares[self.model.block_of(same[0].feature) as usize] += sum * sum;
        }
        for part in &mut self.parts {
            let length = squares[self.model.block_of(part.feature) as usize].sqrt();
            part.weight /= length.max(1.0);
        }
        self.parts
    }
}

/// The vectors of jobs that users did something with, also of those that are not
/// in the index any more.
pub struct EventJobs {
    jobs: HashMap<Uuid, (String, Vector)>,
}

impl EventJobs {
    /// Jobs of the index lend their vectors, the others are weighed anew.
    pub fn new(texts: Vec<JobText>, index: &Index, terms_kept: usize) -> Self {
        let jobs = texts
            .into_iter()
            .map(|job| {
                let vector = match index.number_of(job.id) {
                    Some(number) => index.vector(number).clone(),
                    None => index.model().vectorize(&job, index.weights(), terms_kept),
                };
                (job.id, (job.title, vector))
            })
            .collect();
        Self { jobs }
    }

    pub fn vector(&self, job_id: Uuid) -> Option<&Vector> {
        self.jobs.get(&job_id).map(|(_, vector)| vector)
    }

    pub fn title(&self, job_id: Uuid) -> Option<&str> {
        self.jobs.get(&job_id).map(|(title, _)| title.as_str())
    }
}
