//! Pages of long lists over HTTP.

mod params;
mod place;

use jobboard_shared::pagination::{Paging, Slice, Start};
use poem::{
    IntoResponse, Response,
    http::{HeaderValue, Uri, header},
};
use poem_openapi::{
    ApiResponse, Object,
    payload::Json,
    registry::{MetaHeader, MetaResponses, Registry},
    types::{ParseFromJSON, ToJSON, Type},
};
use serde::{Serialize, de::DeserializeOwned};
use url::form_urlencoded;

pub use self::params::CursorParams;
pub(crate) use self::params::expand;
use self::place::{Place, Previous};
use crate::{
    App,
    problem::{Problem, Result},
};

pub const DEFAULT_PAGE_SIZE: u32 = 20;
pub const MAX_PAGE_SIZE: u32 = 100;
/// Numbered pages are for people, who stop long before; cursors go on for ever.
pub const MAX_PAGE: u32 = 10_000;

/// The query parameters `cursor`, `page` and `page_size` of a list. Their bounds
/// are checked with all other parameters before the handler runs.
#[derive(Clone, Debug)]
pub struct PageParams {
    cursor: Option<String>,
    page: Option<u32>,
    page_size: u32,
    uri: Uri,
}

impl PageParams {
    /// `list` names the list and whatever its order depends on: a cursor of
    /// another list is refused. Without `cursor` and `page` the list begins
    /// with its first cursor page.
    pub fn paging<C: DeserializeOwned>(&self, app: &App, list: &str) -> Result<Paging<C>> {
        let start = match (&self.cursor, self.page) {
            (Some(_), Some(_)) => {
                return Err(Problem::invalid_field(
                    "cursor",
                    "conflicting",
                    "cursor and page exclude each other",
                ));
            }
            (Some(cursor), None) => {
                let place = Place::decode(&app.cursors, list, cursor).map_err(|error| {
                    Problem::invalid_field("cursor", "invalid_cursor", error.to_string())
                })?;
                Start::After(Some(place.after))
            }
            (None, Some(page)) => Start::Page(page),
            (None, None) => Start::After(None),
        };
        Ok(Paging {
            start,
            size: self.page_size,
        })
    }

    /// The answer: `slice`, whose rows `show` turns into what clients see.
    pub fn answer<R, T, C>(
        &self,
        app: &App,
        list: &str,
        slice: Slice<R, C>,
        show: impl FnMut(R) -> T,
    ) -> Paged<T>
    where
        C: Serialize + DeserializeOwned,
        T: ParseFromJSON + ToJSON,
    {
        let keys = &app.cursors;
        // A cursor that cannot be read was refused when the list was read.
        let place: Option<Place<C>> = self
            .cursor
            .as_ref()
            .and_then(|cursor| Place::decode(keys, list, cursor).ok());
        let previous = place.as_ref().and_then(|place| place.previous(keys, list));
        let next_cursor = slice
            .next
            .map(|after| Place::next(place, after).encode(keys, list));
        let page = Page {
            page: self.page,
            page_size: self.page_size,
            count: slice.total,
            next_cursor,
            results: slice.rows.into_iter().map(show).collect(),
        };
        Linked {
            links: self.links(&page, previous),
            page,
        }
    }

    /// RFC 8288 links to the pages around this one.
    fn links<T: ParseFromJSON + ToJSON>(
        &self,
        page: &Page<T>,
        previous: Option<Previous>,
    ) -> Vec<String> {
        let mut links = Vec::new();
        let mut link = |relation: &str, place: Option<(&str, &str)>| {
            links.push(format!("<{}>; rel=\"{relation}\"", self.at(place)));
        };
        if let Some(number) = self.page {
            let size = i64::from(self.page_size);
            let last = page
                .count
                .map_or(1, |count| ((count + size - 1) / size).max(1));
            link("first", Some(("page", "1")));
            if number > 1 {
                link("prev", Some(("page", &(number - 1).to_string())));
            }
            if i64::from(number) < last {
                link("next", Some(("page", &(number + 1).to_string())));
            }
            let last = last.min(MAX_PAGE.into()).to_string();
            link("last", Some(("page", &last)));
        } else {
            link("first", None);
            match &previous {
                Some(Previous::First) => link("prev", None),
                Some(Previous::After(cursor)) => link("prev", Some(("cursor", cursor))),
                None => {}
            }
            if let Some(cursor) = &page.next_cursor {
                link("next", Some(("cursor", cursor)));
            }
        }
        links
    }

