//! The language of an ad, which decides its stemmer and stop words.

use whatlang::{Detector, Lang};

use crate::jobs::AdLanguage;

/// A language of the board; each has a text search configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Language {
    English,
    German,
    French,
    Spanish,
    Portuguese,
    Italian,
    Dutch,
    /// Any other: words as they are.
    Simple,
}

/// Shorter texts say too little; they are read as English, the language of most
/// ads, whose stemmer does least harm to the words of others.
const MIN_CHARS: usize = 60;
/// More text changes no answer.
const MAX_CHARS: usize = 2_000;

impl Language {
    pub const ALL: [Self; 8] = [
        Self::English,
        Self::German,
        Self::French,
        Self::Spanish,
        Self::Portuguese,
        Self::Italian,
        Self::Dutch,
        Self::Simple,
    ];

    /// The name of PostgreSQL's text search configuration.
    pub fn configuration(self) -> &'static str {
        match self {
            Self::English => "english",
            Self::German => "german",
            Self::French => "french",
            Self::Spanish => "spanish",
            Self::Portuguese => "portuguese",
            Self::Italian => "italian",
            Self::Dutch => "dutch",
            Self::Simple => "simple",
        }
    }

    /// Detects the language of plain text.
    pub fn detect(text: &str) -> Self {
        let text = match text.char_indices().nth(MAX_CHARS) {
            Some((end, _)) => &text[..end],
            None => text,
        };
        if text.chars().filter(|c| c.is_alphabetic()).count() < MIN_CHARS {
            return Self::English;
        }
        match Detector::new().detect(text) {
            Some(info) if info.is_reliable() => Self::of(info.lang()).unwrap_or(Self::Simple),
            _ => Detector::with_allowlist(BOARD.iter().map(|(lang, _)| *lang).collect())
                .detect(text)
                .filter(|info| info.confidence() > 0.5)
                .and_then(|info| Self::of(info.lang()))
                .unwrap_or(Self::English),
        }
    }

    fn of(lang: Lang) -> Option<Self> {
        BOARD
            .iter()
            .find(|(known, _)| *known == lang)
            .map(|(_, language)| *language)
    }

    /// A word of the language's stop list, which leaves a gap between positions:
    /// no phrase reaches over it. None for [`Language::Simple`].
    pub fn gap(self) -> Option<&'static str> {
        match self {
            Self::English => Some("the"),
            Self::German => Some("und"),
            Self::French => Some("et"),
            Self::Spanish => Some("y"),
            Self::Portuguese => Some("e"),
            Self::Italian => Some("e"),
            Self::Dutch => Some("en"),
            Self::Simple => None,
        }
    }

    /// Whether a folded word is one that the language's stop list has with its
    /// accents: folding would hide it from PostgreSQL ("für" as "fur").
    pub fn stops(self, folded: &str) -> bool {
        self.accented_stop_words().contains(&folded)
    }

    /// In these languages "ai" is an everyday word.
    pub fn has_word_ai(self) -> bool {
        matches!(self, Self::French | Self::Italian | Self::Portuguese)
    }

    fn accented_stop_words(self) -> &'static [&'static str] {
        match self {
            Self::German => &[
                "fur", "uber", "wahrend", "konnen", "konnte", "wurde", "wurden",
            ],
            Self::French => &[
                "meme", "ete", "etee", "etees", "etes", "etant", "etait", "etais", "etions",
                "etaient",
            ],
            Self::Spanish => &[
                "mas", "si", "tambien", "estan", "sera", "seran", "habia", "tras",
            ],
            Self::Portuguese => &[
                "nao", "sao", "ate", "ja", "so", "tambem", "voce", "voces", "ha", "estao", "sera",
                "serao", "tera",
            ],
            Self::Italian => &["piu", "perche", "sara", "puo", "cosi"],
            Self::Dutch | Self::English | Self::Simple => &[],
        }
    }
}

impl From<AdLanguage> for Language {
    fn from(language: AdLanguage) -> Self {
        match language {
            AdLanguage::En => Self::English,
            AdLanguage::De => Self::German,
            AdLanguage::Fr => Self::French,
            AdLanguage::Es => Self::Spanish,
            AdLanguage::Pt => Self::Portuguese,
            AdLanguage::It => Self::Italian,
            AdLanguage::Nl => Self::Dutch,
        }
    }
}

const BOARD: [(Lang, Language); 7] = [
    (Lang::Eng, Language::English),
    (Lang::Deu, Language::German),
    (Lang::Fra, Language::French),
    (Lang::Spa, Language::Spanish),
    (Lang::Por, Language::Portuguese),
    (Lang::Ita, Language::Italian),
    (Lang::Nld, Language::Dutch),
];
