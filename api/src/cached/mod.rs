//! Answers that are kept and given again, put around operations from outside.

mod facts;

use std::{sync::Arc, time::Duration};

use jobboard_shared::cache::{Answer, Found, Kept, Key, Kind, Place, Topic};
use poem::{
    Endpoint, Request, Response,
    endpoint::BoxEndpoint,
    http::{HeaderName, HeaderValue, Method, StatusCode, header},
};
use poem_openapi::{
    registry::{MetaHeader, MetaOperation},
    types::Type,
};
use url::form_urlencoded;
use uuid::Uuid;

pub(crate) use self::facts::{holds_until, shows};
use crate::{
    App, auth, etag,
    problem::{Problem, Result},
};

/// RFC 9211.
const CACHE_STATUS: HeaderName = HeaderName::from_static("cache-status");

/// Whose answer it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Audience {
    /// The same for all, signed in or not.
    Everybody,
    /// The signed-in account's own.
    Account,
}

/// What is kept, and what it depends on beside the jobs that it shows.
const CACHED: &[(&str, Kind, Audience, &[Topic])] = &[
    (
        "/api/jobs",
        Kind::Jobs,
        Audience::Everybody,
        &[Topic::Jobs, Topic::Categories, Topic::Companies],
    ),
    (
        "/api/jobs/categories",
        Kind::Categories,
        Audience::Everybody,
        &[Topic::Categories],
    ),
    (
        "/api/jobs/search",
        Kind::Search,
        Audience::Everybody,
        &[
            Topic::Jobs,
            Topic::Categories,
            Topic::Companies,
            Topic::Search,
        ],
    ),
    (
        "/api/jobs/trending",
        Kind::Trending,
        Audience::Everybody,
        &[
            Topic::Trending,
            Topic::Jobs,
            Topic::Categories,
            Topic::Companies,
        ],
    ),
    ("/api/users/profile", Kind::Profile, Audience::Account, &[]),
];

/// How the answers of an operation are kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rule {
    kind: Kind,
    audience: Audience,
    topics: &'static [Topic],
}

impl Rule {
    /// `None` where answers are always made anew.
    pub(crate) fn at(path: &str, method: &Method) -> Option<Self> {
        let path = path.trim_end_matches('/');
        let row = CACHED.iter().find(|(pattern, ..)| *pattern == path)?;
        let (_, kind, audience, topics) = *row;
        (*method == Method::GET).then_some(Self {
            kind,
            audience,
            topics,
        })
    }
}

/// Adds what kept answers tell to an operation's part of the document.
pub(crate) fn document(path: &str, operation: &mut MetaOperation) {
    if Rule::at(path, &operation.method).is_none() {
        return;
    }
    let responses = &mut operation.responses.responses;
    for answer in responses.iter_mut().filter(|r| r.status == Some(200)) {
        for (name, description) in [
            ("Age", "Seconds since a kept answer was made"),
            (
                "Cache-Status",
                "Whether the answer was kept (RFC 9211): `hit`, `fwd=miss` or `fwd=bypass`",
            ),
        ] {
            answer.headers.push(MetaHeader {
                name: name.to_owned(),
                description: Some(description.to_owned()),
                required: false,
                deprecated: false,
                schema: String::schema_ref(),
            });
        }
    }
}

/// Gives a kept answer, or has the endpoint make one and keeps it. `versioned` as for
/// [`etag::tag`].
pub(crate) async fn call(
    rule: Rule,
    route: &str,
    versioned: bool,
    endpoint: &Arc<BoxEndpoint<'static>>,
    request: Request,
) -> poem::Result<Response> {
    let app: App = request
        .data::<App>()
        .cloned()
        .ok_or_else(|| Problem::internal("the application is not in the request"))?;
    let Some(cache) = &app.cache else {
        return endpoint.call(request).await;
    };
    // A kept answer is no way around a token that is not good.
    let viewer = auth::viewer(&request).await?;
    let account = match (rule.audience, viewer) {
        (Audience::Everybody, _) => None,
        (Audience::Account, Some(viewer)) => Some(viewer.user_id),
        // Refused further in.
        (Audience::Account, None) => return endpoint.call(request).await,
    };
    let query = one_spelling(request.uri().query().unwrap_or_default());
    match cache
        .find(rule.kind, Key::new(route, &query, account))
        .await
    {
        Found::Hit(kept) => Ok(again(&kept)?),
        Found::Miss(place) => make(&app, rule, versioned, account, place, endpoint, request).await,
        Found::Bypass => Ok(say(endpoint.call(request).await?, "fwd=bypass")),
    }
}

