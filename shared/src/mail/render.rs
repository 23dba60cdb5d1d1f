//! From a template and its facts to subject, text and HTML.

use std::{error::Error as _, path::PathBuf, sync::Arc};

use minijinja::{
    AutoEscape, Environment, UndefinedBehavior, context,
    syntax::SyntaxConfig,
    value::{Serde, Value},
};
use serde::Serialize;
use url::Url;

use super::{
    Brand, Language, Template,
    markup::{self, one_line},
    samples,
    sources::{SourceError, Sources, is_part},
};
use crate::{config, settings::Settings};

/// A mail's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// One line.
    pub subject: String,
    pub text: String,
    pub html: String,
}

/// Whom the mail greets.
#[derive(Clone, Debug, Serialize)]
pub struct Recipient {
    /// May be empty.
    pub first_name: String,
    pub language: Language,
    /// Where mails of this type can be stopped, if they can.
    pub unsubscribe_url: Option<String>,
}

/// What a mail says beside its facts.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// Where links lead.
    pub site: &'a Url,
    pub brand: &'a Brand,
    pub recipient: &'a Recipient,
}

#[derive(Debug, thiserror::Error)]
#[error("a mail template failed: {0}")]
pub struct RenderError(#[from] minijinja::Error);

/// Why mails cannot be made from these templates.
#[derive(Debug, thiserror::Error)]
pub enum TemplatesError {
    #[error("JOBBOARD_MAIL_TEMPLATES: {0}")]
    Source(#[from] SourceError),
    #[error(transparent)]
    Environment(#[from] RenderError),
    /// With the file and, where it is known, the line.
    #[error("JOBBOARD_MAIL_TEMPLATES: {0}: {1}")]
    Wrong(String, String),
}

/// Longer subjects are cut: mail programs show less than this anyway.
const MAX_SUBJECT: usize = 150;

/// What mails are made from.
#[derive(Debug)]
pub struct Templates {
    environment: Environment<'static>,
    sources: Arc<Sources>,
}

impl Templates {
    /// Those that the program carries along and, in their stead, those of the folder
    /// that the configuration names: tried with every sample.
    pub fn configured(config: &config::Mail) -> Result<Self, TemplatesError> {
        match &config.templates_dir {
            None => Ok(Self::built_in()?),
            Some(folder) => {
                let templates = Self::of(Sources::with_folder(folder)?)?;
                templates.check(folder)?;
                Ok(templates)
            }
        }
    }

    /// Those that the program carries along. Each is read when it is first used.
    pub fn built_in() -> Result<Self, RenderError> {
        Self::of(Sources::default())
    }

    fn of(sources: Sources) -> Result<Self, RenderError> {
        let sources = Arc::new(sources);
        let mut environment = Environment::new();
        // A missing fact is an error, not a gap in somebody's mail.
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_syntax(
            SyntaxConfig::builder()
                .trim_blocks(true)
                .lstrip_blocks(true)
                .keep_trailing_newline(true)
                .build()?,
        );
        environment.set_auto_escape_callback(|name| {
            if name.ends_with(".html") {
                AutoEscape::Html
            } else {
                AutoEscape::None
            }
        });
        markup::add_to(&mut environment);
        let loaded = Arc::clone(&sources);
        environment.set_loader(move |name| Ok(source(&loaded, name)));
        Ok(Self {
            environment,
            sources,
        })
    }

    /// `facts` are what the template's variables name.
    pub fn render(
        &self,
        template: Template,
        frame: Frame<'_>,
        facts: &impl Serialize,
    ) -> Result<Rendered, RenderError> {
        let language = frame.recipient.language;
        let values = |format: &str| {
            context! {
                site => context! { url => frame.site.as_str().trim_end_matches('/') },
                brand => Value::from(Serde(frame.brand)),
                language => language.name(),
                format,
                recipient => Value::from(Serde(frame.recipient)),
                ..Value::from(Serde(facts))
            }
        };
        let mut text = self
            .environment
            .get_template(&format!("{language}/{template}.txt"))?
            .render_captured(values("txt"))?;
        let subject = text.with_state_mut(|state| state.render_block("subject"))?;
        let html = self
            .environment
            .get_template(&format!("{language}/{template}.html"))?
            .render(values("html"))?;
        Ok(Rendered {
            subject: one_line(&subject, MAX_SUBJECT),
            text: text.into_output(),
            html,
        })
    }

    /// Renders every sample in every language, as a board and as an account may be.
    fn check(&self, folder: &std::path::Path) -> Result<(), TemplatesError> {
        let site: Url = "https://jobs.example.com/".parse().map_err(|_| {
            TemplatesError::Wrong("the sample address".into(), "is not an address".into())
        })?;
        let plain = Settings::default();
        let branded = Settings {
            brand_name: "Jobs".into(),
            brand_logo: "https://jobs.example.com/logo.png".into(),
            brand_footer: "Jobs Ltd".into(),
            ..plain.clone()
        };
        let boards = [plain, branded].map(|settings| Brand::new(&settings, &site));
        for language in Language::ALL {
            let recipients = [("", None), ("Ana", Some("https://jobs.example.com/stop"))];
            let recipients = recipients.map(|(first_name, stop)| Recipient {
                first_name: first_name.to_owned(),
                language,
                unsubscribe_url: stop.map(str::to_owned),
            });
            for template in Template::ALL {
                for sample in samples(template) {
                    for (brand, recipient) in boards.iter().zip(&recipients) {
                        let frame = Frame {
                            site: &site,
                            brand,
                            recipient,
                        };
                        let file = format!("{language}/{template}.txt");
                        match self.render(template, frame, &sample.facts) {
                            Ok(mail) if mail.subject.is_empty() => {
                                let why = "the block `subject` is empty".to_owned();
                                return Err(wrong(folder, &file, None, why));
                            }
                            Ok(_) => {}
                            Err(RenderError(error)) => {
                                return Err(self.explain(folder, &file, &error));
                            }
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// Where the innermost error is, as people count.
    fn explain(
        &self,
        folder: &std::path::Path,
        file: &str,
        error: &minijinja::Error,
    ) -> TemplatesError {
        let mut inner = error;
        let mut place = (file.to_owned(), None);
        loop {
            if let Some(name) = inner.name() {
                place = (file_of(name), inner.line());
            }
            match inner.source().and_then(|source| source.downcast_ref()) {
                Some(source) => inner = source,
                None => break,
            }
        }
        let detail = inner.detail().map(|detail| format!(": {detail}"));
        let mut why = format!("{}{}", inner.kind(), detail.unwrap_or_default());
        if !self.sources.is_own(&place.0) {
            // As when a layout lacks a block: the words are those of the program.
            why = format!("{why} (while trying {file})");
        }
        wrong(folder, &place.0, place.1, why)
    }
}

fn wrong(folder: &std::path::Path, file: &str, line: Option<usize>, why: String) -> TemplatesError {
    let path: PathBuf = folder.join(file);
    let line = line.map(|line| format!(", line {line}"));
    let place = format!("{}{}", path.display(), line.unwrap_or_default());
    TemplatesError::Wrong(place, why)
}

/// The words of a mail stand in one file and are rendered twice, within the layout that
/// the name's ending asks for.
fn source(sources: &Sources, name: &str) -> Option<String> {
    if name.starts_with("layout.") {
        return sources.get(name).map(str::to_owned);
    }
    let (_, ending) = name.rsplit_once('.')?;
    let file = file_of(name);
    let source = sources.get(&file)?;
    if is_part(&file) {
        return Some(source.to_owned());
    }
    // On the first line, so that errors name the lines of the file.
    Some(format!("{{% extends \"layout.{ending}\" %}}{source}"))
}

/// The file that a name is read from.
fn file_of(name: &str) -> String {
    match name.strip_suffix(".html") {
        Some(words) if words != "layout" => format!("{words}.txt"),
        _ => name.to_owned(),
    }
}
