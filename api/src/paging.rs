//! Pages of long lists over HTTP.

use jobboard_shared::pagination::{CursorKey, InvalidCursor, Paging, Slice, Start};
use poem::{
    IntoResponse, Request, RequestBody, Response,
    http::{HeaderValue, Uri, header},
};
use poem_openapi::{
    ApiExtractor, ApiExtractorType, ApiResponse, ExtractParamOptions, Object,
    payload::Json,
    registry::{
        MetaHeader, MetaOperationParam, MetaParamIn, MetaResponses, MetaSchema, MetaSchemaRef,
        Registry,
    },
    types::{ParseFromJSON, ToJSON, Type},
};
use serde::{Serialize, de::DeserializeOwned};
use url::form_urlencoded;

use crate::{
    App,
    problem::{Problem, Result},
};

pub const DEFAULT_PAGE_SIZE: u32 = 20;
pub const MAX_PAGE_SIZE: u32 = 100;
/// Numbered pages are for people, who stop long before; cursors go on for ever.
pub const MAX_PAGE: u32 = 10_000;

const SCHEMA: &str = "PageParams";
const CURSOR_SCHEMA: &str = "CursorParams";

/// How many pages a cursor knows the way back.
const TRAIL: usize = 4;
const MAX_CURSOR_BYTES: usize = 1000;

/// What a cursor holds: a place in a list, and the way there. A list is read in one
/// direction alone, so that the page before can only be one that was passed.
struct Place<C> {
    after: C,
    /// Where the pages before this one begin, the nearest last; `None` is the
    /// beginning of the list.
    trail: Vec<Option<C>>,
}

enum Previous {
    First,
    After(String),
}

impl<C: Serialize + DeserializeOwned> Place<C> {
    /// The place behind the page that began at `here`.
    fn next(here: Option<Self>, after: C) -> Self {
        let (mut trail, start) = match here {
            Some(here) => (here.trail, Some(here.after)),
            None => (Vec::new(), None),
        };
        trail.push(start);
        let too_old = trail.len().saturating_sub(TRAIL);
        trail.drain(..too_old);
        Self { after, trail }
    }

    fn previous(&self, keys: &CursorKey, list: &str) -> Option<Previous> {
        let (last, before) = self.trail.split_last()?;
        Some(match last {
            Some(after) => Previous::After(keys.encode(list, &(after, before))),
            None => Previous::First,
        })
    }

    /// Forgets as much of the way as makes it too long.
    fn encode(mut self, keys: &CursorKey, list: &str) -> String {
        loop {
            let cursor = keys.encode(list, &(&self.after, &self.trail));
            if cursor.len() <= MAX_CURSOR_BYTES || self.trail.is_empty() {
                return cursor;
            }
            self.trail.remove(0);
        }
    }
}

impl<C: DeserializeOwned> Place<C> {
    fn decode(keys: &CursorKey, list: &str, cursor: &str) -> Result<Self, InvalidCursor> {
        let (after, trail) = keys
            .decode(list, cursor)
            // As cursors were before they knew the way.
            .or_else(|_| keys.decode(list, cursor).map(|after| (after, Vec::new())))?;
        Ok(Self { after, trail })
    }
}

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
        Paged {
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

impl<'a> ApiExtractor<'a> for PageParams {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::Parameter];

    type ParamType = ();
    type ParamRawType = ();

    fn param_in() -> Option<MetaParamIn> {
        Some(MetaParamIn::Query)
    }

    fn param_schema_ref() -> Option<MetaSchemaRef> {
        Some(MetaSchemaRef::Reference(SCHEMA.to_owned()))
    }

    async fn from_request(
        request: &'a Request,
        _body: &mut RequestBody,
        _options: ExtractParamOptions<()>,
    ) -> poem::Result<Self> {
        let uri = request.original_uri().clone();
        let query = uri.query().unwrap_or_default().to_owned();
        let value = |name: &str| {
            form_urlencoded::parse(query.as_bytes())
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.into_owned())
        };
        let number = |name: &'static str, max: u32| match value(name) {
            None => Ok(None),
            Some(text) => match text.parse() {
                Ok(number) if (1..=max).contains(&number) => Ok(Some(number)),
                _ => Err(Problem::invalid_field(
                    name,
                    "out_of_range",
                    format!("must be between 1 and {max}"),
                )),
            },
        };
        Ok(Self {
            cursor: value("cursor"),
            page: number("page", MAX_PAGE)?,
            page_size: number("page_size", MAX_PAGE_SIZE)?.unwrap_or(DEFAULT_PAGE_SIZE),
            uri,
        })
    }
}

