//! News as it comes: over WebSocket and as Server-Sent Events.

mod events;
mod follower;
mod frame;
mod hearing;
mod hub;
mod origin;
mod socket;
mod ticket;

use std::sync::Arc;

use jobboard_shared::live::hints;
use poem::{Endpoint, EndpointExt, Request, Response, Route, endpoint::BoxEndpoint};

pub(crate) use self::{hub::Hub, ticket::TicketApi};
use crate::{App, methods::get};

/// The connections themselves: past compression, which would hold back what is told.
pub(crate) fn add_to(route: Route) -> Route {
    route
        .at("/api/ws", get(socket::open))
        .at("/api/events", get(events::open))
}

/// An operation whose news is hinted at once it is done.
pub(crate) struct Hinting(pub(crate) BoxEndpoint<'static>);

impl Endpoint for Hinting {
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        let hub = request.data::<App>().map(|app| Arc::clone(&app.live));
        let (answer, told) = hints::collecting(self.0.call(request)).await;
        if let Some(hub) = hub
            && !told.is_empty()
        {
            hub.tell(&told).await;
        }
        answer
    }
}

/// [`Hinting`] around an operation.
pub(crate) fn hinting(endpoint: BoxEndpoint<'static>) -> BoxEndpoint<'static> {
    Hinting(endpoint).boxed()
}
