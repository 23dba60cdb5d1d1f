//! The mail provider's permission: a secret that the operator has given it.

use poem::{Request, RequestBody};
use poem_openapi::{
    ApiExtractor, ApiExtractorType, ExtractParamOptions,
    registry::{MetaSecurityScheme, Registry},
};
use secrecy::ExposeSecret;
use sha2::{Digest, Sha256};

use crate::{App, auth::bearer_token, problem::Problem};

const SCHEME: &str = "mail_provider";

/// Who has the secret. Nobody, where none is configured.
pub(super) struct Provider;

impl<'a> ApiExtractor<'a> for Provider {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::SecurityScheme];

    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        registry.create_security_scheme(
            SCHEME,
            MetaSecurityScheme {
                ty: "http",
                description: Some("The secret `JOBBOARD_MAIL_REPORT_SECRET`"),
                name: None,
                key_in: None,
                scheme: Some("bearer"),
                bearer_format: None,
                flows: None,
                openid_connect_url: None,
            },
        );
    }

    fn security_schemes() -> Vec<&'static str> {
        vec![SCHEME]
    }

    async fn from_request(
        request: &'a Request,
        _body: &mut RequestBody,
        _options: ExtractParamOptions<()>,
    ) -> poem::Result<Self> {
        let app: &App = request
            .data()
            .ok_or_else(|| Problem::internal("the application is not in the request"))?;
        if has_secret(app, request) {
            return Ok(Self);
        }
        let given = bearer_token(request).transpose()?;
        Err(match given.zip(app.config.mail.report_secret.as_ref()) {
            Some(_) => Problem::unauthorized("invalid_token", "this is not the secret"),
            None => Problem::unauthorized("credentials_required", "the secret is needed"),
        }
        .into())
    }
}

/// Whether the request says the secret; not where none is configured.
pub(crate) fn has_secret(app: &App, request: &Request) -> bool {
    let given = bearer_token(request).and_then(Result::ok);
    let secret = app.config.mail.report_secret.as_ref();
    // Digests, so that the time of comparing tells nothing about the secret.
    given.zip(secret).is_some_and(|(given, secret)| {
        Sha256::digest(given) == Sha256::digest(secret.expose_secret())
    })
}
