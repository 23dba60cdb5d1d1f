//! Why this freelancer, in words and parts of the score.

use crate::recommendations::{
    model::JobText,
    profile::{Profile, Source},
};

const MOST_NAMES: usize = 5;
const LONGEST_NAME: usize = 60;

/// What speaks for somebody, of all that they say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ground {
    Skills,
    Title,
    Experience,
    About,
    Category,
    Place,
    Remote,
    Pay,
}

impl Ground {
    /// Nothing for what somebody did, which is not asked for here.
    pub(super) fn of(source: Source) -> Option<Self> {
        match source {
            Source::Skill(_) => Some(Self::Skills),
            Source::Title => Some(Self::Title),
            Source::Experience(_) => Some(Self::Experience),
            Source::Bio => Some(Self::About),
            Source::Category => Some(Self::Category),
            Source::Place => Some(Self::Place),
            Source::Remote => Some(Self::Remote),
            Source::Event(_) => None,
        }
    }

    /// For example "Skills: Python, Django". `strongest` are the numbers of the skills or
    /// experiences that add most.
    pub(super) fn say(self, profile: &Profile, job: &JobText, strongest: &[usize]) -> String {
        match self {
            Self::Skills => {
                let names = strongest.iter().filter_map(|at| profile.skills.get(*at));
                let names: Vec<String> = names
                    .take(MOST_NAMES)
                    .map(|skill| short(&skill.name))
                    .collect();
                format!("Skills: {}", names.join(", "))
            }
            Self::Title => format!("Calls themself {}", short(&profile.title)),
            Self::Experience => {
                let first = strongest
                    .first()
                    .and_then(|at| profile.experiences.get(*at));
                match first {
                    Some(experience) if experience.is_current => {
                        format!("Works as {}", short(&experience.title))
                    }
                    Some(experience) => format!("Worked as {}", short(&experience.title)),
                    None => "Experience".to_owned(),
                }
            }
            Self::About => "Says alike things of themself".to_owned(),
            Self::Category => {
                format!(
                    "In the field {}",
                    short(job.category.as_deref().unwrap_or_default())
                )
            }
            Self::Place => format!("In or near {}", short(&job.location)),
            Self::Remote => "Open to remote work".to_owned(),
            Self::Pay => "The pay reaches what they ask for".to_owned(),
        }
    }
}

/// A part of the score.
#[derive(Clone, Debug, PartialEq)]
pub struct Reason {
    pub ground: Ground,
    /// What it adds to the score.
    pub share: f64,
    pub text: String,
}

fn short(name: &str) -> String {
    let name = name.trim();
    match name.char_indices().nth(LONGEST_NAME) {
        None => name.to_owned(),
        Some((end, _)) => format!("{}…", name[..end].trim_end()),
    }
}
