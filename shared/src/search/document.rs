//! What the index holds of a job.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{
    compounds,
    language::Language,
    locality::Locality,
    pay,
    terms::{self, Reading},
    tokens::{self, Kind, token},
};
use crate::{
    jobs::{AdLanguage, Workplace},
    places,
    plain_text::plain_text,
};

/// A live job as the refresh reads it.
#[derive(Clone, Debug)]
pub(super) struct Source {
    pub(super) job_id: Uuid,
    pub(super) title: String,
    pub(super) description: String,
    pub(super) requirements: String,
    pub(super) responsibilities: String,
    pub(super) benefits: String,
    pub(super) location: String,
    pub(super) is_remote: bool,
    pub(super) is_hybrid: bool,
    /// Places in their enums, from 1.
    pub(super) job_type: i16,
    pub(super) experience_level: Option<i16>,
    pub(super) yearly_salary_min: Option<f32>,
    pub(super) yearly_salary_max: Option<f32>,
    pub(super) salary_currency: String,
    pub(super) published_at: DateTime<Utc>,
    pub(super) expires_at: Option<DateTime<Utc>>,
    pub(super) language: Option<AdLanguage>,
    pub(super) company: String,
    pub(super) company_ordinal: i32,
    pub(super) category: Option<String>,
    /// The category's ordinal, then those above it.
    pub(super) category_path: Vec<i32>,
    pub(super) skills: Vec<String>,
    pub(super) skill_ordinals: Vec<i32>,
}

/// A row of `job_search_documents` before PostgreSQL stems its words.
#[derive(Clone, Debug)]
pub(super) struct Document {
    pub(super) job_id: Uuid,
    pub(super) published_at: DateTime<Utc>,
    pub(super) expires_at: Option<DateTime<Utc>>,
    pub(super) job_type: i16,
    pub(super) experience_level: Option<i16>,
    pub(super) is_remote: bool,
    pub(super) category_ordinal: Option<i32>,
    pub(super) company_ordinal: i32,
    pub(super) yearly_salary_min: Option<f32>,
    pub(super) yearly_salary_max: Option<f32>,
    pub(super) salary_currency: String,
    pub(super) points: Vec<(f32, f32)>,
    pub(super) quality: f32,
    pub(super) language: Language,
    pub(super) tokens: Vec<i32>,
    pub(super) title_words: String,
    pub(super) skill_words: String,
    pub(super) company_words: String,
    /// Category and location.
    pub(super) place_words: String,
    pub(super) body_words: String,
}

/// Bytes of words that go into `title_vec`. It may not leave its row, which
/// with all it holds must fit a page of 8 kB; a vector takes up to three and a
/// half times its words.
const TITLE_BYTES: usize = 900;
const SKILL_BYTES: usize = 600;
const COMPANY_BYTES: usize = 300;
const PLACE_BYTES: usize = 1_000;
/// A vector may not pass 1 MB, and positions end at 16,383 words.
const BODY_BYTES: usize = 250_000;

impl Document {
    pub(super) fn of(source: Source) -> Self {
        let locality = Locality::of(&places::geocode(&source.location));
        let title = plain_text(&source.title);
        let body = [
            &source.description,
            &source.requirements,
            &source.responsibilities,
            &source.benefits,
        ]
        .map(|text| plain_text(text));
        let language = source.language.map_or_else(
            || Language::detect(&format!("{title}\n{}\n{}", body[0], body[1])),
            Language::from,
        );
        let [body_words, place_words, skill_words] = [
            list(body.iter().map(AsRef::as_ref), language, BODY_BYTES),
            list(
                [source.category.as_deref().unwrap_or(""), &source.location],
                language,
                PLACE_BYTES,
            ),
            list(
                source.skills.iter().map(String::as_str),
                language,
                SKILL_BYTES,
            ),
        ];
        Self {
            job_id: source.job_id,
            published_at: source.published_at,
            expires_at: source.expires_at,
            job_type: source.job_type,
            experience_level: source.experience_level,
            is_remote: source.is_remote,
            category_ordinal: source.category_path.first().copied(),
            company_ordinal: source.company_ordinal,
            yearly_salary_min: source.yearly_salary_min,
            yearly_salary_max: source.yearly_salary_max,
            quality: quality(&source, &locality),
            language,
            tokens: facts(&source, &locality),
            points: locality.points,
            title_words: list([title.as_ref()], language, TITLE_BYTES),
            skill_words,
            company_words: list([source.company.as_str()], language, COMPANY_BYTES),
            place_words,
            body_words,
            salary_currency: source.salary_currency,
        }
    }
}

