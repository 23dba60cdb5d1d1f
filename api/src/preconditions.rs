//! `If-Match`: an edit of a version that is no longer the present one is refused.

use chrono::{DateTime, Utc};
use jobboard_shared::versions::Versioned;
use poem::{
    Request,
    http::{Method, StatusCode, header},
};
use poem_openapi::{
    registry::{
        MetaHeader, MetaOperation, MetaOperationParam, MetaParamIn, MetaResponse, MetaSchema,
        MetaSchemaRef,
    },
    types::Type,
};
use uuid::Uuid;

use crate::{
    auth,
    etag::Tags,
    problem::{Problem, Result},
};

/// How an address names the thing that stands there.
#[derive(Clone, Copy, Debug)]
enum Named {
    /// By the ids in it.
    Ids,
    /// As the signed-in account's, and by the ids in it.
    Own,
    /// As the signed-in account's profile's, and by the ids in it.
    OwnProfile,
}

/// What can be edited against a version. Its answers show the version as
/// `updated_at`.
const VERSIONED: &[(&str, Versioned, Named)] = &[
    (
        "/api/admin/categories/{id}",
        Versioned::Category,
        Named::Ids,
    ),
    ("/api/admin/skills/{id}", Versioned::Skill, Named::Ids),
    ("/api/alerts/{id}", Versioned::Alert, Named::Own),
    ("/api/applications/{id}", Versioned::Application, Named::Ids),
    ("/api/companies/{id}", Versioned::Company, Named::Ids),
    (
        "/api/companies/{id}/members/{user_id}",
        Versioned::CompanyMember,
        Named::Ids,
    ),
    (
        "/api/employers/profile",
        Versioned::EmployerProfile,
        Named::OwnProfile,
    ),
    (
        "/api/freelancers/certifications/{id}",
        Versioned::Certification,
        Named::Ids,
    ),
    (
        "/api/freelancers/education/{id}",
        Versioned::Education,
        Named::Ids,
    ),
    (
        "/api/freelancers/experience/{id}",
        Versioned::WorkExperience,
        Named::Ids,
    ),
    (
        "/api/freelancers/portfolio/{id}",
        Versioned::Portfolio,
        Named::Ids,
    ),
    (
        "/api/freelancers/profile",
        Versioned::FreelancerProfile,
        Named::OwnProfile,
    ),
    (
        "/api/freelancers/skills/{skill_id}",
        Versioned::UserSkill,
        Named::OwnProfile,
    ),
    ("/api/jobs/saved/{job_id}", Versioned::SavedJob, Named::Own),
    ("/api/jobs/{id}", Versioned::Job, Named::Ids),
    ("/api/jobs/{id}/questions", Versioned::Job, Named::Ids),
    ("/api/users/profile", Versioned::Account, Named::Own),
    ("/api/users/{id}", Versioned::Account, Named::Ids),
];

/// What stands at a path of the document.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Target {
    pattern: &'static str,
    thing: Versioned,
    named: Named,
}

impl Target {
    /// `None` where nothing has versions.
    pub(crate) fn at(path: &str) -> Option<Self> {
        let path = path.trim_end_matches('/');
        let row = VERSIONED.iter().find(|(pattern, ..)| *pattern == path)?;
        let (pattern, thing, named) = *row;
        Some(Self {
            pattern,
            thing,
            named,
        })
    }

    /// What names the thing of a request, in the order that [`Versioned`] says; `None`
    /// where the request names nothing.
    async fn names(self, request: &Request) -> Result<Option<Vec<Uuid>>> {
        let owner = match self.named {
            Named::Ids => None,
            Named::Own | Named::OwnProfile => {
                let Some(viewer) = auth::viewer(request).await? else {
                    return Ok(None);
                };
                let owner = match self.named {
                    Named::OwnProfile => viewer.profile_id,
                    _ => Some(viewer.user_id),
                };
                let Some(owner) = owner else {
                    return Ok(None);
                };
                Some(Ok(owner))
            }
        };
        let segments = request.uri().path().split('/');
        let ids = self
            .pattern
            .split('/')
            .zip(segments)
            .filter(|(part, _)| part.starts_with('{'))
            .map(|(_, segment)| segment.parse::<Uuid>());
        Ok(owner.into_iter().chain(ids).collect::<Result<_, _>>().ok())
    }
}

/// What a change expects to find.
#[derive(Clone, Debug)]
pub(crate) struct Expected {
    pub(crate) thing: Versioned,
    pub(crate) names: Vec<Uuid>,
    pub(crate) versions: Vec<DateTime<Utc>>,
}

/// What a request's `If-Match` asks for; `None` where it asks for nothing that has
/// to be looked up. What has no versions has none that could match.
pub(crate) async fn expected(
    target: Option<Target>,
    request: &Request,
) -> Result<Option<Expected>> {
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        return Ok(None);
    }
    let Some(versions) =
        Tags::of(request.headers(), header::IF_MATCH).and_then(|tags| tags.versions())
    else {
        return Ok(None);
    };
    let Some(target) = target else {
        return Err(failed());
    };
    // What names nothing is answered with 404 further in.
    Ok(target.names(request).await?.map(|names| Expected {
        thing: target.thing,
        names,
        versions,
    }))
}

pub(crate) fn failed() -> Problem {
    Problem::new(
        StatusCode::PRECONDITION_FAILED,
        "precondition_failed",
        "this is no longer the version that you read: read it again",
    )
}

/// Adds tags and conditions to an operation's part of the document.
pub(crate) fn document(path: &str, operation: &mut MetaOperation) {
    let reads = operation.method == Method::GET;
    let is_json = |response: &MetaResponse| {
        let mut content = response.content.iter();
        response.status == Some(200)
            && content.any(|body| body.content_type.starts_with("application/json"))
    };
    let edits = !reads && operation.method != Method::POST && Target::at(path).is_some();
    if edits {
        operation.params.push(parameter(
            "If-Match",
            "`ETag`s of the versions that may be changed; 412 if it is another one by now",
        ));
    }
    if !path.starts_with("/api/") || !(reads || edits) {
        return;
    }
    let responses = &mut operation.responses.responses;
    let Some(answer) = responses.iter_mut().find(|response| is_json(response)) else {
        return;
    };
    answer.headers.push(etag_header());
    if reads {
        responses.push(MetaResponse {
            description: "Known already: the answer is the one that `If-None-Match` names",
            status: Some(304),
            status_range: None,
            content: vec![],
            headers: vec![etag_header()],
        });
        operation.params.push(parameter(
            "If-None-Match",
            "`ETag`s of answers that are known already; 304 if it is one of them still",
        ));
    }
}

fn etag_header() -> MetaHeader {
    MetaHeader {
        name: "ETag".to_owned(),
        description: Some("Names this answer, for `If-None-Match` and `If-Match`".to_owned()),
        required: true,
        deprecated: false,
        schema: String::schema_ref(),
    }
}

fn parameter(name: &str, description: &str) -> MetaOperationParam {
    let schema = MetaSchema::new("string");
    MetaOperationParam {
        name: name.to_owned(),
        schema: MetaSchemaRef::Inline(Box::new(schema)),
        in_type: MetaParamIn::Header,
        description: Some(description.to_owned()),
        required: false,
        deprecated: false,
        explode: true,
        style: None,
    }
}
