//! What opens a live connection, and from where it goes on.

use std::time::Duration;

use chrono::{DateTime, Utc};
use jobboard_shared::live::{self, Ticket};
use poem::{Request, web::Data};
use poem_openapi::{ApiResponse, Object, OpenApi, payload::Json};

use crate::{
    App,
    auth::SignedIn,
    problem::{Problem, Result},
    tags::Tag,
};

const LIFETIME: Duration = Duration::from_secs(30);

pub(crate) struct TicketApi;

/// Opens one live connection
#[derive(Debug, Object)]
struct LiveTicket {
    ticket: String,
    expires_at: DateTime<Utc>,
}

#[derive(ApiResponse)]
enum TicketResponse {
    /// The ticket is good for one connection
    #[oai(status = 201)]
    Created(Json<LiveTicket>),
}

#[OpenApi(prefix_path = "/api/ws", tag = "Tag::Notifications")]
impl TicketApi {
    /// Get a ticket for a live connection
    ///
    /// Good once, for 30 seconds: `wss://…/api/ws/?ticket=…` opens a WebSocket on which
    /// the account's news comes as it happens. With `&last_event_id=` and the id of the
    /// last event that the client has, everything since then comes first, in order.
    /// `GET /api/events/` gives the same as Server-Sent Events, with an access token and
    /// `Last-Event-ID`.
    #[oai(path = "/ticket", method = "post", operation_id = "create_live_ticket")]
    async fn create(&self, app: Data<&App>, user: SignedIn) -> Result<TicketResponse> {
        let ticket = Ticket::generate();
        let mut tx = app.begin().await?;
        let expires_at =
            live::db::insert_ticket(&mut tx, ticket, user.session_id, LIFETIME).await?;
        tx.commit().await?;
        Ok(TicketResponse::Created(Json(LiveTicket {
            ticket: ticket.to_text(),
            expires_at,
        })))
    }
}

/// The event after which a client wants to go on.
pub(super) fn after(request: &Request) -> Result<Option<i64>> {
    let query = request.uri().query().unwrap_or_default();
    let mut fields = url::form_urlencoded::parse(query.as_bytes());
    let named = match request.headers().get("last-event-id") {
        Some(value) => Some(value.to_str().unwrap_or("?").to_owned()),
        None => fields
            .find(|(name, _)| name == "last_event_id")
            .map(|(_, value)| value.into_owned()),
    };
    let Some(named) = named.filter(|named| !named.is_empty()) else {
        return Ok(None);
    };
    named.parse().map(Some).map_err(|_| {
        Problem::invalid_field("last_event_id", "invalid", "is not the id of an event")
    })
}
