//! Every mail as it would be sent now, with made-up facts.

use jobboard_shared::{
    mail::{Brand, Frame, Language, Recipient, Rendered, Sample, Template, samples},
    notifications::Kind,
    settings,
};
use minijinja::{Value, context};
use poem::{
    Request, Response, handler,
    http::{HeaderValue, header},
    web::{Data, Path},
};

use super::{for_admin, not_found, query};
use crate::{
    App,
    pages::form::Fields,
    problem::{Problem, Result},
};

/// For the mail itself: its own style, pictures from where the settings say, nothing
/// else, and never within a page of somebody else's.
const MAIL_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src http: https:; \
                           base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox";

#[handler]
pub(super) async fn list(app: Data<&App>, request: &Request) -> Result<Response> {
    for_admin(&app, request, async |visit| {
        let language = language(&query(request))?;
        let brand = brand(&app).await?;
        let mut mails = Vec::new();
        for template in Template::ALL {
            for sample in samples(template) {
                let mail = render(&app, &brand, template, language, &sample)?;
                mails.push(context! {
                    name => sample.name,
                    template => template.name(),
                    subject => mail.subject,
                    stops => Kind::of_mail(template).map(|kind| kind.name()),
                });
            }
        }
        visit.page(
            "admin/previews.html",
            context! { mails, ..of_language(language) },
        )
    })
    .await
}

#[handler]
pub(super) async fn show(
    app: Data<&App>,
    request: &Request,
    Path(name): Path<String>,
) -> Result<Response> {
    for_admin(&app, request, async |visit| {
        let language = language(&query(request))?;
        let brand = brand(&app).await?;
        let (template, sample) = find(&name)?;
        let mail = render(&app, &brand, template, language, &sample)?;
        visit.page(
            "admin/preview.html",
            context! {
                name,
                subject => mail.subject,
                text => mail.text,
                ..of_language(language)
            },
        )
    })
    .await
}

/// The HTML part alone.
#[handler]
pub(super) async fn content(
    app: Data<&App>,
    request: &Request,
    Path(name): Path<String>,
) -> Result<Response> {
    for_admin(&app, request, async |_| {
        let language = language(&query(request))?;
        let brand = brand(&app).await?;
        let (template, sample) = find(&name)?;
        let mail = render(&app, &brand, template, language, &sample)?;
        Ok(Response::builder()
            .content_type("text/html; charset=utf-8")
            .header(
                header::CONTENT_SECURITY_POLICY,
                HeaderValue::from_static(MAIL_POLICY),
            )
            .header(
                header::X_FRAME_OPTIONS,
                HeaderValue::from_static("SAMEORIGIN"),
            )
            .body(mail.html))
    })
    .await
}

fn language(fields: &Fields) -> Result<Language> {
    match fields.get("language") {
        None => Ok(Language::default()),
        Some(name) => name.parse().map_err(|_| not_found()),
    }
}

fn of_language(language: Language) -> Value {
    context! {
        language => language.name(),
        languages => Language::ALL.map(Language::name).to_vec(),
    }
}

fn find(name: &str) -> Result<(Template, Sample)> {
    let all = Template::ALL.into_iter().flat_map(|template| {
        let samples = samples(template).into_iter();
        samples.map(move |sample| (template, sample))
    });
    all.into_iter()
        .find(|(_, sample)| sample.name == name)
        .ok_or_else(not_found)
}

async fn brand(app: &App) -> Result<Brand> {
    let mut conn = app.db.acquire().await?;
    let settings = settings::load(&mut conn).await?;
    Ok(Brand::new(&settings, &app.config.http.public_url))
}

fn render(
    app: &App,
    brand: &Brand,
    template: Template,
    language: Language,
    sample: &Sample,
) -> Result<Rendered> {
    let site = &app.config.http.public_url;
    let recipient = Recipient {
        first_name: "Ana".into(),
        language,
        unsubscribe_url: Kind::of_mail(template).map(|_| format!("{site}unsubscribe/")),
    };
    let frame = Frame {
        site,
        brand,
        recipient: &recipient,
    };
    app.mails
        .render(template, frame, &sample.facts)
        .map_err(Problem::internal)
}