async fn make(
    app: &App,
    rule: Rule,
    versioned: bool,
    account: Option<Uuid>,
    place: Place<'_>,
    endpoint: &Arc<BoxEndpoint<'static>>,
    request: Request,
) -> poem::Result<Response> {
    let (response, facts) = facts::collect(endpoint.call(request)).await;
    let mut response = etag::tag(response?, versioned, None).await?;
    let is_json = response
        .content_type()
        .is_some_and(|t| t.starts_with("application/json"));
    if response.status() != StatusCode::OK || !is_json {
        return Ok(say(response, "fwd=miss"));
    }
    let body = response.take_body().into_bytes().await;
    let body = body.map_err(Problem::internal)?;
    let headers = response.headers().iter().filter_map(|(name, value)| {
        let value = value.to_str().ok()?;
        Some((name.as_str().to_owned(), value.to_owned()))
    });
    let answer = Answer {
        headers: headers.collect(),
        body: body.clone(),
    };
    let mut topics = facts.topics;
    topics.extend(rule.topics);
    topics.extend(account.map(Topic::Account));
    let at_most = facts.until.map(|until| {
        let left = until - app.clock.now();
        left.to_std().unwrap_or(Duration::ZERO)
    });
    let was_kept = place.keep(answer, &topics, at_most).await;
    response.set_body(body);
    Ok(say(
        response,
        if was_kept {
            "fwd=miss; stored"
        } else {
            "fwd=miss"
        },
    ))
}

fn again(kept: &Kept) -> Result<Response> {
    let mut response = Response::builder().body(kept.answer.body.clone());
    for (name, value) in &kept.answer.headers {
        let name = HeaderName::try_from(name).map_err(Problem::internal)?;
        let value = HeaderValue::try_from(value).map_err(Problem::internal)?;
        response.headers_mut().append(name, value);
    }
    let age = HeaderValue::from(kept.age().as_secs());
    response.headers_mut().insert(header::AGE, age);
    let left = kept.left().as_secs();
    Ok(say(response, &format!("hit; ttl={left}")))
}

/// Adds what became of the request.
fn say(mut response: Response, what: &str) -> Response {
    if let Ok(value) = HeaderValue::from_str(&format!("jobboard; {what}")) {
        response.headers_mut().insert(CACHE_STATUS, value);
    }
    response
}

/// Queries that mean the same are spelled alike: sorted by name, each escaped in one
/// way. Values of one name keep their order.
fn one_spelling(query: &str) -> String {
    let mut pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
    pairs.sort_by(|(one, _), (other, _)| one.cmp(other));
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_that_mean_the_same_are_spelled_alike() {
        let spelled = one_spelling("q=caf%C3%A9+au&b=2&a=1&b=1");
        assert_eq!(spelled, "a=1&b=2&b=1&q=caf%C3%A9+au");
        assert_eq!(one_spelling("b=2&b=1&a=%31&q=café%20au"), spelled);
        assert_ne!(one_spelling("b=1&b=2&a=1&q=caf%C3%A9+au"), spelled);
        assert_ne!(one_spelling("a=1&b=2%26b=1"), one_spelling("a=1&b=2&b=1"));
    }

    #[test]
    fn only_reading_is_kept() {
        assert!(Rule::at("/api/jobs/", &Method::GET).is_some());
        for (path, method) in [
            ("/api/jobs", Method::POST),
            ("/api/users/profile", Method::PUT),
            ("/api/jobs/{id}", Method::GET),
        ] {
            assert!(Rule::at(path, &method).is_none(), "{method} {path}");
        }
    }
}
