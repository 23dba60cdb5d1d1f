//! Entity tags (RFC 9110): one for every JSON answer to a GET, strong, and 304 for
//! who has it already.
//!
//! The tag of something that can be edited is `"<version>.<hash of the answer>"`:
//! `If-None-Match` asks for the whole, `If-Match` for the version alone, because a
//! counter that moved meanwhile is nobody's edit. Other tags are the hash.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use poem::{
    Response,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::problem::{Problem, Result};

/// Ends the tag of an answer that was compressed on its way, being other bytes.
const COMPRESSED: &str = "-gzip";

const HASH_BYTES: usize = 12;

/// The entity tags of a header, or all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Tags {
    Any,
    /// As they were sent, quotes and `W/` included.
    These(Vec<String>),
}

impl Tags {
    /// `None` where the header is absent. What is no tag matches nothing.
    pub(crate) fn of(headers: &HeaderMap, name: HeaderName) -> Option<Self> {
        let mut values = headers.get_all(name).iter().peekable();
        values.peek()?;
        let tags: Vec<String> = values
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .map(|tag| tag.trim().to_owned())
            .collect();
        Some(if tags.iter().any(|tag| tag == "*") {
            Self::Any
        } else {
            Self::These(tags)
        })
    }

    /// The one that names this answer, as `If-None-Match` compares: weakly.
    fn naming(&self, etag: &str) -> Option<String> {
        match self {
            Self::Any => Some(etag.to_owned()),
            Self::These(tags) => tags
                .iter()
                .find(|tag| content(tag.strip_prefix("W/").unwrap_or(tag)) == content(etag))
                .cloned(),
        }
    }

    /// The versions named, as `If-Match` compares: by strong tags alone. `None` where
    /// any version will do.
    pub(crate) fn versions(&self) -> Option<Vec<DateTime<Utc>>> {
        match self {
            Self::Any => None,
            Self::These(tags) => Some(tags.iter().filter_map(|tag| version_of(tag)).collect()),
        }
    }
}

/// What stands between the quotes, whether the answer was compressed or not.
fn content(tag: &str) -> Option<&str> {
    let content = tag.strip_prefix('"')?.strip_suffix('"')?;
    Some(content.strip_suffix(COMPRESSED).unwrap_or(content))
}

fn version_of(tag: &str) -> Option<DateTime<Utc>> {
    let (version, _) = content(tag)?.split_once('.')?;
    DateTime::from_timestamp_micros(i64::from_str_radix(version, 16).ok()?)
}

/// Gives a JSON answer its tag. An answer to a GET becomes 304 where `known` names
/// it. `versioned`: its `updated_at` is a version that `If-Match` can name.
pub(crate) async fn tag(
    mut response: Response,
    versioned: bool,
    known: Option<&Tags>,
) -> Result<Response> {
    let is_json = response
        .content_type()
        .is_some_and(|t| t.starts_with("application/json"));
    if response.status() != StatusCode::OK || !is_json {
        return Ok(response);
    }
    let body = response
        .take_body()
        .into_bytes()
        .await
        .map_err(Problem::internal)?;
    let etag = match response.headers().get(header::ETAG) {
        // Of an answer that was kept with its tag.
        Some(etag) => etag.to_str().map_err(Problem::internal)?.to_owned(),
        None => etag_of(&body, versioned),
    };
    let named = known.and_then(|known| known.naming(&etag));
    let shown = named.as_ref().unwrap_or(&etag);
    if let Ok(value) = HeaderValue::from_str(shown) {
        response.headers_mut().insert(header::ETAG, value);
    }
    // To be kept by its reader alone, and asked for again each time.
    response
        .headers_mut()
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("private, no-cache"));
    if named.is_some() {
        response.set_status(StatusCode::NOT_MODIFIED);
        response.headers_mut().remove(header::CONTENT_TYPE);
    } else {
        response.set_body(body);
    }
    Ok(response)
}

fn etag_of(body: &[u8], versioned: bool) -> String {
    #[derive(Deserialize)]
    struct Edited {
        updated_at: DateTime<Utc>,
    }

    let hash = URL_SAFE_NO_PAD.encode(&Sha256::digest(body)[..HASH_BYTES]);
    let edited = versioned
        .then(|| serde_json::from_slice::<Edited>(body).ok())
        .flatten();
    match edited {
        Some(edited) => format!("\"{:x}.{hash}\"", edited.updated_at.timestamp_micros()),
        None => format!("\"{hash}\""),
    }
}

/// Tells a compressed answer's tag apart from that of the plain one.
pub(crate) fn mark_compressed(headers: &mut HeaderMap) {
    if !headers.contains_key(header::CONTENT_ENCODING) {
        return;
    }
    let marked = headers
        .get(header::ETAG)
        .and_then(|etag| etag.to_str().ok())
        .filter(|etag| !etag.starts_with("W/"))
        .and_then(content)
        .and_then(|content| HeaderValue::from_str(&format!("\"{content}{COMPRESSED}\"")).ok());
    if let Some(marked) = marked {
        headers.insert(header::ETAG, marked);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(values: &[&'static str]) -> Option<Tags> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::IF_MATCH, HeaderValue::from_static(value));
        }
        Tags::of(&headers, header::IF_MATCH)
    }

    #[test]
    fn a_tag_is_known_again_however_it_comes_back() {
        for known in [
            &["\"a.b\""][..],
            &["W/\"a.b\""],
            &["\"x\", \"a.b\""],
            &["\"x\"", "\"a.b-gzip\""],
            &["*"],
        ] {
            assert!(
                tags(known).unwrap().naming("\"a.b\"").is_some(),
                "{known:?}"
            );
        }
        for other in [&["\"a\""][..], &["a.b"], &[""], &["\"a.b"], &["\"A.b\""]] {
            assert!(
                tags(other).unwrap().naming("\"a.b\"").is_none(),
                "{other:?}"
            );
        }
        assert_eq!(tags(&[]), None);
    }

    #[test]
    fn the_version_is_that_of_the_answer_and_not_of_its_counters() {
        let of = |views: u32| {
            let body = format!(r#"{{"views":{views},"updated_at":"2026-01-02T03:04:05.000006Z"}}"#);
            etag_of(body.as_bytes(), true)
        };
        assert_ne!(of(1), of(2));
        let edited: DateTime<Utc> = "2026-01-02T03:04:05.000006Z".parse().unwrap();
        assert_eq!(version_of(&of(1)), Some(edited));
        assert_eq!(version_of(&of(1).replace("\"", "")), None);
        assert_eq!(version_of(&format!("W/{}", of(1))), None);
        assert_eq!(version_of(&etag_of(b"[]", false)), None);
        assert_eq!(tags(&["*"]).unwrap().versions(), None);
    }
}
