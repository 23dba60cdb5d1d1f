//! What is told to the search log.

use jobboard_shared::{
    pagination::{Paging, Start},
    search::{Answered, SearchCursor, log::Asked},
};
use poem::{
    IntoResponse, Request, Response,
    http::{HeaderName, HeaderValue, header},
};
use poem_openapi::{
    ApiResponse,
    registry::{MetaHeader, MetaResponses, Registry},
    types::Type,
};
use url::form_urlencoded;
use uuid::Uuid;

use super::dto::SearchedQuery;
use crate::{App, client_address::ClientAddress};

/// Which search of the log an answer is of; on first pages alone, which count.
const SEARCH_ID: HeaderName = HeaderName::from_static("search-id");

/// What became of a search in the log.
#[derive(Clone, Copy, Debug)]
pub(super) struct Noted {
    /// None where nothing of it is kept.
    pub(super) id: Option<Uuid>,
    /// Further pages are no further searches.
    is_first: bool,
}

/// Notes what was asked and how much that found.
pub(super) fn note(
    app: &App,
    request: &Request,
    query: &SearchedQuery,
    page: &Paging<SearchCursor>,
    answered: &Answered,
) -> Noted {
    let is_first = matches!(page.start, Start::After(None) | Start::Page(1));
    let asked = asked(request, &query.asked);
    let id = asked.as_ref().map(|asked| asked.id);
    if let Some(asked) = asked.filter(|_| is_first) {
        let hits = &answered.found.hits;
        let on_page = i64::try_from(hits.rows.len()).unwrap_or(i64::MAX);
        let found = hits.total.unwrap_or(on_page);
        app.searches
            .found(asked, if answered.instead { 0 } else { found });
    }
    Noted { id, is_first }
}

impl Noted {
    pub(super) fn with<R>(self, answer: R) -> Logged<R> {
        Logged {
            answer,
            search: self.id.filter(|_| self.is_first),
        }
    }
}

/// The search that a request makes; none where it is not to be written down.
fn asked(request: &Request, text: &str) -> Option<Asked> {
    const NO_FILTERS: [&str; 6] = ["q", "cursor", "page", "page_size", "sort", "facets"];
    let query = request.uri().query().unwrap_or_default();
    let filters = form_urlencoded::parse(query.as_bytes())
        .filter(|(name, _)| !NO_FILTERS.contains(&&**name))
        .map(|(name, value)| (name.into_owned(), value.into_owned()));
    let language = request
        .headers()
        .get(header::ACCEPT_LANGUAGE)
        .and_then(|value| value.to_str().ok());
    Asked::of(text, filters, language)
}

/// Who asks.
pub(crate) struct Visit {
    app: App,
    visitor: Option<[u8; 16]>,
}

impl Visit {
    pub(crate) fn of(request: &Request) -> Option<Self> {
        let app = request.data::<App>()?.clone();
        let address = request.data::<ClientAddress>().and_then(|client| client.0);
        let now = app.clock.now();
        Some(Self {
            visitor: address.map(|address| app.visitors.hashes(address, now).today),
            app,
        })
    }

    /// Counts an answer, be it a kept one, if it is one of a search.
    pub(crate) fn count(&self, response: &Response) {
        let search = response
            .headers()
            .get(SEARCH_ID)
            .and_then(|value| value.to_str().ok()?.parse().ok());
        if let Some(search) = search {
            self.app.searches.answered(search, self.visitor);
        }
    }
}

/// An answer that counts as a search, where there is an id.
pub(super) struct Logged<R> {
    answer: R,
    search: Option<Uuid>,
}

impl<R: IntoResponse> IntoResponse for Logged<R> {
    fn into_response(self) -> Response {
        let mut response = self.answer.into_response();
        if let Some(search) = self.search
            && let Ok(value) = HeaderValue::from_str(&search.to_string())
        {
            response.headers_mut().insert(SEARCH_ID, value);
        }
        response
    }
}

impl<R: ApiResponse> ApiResponse for Logged<R> {
    fn meta() -> MetaResponses {
        let mut meta = R::meta();
        for response in &mut meta.responses {
            response.headers.push(MetaHeader {
                name: "Search-Id".to_owned(),
                description: Some("That of the body, on first pages".to_owned()),
                required: false,
                deprecated: false,
                schema: String::schema_ref(),
            });
        }
        meta
    }

    fn register(registry: &mut Registry) {
        R::register(registry);
    }
}
