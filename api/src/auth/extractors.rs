//! Who is asking. Each of these, as an argument of a handler, is its permission
//! check, and shows in the document as the operation's security.

use jobboard_shared::{
    auth::{self, Identity, InvalidToken},
    employers::{Actor, Scope},
    users::Role,
};
use poem::{Request, RequestBody, http::header};
use poem_openapi::{
    ApiExtractor, ApiExtractorType, ExtractParamOptions,
    registry::{MetaSecurityScheme, Registry},
};
use uuid::Uuid;

use crate::{
    App,
    problem::{Problem, Result},
};

/// Anybody with an account.
#[derive(Clone, Copy, Debug)]
pub struct SignedIn {
    pub user_id: Uuid,
    pub session_id: Uuid,
    pub role: Role,
    /// Of the employer or the freelancer, by role; admins may have none.
    pub profile_id: Option<Uuid>,
}

/// An employer.
#[derive(Clone, Copy, Debug)]
pub struct Employer {
    pub user_id: Uuid,
    pub profile_id: Uuid,
}

/// A job seeker.
#[derive(Clone, Copy, Debug)]
pub struct Freelancer {
    pub user_id: Uuid,
    pub profile_id: Uuid,
}

/// An administrator.
#[derive(Clone, Copy, Debug)]
pub struct Admin {
    pub user_id: Uuid,
}

/// An employer or an administrator, with what they may manage.
#[derive(Clone, Copy, Debug)]
pub struct Manager {
    pub user_id: Uuid,
    pub scope: Scope,
}

/// Anybody at all. A token that is offered must be good all the same.
#[derive(Clone, Copy, Debug)]
pub struct Viewer(pub Option<SignedIn>);

impl From<Identity> for SignedIn {
    fn from(identity: Identity) -> Self {
        Self {
            user_id: identity.user_id,
            session_id: identity.session_id,
            role: identity.role,
            profile_id: match identity.role {
                Role::Employer => identity.employer_profile_id,
                Role::Freelancer => identity.freelancer_profile_id,
                Role::Admin => None,
            },
        }
    }
}

impl Manager {
    pub fn actor(self) -> Actor {
        Actor {
            user_id: self.user_id,
            scope: self.scope,
        }
    }
}

trait Permission: Sized {
    const ANONYMOUS_TOO: bool = false;

    fn permit(viewer: Option<SignedIn>) -> Result<Self>;
}

impl Permission for SignedIn {
    fn permit(viewer: Option<SignedIn>) -> Result<Self> {
        viewer.ok_or_else(|| Problem::unauthorized("credentials_required", "sign in first"))
    }
}

impl Permission for Viewer {
    const ANONYMOUS_TOO: bool = true;

    fn permit(viewer: Option<SignedIn>) -> Result<Self> {
        Ok(Self(viewer))
    }
}

impl Permission for Employer {
    fn permit(viewer: Option<SignedIn>) -> Result<Self> {
        let user = SignedIn::permit(viewer)?;
        match (user.role, user.profile_id) {
            (Role::Employer, Some(profile_id)) => Ok(Self {
                user_id: user.user_id,
                profile_id,
            }),
            _ => Err(role_required("an employer")),
        }
    }
}

impl Permission for Freelancer {
    fn permit(viewer: Option<SignedIn>) -> Result<Self> {
        let user = SignedIn::permit(viewer)?;
        match (user.role, user.profile_id) {
            (Role::Freelancer, Some(profile_id)) => Ok(Self {
                user_id: user.user_id,
                profile_id,
            }),
            _ => Err(role_required("a freelancer")),
        }
    }
}

impl Permission for Admin {
    fn permit(viewer: Option<SignedIn>) -> Result<Self> {
        let user = SignedIn::permit(viewer)?;
        match user.role {
            Role::Admin => Ok(Self {
                user_id: user.user_id,
            }),
            Role::Employer | Role::Freelancer => Err(role_required("an admin")),
        }
    }
}

impl Permission for Manager {
    fn permit(viewer: Option<SignedIn>) -> Result<Self> {
        let user = SignedIn::permit(viewer)?;
        let scope = match (user.role, user.profile_id) {
            (Role::Admin, _) => Scope::Any,
            (Role::Employer, Some(profile_id)) => Scope::Own(profile_id),
            _ => return Err(role_required("an employer or an admin")),
        };
        Ok(Self {
            user_id: user.user_id,
            scope,
        })
    }
}

fn role_required(who: &str) -> Problem {
    Problem::forbidden("role_required", format!("only {who} may do this"))
}

const SCHEME: &str = "bearer";

macro_rules! security_scheme {
    ($($permission:ty),*) => {$(
        impl<'a> ApiExtractor<'a> for $permission {
            const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::SecurityScheme];

            type ParamType = ();
            type ParamRawType = ();

            fn register(registry: &mut Registry) {
                register_scheme(registry);
            }

            fn security_schemes() -> Vec<&'static str> {
                vec![SCHEME]
            }

            fn has_security_fallback() -> bool {
                <$permission as Permission>::ANONYMOUS_TOO
            }

            async fn from_request(
                request: &'a Request,
                _body: &mut RequestBody,
                _options: ExtractParamOptions<()>,
            ) -> poem::Result<Self> {
                Ok(<$permission as Permission>::permit(viewer(request).await?)?)
            }
        }
    )*};
}

security_scheme!(SignedIn, Viewer, Employer, Freelancer, Manager, Admin);

fn register_scheme(registry: &mut Registry) {
    registry.create_security_scheme(
        SCHEME,
        MetaSecurityScheme {
            ty: "http",
            description: Some("The access token of `/api/auth/login/`"),
            name: None,
            key_in: None,
            scheme: Some("bearer"),
            bearer_format: Some("JWT"),
            flows: None,
            openid_connect_url: None,
        },
    );
}

/// The token that a request offers, if it offers one.
pub(crate) fn bearer_token(request: &Request) -> Option<Result<&str>> {
    let header = request.headers().get(header::AUTHORIZATION)?;
    let token = header
        .to_str()
        .ok()
        .and_then(|header| header.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim())
        .ok_or_else(|| {
            Problem::unauthorized(
                "invalid_token",
                "the Authorization header is not of the form `Bearer <token>`",
            )
        });
    Some(token)
}

/// Who is asking, if anybody who is signed in.
pub(crate) async fn viewer(request: &Request) -> Result<Option<SignedIn>> {
    let Some(token) = bearer_token(request).transpose()? else {
        return Ok(None);
    };
    let app: &App = request
        .data()
        .ok_or_else(|| Problem::internal("the application is not in the request"))?;
    let claims = app
        .tokens
        .verify(token, app.clock.now())
        .map_err(|error| match error {
            InvalidToken::Expired => {
                Problem::unauthorized("token_expired", "the access token has expired")
            }
            InvalidToken::Forged => {
                Problem::unauthorized("invalid_token", "the access token is not valid")
            }
        })?;
    let identity = auth::db::identify(&app.db, claims.sub, claims.sid)
        .await?
        .ok_or_else(|| {
            Problem::unauthorized("session_ended", "the session has ended: sign in again")
        })?;
    Ok(Some(identity.into()))
}
