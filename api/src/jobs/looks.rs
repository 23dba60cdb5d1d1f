//! Looks at jobs: they are noted, and no request waits until they are counted.

use jobboard_shared::jobs::Look;
use poem::{Request, http::header, web::Data};
use poem_openapi::{ApiResponse, Object, OpenApi, param::Path};
use uuid::Uuid;

use crate::{
    App,
    auth::{SignedIn, Viewer},
    body::Strict,
    client_address::ClientAddress,
    problem::Result,
    tags::Tag,
};

pub(crate) struct LooksApi;

#[derive(ApiResponse)]
enum LookResponse {
    /// It is noted
    #[oai(status = 204)]
    Noted,
}

/// Somebody looked at the job
#[derive(Debug, Object)]
struct LookInput {
    /// How long, in seconds
    #[oai(validator(minimum(value = "0"), maximum(value = "86400")))]
    duration_seconds: Option<i32>,
}

#[OpenApi(prefix_path = "/api/jobs", tag = "Tag::Jobs")]
impl LooksApi {
    /// Tell of a look at a job
    ///
    /// For clients that show a job without reading it here, and, when it is left again,
    /// for how long it was looked at. It counts by the rules of `GET /api/jobs/{id}/`: a
    /// look that counted already is not counted again but gets the duration, if it was an
    /// account's. Who leaves within 10 seconds says little about what they want. Of jobs
    /// that are gone or not public nothing is kept.
    #[oai(path = "/:id/view", method = "post", operation_id = "record_job_view")]
    async fn look(
        &self,
        app: Data<&App>,
        viewer: Viewer,
        request: &Request,
        id: Path<Uuid>,
        body: Strict<LookInput>,
    ) -> Result<LookResponse> {
        note(&app, id.0, viewer.0, request, body.0.duration_seconds);
        Ok(LookResponse::Noted)
    }
}

/// Returns at once.
pub(super) fn note(
    app: &App,
    job_id: Uuid,
    viewer: Option<SignedIn>,
    request: &Request,
    duration: Option<i32>,
) {
    let text = |name| -> Option<&str> {
        let value = request.headers().get(name)?;
        value.to_str().ok()
    };
    let now = app.clock.now();
    app.looks.note(Look {
        job_id,
        user_id: viewer.map(|viewer| viewer.user_id),
        address: request
            .data::<ClientAddress>()
            .and_then(|client| client.0)
            .map(|address| app.visitors.hashes(address, now)),
        user_agent: text(header::USER_AGENT).map(|agent| agent.chars().take(500).collect()),
        // Without its query, which may hold anything.
        referrer: text(header::REFERER)
            .and_then(|referrer| referrer.split(['?', '#']).next())
            .map(|referrer| referrer.chars().take(2_000).collect()),
        duration,
        at: now,
    });
}