/// The words of several texts, up to so many bytes. No phrase reaches from one
/// text into the next, nor from what stands before. The persons inside compound
/// words follow at the end.
fn list<'a>(texts: impl IntoIterator<Item = &'a str>, language: Language, most: usize) -> String {
    let gap = language.gap();
    let mut list = List {
        words: String::new(),
        most,
    };
    let mut persons = BTreeSet::new();
    for text in texts {
        list.push(gap.unwrap_or_default());
        for word in terms::words(text, Reading::Ad(language)) {
            list.push(match gap {
                Some(gap) if language.stops(&word.text) => gap,
                _ => &word.text,
            });
            persons.extend(compounds::person(&word.text));
        }
    }
    for person in persons {
        list.push(gap.unwrap_or_default());
        list.push(person);
    }
    list.words
}

struct List {
    words: String,
    most: usize,
}

impl List {
    fn push(&mut self, word: &str) {
        if !word.is_empty() && self.words.len() + 1 + word.len() <= self.most {
            self.words.push(' ');
            self.words.push_str(word);
        }
    }
}

fn facts(source: &Source, locality: &Locality) -> Vec<i32> {
    let mut facts = vec![
        token(Kind::JobType, source.job_type.into()),
        workplace(Workplace::of(source.is_remote, source.is_hybrid)),
        token(Kind::Company, source.company_ordinal),
        tokens::currency(&source.salary_currency),
    ];
    if let Some(level) = source.experience_level {
        facts.push(token(Kind::Experience, level.into()));
    }
    facts.extend(
        source
            .category_path
            .iter()
            .map(|ordinal| token(Kind::Category, *ordinal)),
    );
    facts.extend(tokens::salary(
        source.yearly_salary_min,
        source.yearly_salary_max,
    ));
    facts.extend(pay::tokens(
        source.yearly_salary_min,
        source.yearly_salary_max,
    ));
    facts.extend(
        source
            .skill_ordinals
            .iter()
            .map(|ordinal| token(Kind::Skill, *ordinal)),
    );
    facts.extend(tokens::slots(source.published_at));
    facts.extend(&locality.tokens);
    facts.sort_unstable();
    facts.dedup();
    facts
}

pub(super) fn workplace(workplace: Workplace) -> i32 {
    let value = match workplace {
        Workplace::OnSite => 0,
        Workplace::Remote => 1,
        Workplace::Hybrid => 2,
    };
    token(Kind::Workplace, value)
}

/// How much an ad tells, from 0 to 1.
fn quality(source: &Source, locality: &Locality) -> f32 {
    const FULL_TEXT: f32 = 1_500.0;
    let length = source.description.len()
        + source.requirements.len()
        + source.responsibilities.len()
        + source.benefits.len();
    let text = (length as f32 / FULL_TEXT).min(1.0);
    let told = |known: bool| if known { 1.0 } else { 0.0 };
    0.4 * text
        + 0.2 * told(source.yearly_salary_min.is_some() || source.yearly_salary_max.is_some())
        + 0.15 * told(!source.skills.is_empty())
        + 0.15 * told(!locality.tokens.is_empty() || source.is_remote)
        + 0.1 * told(source.category.is_some())
}
