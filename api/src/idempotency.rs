//! `Idempotency-Key`, put around operations from outside.

use std::{panic::resume_unwind, sync::Arc, time::Duration};

use jobboard_shared::idempotency::{Answer, Claim, Found, Header, Key, MAX_BODY_BYTES, db};
use poem::{
    Endpoint, Request, Response,
    endpoint::BoxEndpoint,
    http::{HeaderName, HeaderValue, Method, StatusCode, header},
};
use poem_openapi::registry::{MetaOperationParam, MetaParamIn, MetaSchema, MetaSchemaRef};
use sha2::{Digest, Sha256};
use tokio::time::{Instant, sleep};
use tracing::{Instrument, error};

use crate::{
    App, auth, body,
    edge::RequestId,
    framework_errors,
    problem::{Problem, Result},
    retries::ReadBody,
    transaction::{self, Conditions},
};

const NAME: &str = "idempotency-key";
/// Says that an answer was given before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
const MAX_KEY_BYTES: usize = 255;

/// How long a request waits for an equal one that is being carried out.
const PATIENCE: Duration = Duration::from_secs(5);
const FIRST_PAUSE: Duration = Duration::from_millis(25);
const LONGEST_PAUSE: Duration = Duration::from_millis(250);

/// Whether an operation takes keys: what creates or does something. Not signing in
/// and what belongs to it, whose answers hold secrets that must not be stored, and
/// not the upload of an import, which is read as it comes and by itself changes
/// nothing when it is repeated.
pub(crate) fn applies_to(path: &str, method: &Method) -> bool {
    *method == Method::POST
        && !path.starts_with("/api/auth/")
        && !matches!(path, "/api/jobs/import" | "/api/ws/ticket")
}

/// The header's entry in the document.
pub(crate) fn parameter() -> MetaOperationParam {
    let schema = MetaSchema {
        min_length: Some(1),
        max_length: Some(MAX_KEY_BYTES),
        pattern: Some("^[!-~]+$".to_owned()),
        ..MetaSchema::new("string")
    };
    MetaOperationParam {
        name: "Idempotency-Key".to_owned(),
        schema: MetaSchemaRef::Inline(Box::new(schema)),
        in_type: MetaParamIn::Header,
        description: Some(
            "A key of your choice, as a UUID. Repeating the request with it within 24 hours \
             gives the same answer and does nothing a second time; another request with it is \
             refused with 422"
                .to_owned(),
        ),
        required: false,
        deprecated: false,
        explode: true,
        style: None,
    }
}

/// Carries out a request, or answers as the first one with its key was answered.
pub(crate) async fn call(
    endpoint: &Arc<BoxEndpoint<'static>>,
    mut request: Request,
) -> poem::Result<Response> {
    let Some(text) = key_of(&request)? else {
        return endpoint.call(request).await;
    };
    let app: App = request
        .data::<App>()
        .cloned()
        .ok_or_else(|| Problem::internal("the application is not in the request"))?;
    let user = auth::viewer(&request)
        .await?
        .ok_or_else(|| Problem::unauthorized("credentials_required", "sign in first"))?;
    let limit = app.config.http.max_body_bytes;
    let bytes = body::read(request.take_body(), limit).await?;
    ReadBody::keep(&request, &bytes);
    let fingerprint = fingerprint(&request, &bytes);
    request.set_body(bytes);
    match claim(&app, &Key::new(user.user_id, &text), &fingerprint).await? {
        Start::Go(claim) => {
            let endpoint = Arc::clone(endpoint);
            let work = carry_out(app, claim, endpoint, request).in_current_span();
            // A task of its own: it ends even if the client does not wait for it.
            match tokio::spawn(work).await {
                Ok(result) => result,
                Err(error) if error.is_panic() => resume_unwind(error.into_panic()),
                Err(error) => Err(Problem::internal(error).into()),
            }
        }
        Start::Replay(answer) => Ok(response_of(answer)?),
    }
}

fn key_of(request: &Request) -> Result<Option<String>> {
    let mut values = request.headers().get_all(NAME).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    let text = value.to_str().unwrap_or_default();
    let right = (1..=MAX_KEY_BYTES).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_graphic())
        && values.next().is_none();
    if right {
        return Ok(Some(text.to_owned()));
    }
    Err(Problem::invalid_field(
        "Idempotency-Key",
        "invalid_format",
        format!("must be one value of 1 to {MAX_KEY_BYTES} visible ASCII characters"),
    ))
}