/// [`PageParams`] of a list that is too long to be numbered: without `page`.
#[derive(Clone, Debug)]
pub struct CursorParams(pub PageParams);

impl<'a> ApiExtractor<'a> for CursorParams {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::Parameter];

    type ParamType = ();
    type ParamRawType = ();

    fn param_in() -> Option<MetaParamIn> {
        Some(MetaParamIn::Query)
    }

    fn param_schema_ref() -> Option<MetaSchemaRef> {
        Some(MetaSchemaRef::Reference(CURSOR_SCHEMA.to_owned()))
    }

    async fn from_request(
        request: &'a Request,
        body: &mut RequestBody,
        options: ExtractParamOptions<()>,
    ) -> poem::Result<Self> {
        // A `page` was refused before, as a parameter that is not known.
        PageParams::from_request(request, body, options)
            .await
            .map(Self)
    }
}

/// The parameters that stand behind [`PageParams`] and [`CursorParams`] in the
/// document.
pub(crate) fn expand(param: MetaOperationParam) -> Vec<MetaOperationParam> {
    let numbered = match &param.schema {
        MetaSchemaRef::Reference(name) if name == SCHEMA => true,
        MetaSchemaRef::Reference(name) if name == CURSOR_SCHEMA => false,
        _ => return vec![param],
    };
    let number = |max: u32, default: Option<u32>| MetaSchema {
        minimum: Some(1.0),
        maximum: Some(max.into()),
        default: default.map(Into::into),
        ..MetaSchema::new_with_format("integer", "uint32")
    };
    let cursor = MetaSchema {
        max_length: Some(MAX_CURSOR_BYTES),
        ..MetaSchema::new("string")
    };
    [
        (
            "cursor",
            cursor,
            "Where the last page ended: its `next_cursor`",
        ),
        (
            "page",
            number(MAX_PAGE, None),
            "Number of the page, instead of a cursor",
        ),
        (
            "page_size",
            number(MAX_PAGE_SIZE, Some(DEFAULT_PAGE_SIZE)),
            "How many results a page has",
        ),
    ]
    .into_iter()
    .filter(|(name, ..)| numbered || *name != "page")
    .map(|(name, schema, description)| MetaOperationParam {
        name: name.to_owned(),
        schema: MetaSchemaRef::Inline(Box::new(schema)),
        in_type: MetaParamIn::Query,
        description: Some(description.to_owned()),
        required: false,
        deprecated: false,
        explode: true,
        style: None,
    })
    .collect()
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
pub struct Paged<T: ParseFromJSON + ToJSON> {
    page: Page<T>,
    links: Vec<String>,
}

impl<T: ParseFromJSON + ToJSON> IntoResponse for Paged<T> {
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

impl<T: ParseFromJSON + ToJSON> ApiResponse for Paged<T> {
    fn meta() -> MetaResponses {
        let mut meta = Json::<Page<T>>::meta();
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
        Page::<T>::register(registry);
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

    #[test]
    fn a_cursor_knows_the_way_back_for_a_few_pages() {
        let keys = CursorKey::new(&"secret".to_owned().into());
        let decode = |cursor: &str| Place::<i32>::decode(&keys, "l", cursor).unwrap();
        let mut place = Place::next(None, 1);
        for page in 2..=9 {
            place = Place::next(Some(decode(&place.encode(&keys, "l"))), page);
        }
        assert_eq!(
            (place.after, &place.trail[..]),
            (9, &[5, 6, 7, 8].map(Some)[..])
        );
        let mut back = vec![];
        while let Some(Previous::After(cursor)) = place.previous(&keys, "l") {
            place = decode(&cursor);
            back.push(place.after);
        }
        assert_eq!(back, [8, 7, 6, 5]);
        let first = Place::next(None, 1).previous(&keys, "l");
        assert!(matches!(first, Some(Previous::First)));
        // Long ones forget, and old ones never knew.
        let long = Place {
            after: "x".repeat(300),
            trail: vec![Some("y".repeat(300)); 4],
        };
        assert!(long.encode(&keys, "l").len() <= MAX_CURSOR_BYTES);
        assert_eq!(decode(&keys.encode("l", &7)).after, 7);
    }
}