    /// This request's address with another place in the list; `None` is where it
    /// begins.
    fn at(&self, place: Option<(&str, &str)>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let old = self.uri.query().unwrap_or_default();
        for (key, old) in form_urlencoded::parse(old.as_bytes()) {
            if key != "cursor" && key != "page" {
                query.append_pair(&key, &old);
            }
        }
        if let Some((name, value)) = place {
            query.append_pair(name, value);
        }
        match query.finish().as_str() {
            "" => self.uri.path().to_owned(),
            query => format!("{}?{query}", self.uri.path()),
        }
    }
}

/// A part of a list.
#[derive(Debug, Object)]
pub struct Page<T: ParseFromJSON + ToJSON> {
    pub results: Vec<T>,
    /// The number of this page, where pages are numbered.
    pub page: Option<u32>,
    pub page_size: u32,
    /// All results of the list, where they are counted: with numbered pages.
    pub count: Option<i64>,
    /// Where the next page begins; null on the last one.
    pub next_cursor: Option<String>,
}

/// A page with links to those around it.
pub struct Linked<P> {
    page: P,
    links: Vec<String>,
}

pub type Paged<T> = Linked<Page<T>>;

impl<P> Linked<P> {
    /// With another body.
    pub fn map<Q>(self, body: impl FnOnce(P) -> Q) -> Linked<Q> {
        Linked {
            page: body(self.page),
            links: self.links,
        }
    }
}

impl<P: ToJSON> IntoResponse for Linked<P> {
    fn into_response(self) -> Response {
        let mut response = Json(self.page).into_response();
        if let Ok(links) = HeaderValue::from_str(&self.links.join(", "))
            && !links.is_empty()
        {
            response.headers_mut().insert(header::LINK, links);
        }
        response
    }
}

impl<P: ParseFromJSON + ToJSON> ApiResponse for Linked<P> {
    fn meta() -> MetaResponses {
        let mut meta = Json::<P>::meta();
        for response in &mut meta.responses {
            response.headers.push(MetaHeader {
                name: "Link".to_owned(),
                description: Some("Links to the pages around this one (RFC 8288)".to_owned()),
                required: false,
                deprecated: false,
                schema: String::schema_ref(),
            });
        }
        meta
    }

    fn register(registry: &mut Registry) {
        P::register(registry);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(page: Option<u32>, uri: &str) -> PageParams {
        PageParams {
            cursor: None,
            page,
            page_size: 10,
            uri: uri.parse().unwrap(),
        }
    }

    fn page(number: Option<u32>, count: Option<i64>, next_cursor: Option<&str>) -> Page<String> {
        Page {
            results: vec![],
            page: number,
            page_size: 10,
            count,
            next_cursor: next_cursor.map(str::to_owned),
        }
    }

    #[test]
    fn links_keep_the_filters_and_change_the_place() {
        let params = params(Some(2), "/api/jobs/?q=a+b&page=2&location=Z%C3%BCrich");
        let links = params.links(&page(Some(2), Some(25), None), None);
        let at = |n: u32| format!("</api/jobs/?q=a+b&location=Z%C3%BCrich&page={n}>");
        assert_eq!(
            links,
            [
                format!("{}; rel=\"first\"", at(1)),
                format!("{}; rel=\"prev\"", at(1)),
                format!("{}; rel=\"next\"", at(3)),
                format!("{}; rel=\"last\"", at(3)),
            ]
        );
    }

    #[test]
    fn cursor_pages_lead_to_the_first_the_previous_and_the_next() {
        let params = params(None, "/api/jobs?cursor=x");
        let links = |next, previous| params.links(&page(None, None, next), previous);
        let first = "</api/jobs>; rel=\"first\"";
        assert_eq!(links(None, None), [first]);
        assert_eq!(
            links(Some("y"), Some(Previous::First)),
            [
                first,
                "</api/jobs>; rel=\"prev\"",
                "</api/jobs?cursor=y>; rel=\"next\"",
            ]
        );
        let before = Previous::After("w".to_owned());
        assert_eq!(
            links(None, Some(before)),
            [first, "</api/jobs?cursor=w>; rel=\"prev\""]
        );
    }
}