fn fingerprint(request: &Request, body: &[u8]) -> [u8; 32] {
    let mut hash = Sha256::new();
    let address = request
        .uri()
        .path_and_query()
        .map_or("", |address| address.as_str());
    let content_type = request.headers().get(header::CONTENT_TYPE);
    for part in [
        request.method().as_str().as_bytes(),
        address.as_bytes(),
        content_type.map_or(&[][..], HeaderValue::as_bytes),
        body,
    ] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

enum Start {
    Go(Claim),
    Replay(Answer),
}

async fn claim(app: &App, key: &Key, fingerprint: &[u8; 32]) -> Result<Start> {
    let deadline = Instant::now() + PATIENCE;
    let mut pause = FIRST_PAUSE;
    loop {
        // No connection is held while waiting: the request ahead needs one.
        let mut conn = app.db.acquire().await?;
        let found = db::claim(&mut conn, key, fingerprint).await?;
        drop(conn);
        match found {
            Found::Claimed(claim) => return Ok(Start::Go(claim)),
            Found::Answered(answer) => return Ok(Start::Replay(answer)),
            Found::Running if Instant::now() < deadline => {
                sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
            Found::Running => {
                return Err(Problem::conflict(
                    "idempotency_key_in_use",
                    "a request with this key is still being carried out",
                )
                .with_header(header::RETRY_AFTER, HeaderValue::from_static("5")));
            }
            Found::AnswerLost => {
                return Err(Problem::conflict(
                    "idempotency_answer_lost",
                    "the request was carried out, but its answer was lost: look at what is there",
                ));
            }
            Found::Different => {
                return Err(Problem::invalid_field(
                    "Idempotency-Key",
                    "idempotency_key_reused",
                    "was used for another request",
                ));
            }
        }
    }
}

async fn carry_out(
    app: App,
    claim: Claim,
    endpoint: Arc<BoxEndpoint<'static>>,
    request: Request,
) -> poem::Result<Response> {
    let id = request.data::<RequestId>().cloned();
    let conditions = Conditions {
        claim: Some(claim.clone()),
        expected: None,
    };
    let result = transaction::under(conditions, endpoint.call(request)).await;
    let (result, kept) = match result {
        Ok(response) => keep(response).await?,
        Err(error) => {
            let problem = framework_errors::to_problem(error);
            let shown = problem.to_response(id.as_ref().map(|id| &*id.0));
            let kept = match problem.lost_to_another() {
                // The next attempt is to find the key free.
                true => Kept::Nothing,
                false => keep(shown).await?.1,
            };
            (Err(problem.into()), kept)
        }
    };
    if let Err(error) = settle(&app, &claim, kept).await {
        // The client has its answer; a retry would be told that it is lost.
        error!(%error, "the answer to an idempotent request was not kept");
    }
    result
}

/// What a retry is to get.
enum Kept {
    Answer(Answer),
    /// Nothing was done that would stand in the way of doing it.
    Nothing,
    TooLarge,
}

async fn keep(mut response: Response) -> Result<(poem::Result<Response>, Kept)> {
    let status = response.status();
    if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
        return Ok((Ok(response), Kept::Nothing));
    }
    let body = response
        .take_body()
        .into_vec()
        .await
        .map_err(Problem::internal)?;
    let kept = if body.len() > MAX_BODY_BYTES {
        Kept::TooLarge
    } else {
        let text = |(name, value): (&HeaderName, &HeaderValue)| {
            let value = value.to_str().ok()?;
            Some(Header(name.as_str().to_owned(), value.to_owned()))
        };
        Kept::Answer(Answer {
            status: status.as_u16(),
            headers: response.headers().iter().filter_map(text).collect(),
            body: body.clone(),
        })
    };
    response.set_body(body);
    Ok((Ok(response), kept))
}

async fn settle(app: &App, claim: &Claim, kept: Kept) -> jobboard_shared::Result<()> {
    let mut conn = app.db.acquire().await?;
    match kept {
        Kept::Answer(answer) => db::store(&mut conn, claim, &answer).await,
        Kept::Nothing => db::release(&mut conn, claim).await,
        Kept::TooLarge => db::mark_applied(&mut conn, claim).await.map(drop),
    }
}

fn response_of(answer: Answer) -> Result<Response> {
    let status = StatusCode::from_u16(answer.status).map_err(Problem::internal)?;
    let mut response = Response::builder().status(status).body(answer.body);
    for Header(name, value) in answer.headers {
        let name = HeaderName::try_from(name).map_err(Problem::internal)?;
        let value = HeaderValue::try_from(value).map_err(Problem::internal)?;
        response.headers_mut().append(name, value);
    }
    response
        .headers_mut()
        .insert(REPLAYED, HeaderValue::from_static("true"));
    Ok(response)
}
