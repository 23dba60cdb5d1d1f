//! The document and two pages that show it, complete in themselves: no font, script
//! or picture comes from elsewhere.

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use poem::{
    Endpoint, Request, Response,
    http::{HeaderValue, StatusCode, header},
};
use poem_openapi::{OpenApi, OpenApiService};
use sha2::{Digest, Sha256};

pub(crate) struct Docs {
    pub(crate) swagger: Document,
    pub(crate) redoc: Document,
    pub(crate) schema: Document,
    pub(crate) postman: Document,
}

impl Docs {
    pub(crate) fn new<A: OpenApi>(service: &OpenApiService<A, ()>) -> Self {
        let written = service.spec();
        let document = super::complete(&written);
        let complete = document.to_string();
        let page = |html: String| Document::page(html.replace(&written, &complete));
        Self {
            swagger: page(service.swagger_ui_html()),
            redoc: page(without_foreign_parts(service.redoc_html())),
            postman: Document::new(
                "application/json",
                super::postman_collection(&document).to_string(),
                None,
            ),
            schema: Document::new("application/json", complete, None),
        }
    }
}

/// ReDoc's page asks for fonts and its footer for a logo.
fn without_foreign_parts(html: String) -> String {
    let mut html = html.replace("https://cdn.redoc.ly/redoc/logo-mini.svg", "data:,");
    while let Some(start) = html.find("<link href=\"https://") {
        let end = html[start..]
            .find('>')
            .map_or(html.len(), |end| start + end + 1);
        html.replace_range(start..end, "");
    }
    html
}

/// Something that never changes while the server runs.
pub(crate) struct Document {
    content_type: &'static str,
    body: Bytes,
    etag: HeaderValue,
    policy: Option<HeaderValue>,
}

impl Document {
    fn page(html: String) -> Self {
        let policy = format!(
            "default-src 'none'; script-src {}; style-src 'unsafe-inline'; img-src 'self' data:; \
             font-src data:; connect-src 'self'; worker-src blob:; base-uri 'none'; \
             form-action 'none'; frame-ancestors 'none'",
            script_hashes(&html).join(" ")
        );
        Self::new("text/html; charset=utf-8", html, Some(&policy))
    }

    fn new(content_type: &'static str, body: String, policy: Option<&str>) -> Self {
        let etag = format!("W/\"{}\"", STANDARD.encode(&Sha256::digest(&body)[..12]));
        Self {
            content_type,
            body: body.into(),
            etag: header_value(&etag),
            policy: policy.map(header_value),
        }
    }
}

#[expect(clippy::expect_used, reason = "at start-up, from plain ASCII")]
fn header_value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).expect("plain ASCII")
}

/// The scripts in the page by their hashes: no other script can run in it. As a
/// browser reads: a script goes on to the first end tag, and a start tag inside
/// its strings is text.
fn script_hashes(html: &str) -> Vec<String> {
    let mut hashes = Vec::new();
    let mut rest = html;
    while let Some((_, tag)) = rest.split_once("<script") {
        let Some((_, script)) = tag.split_once('>') else {
            break;
        };
        let Some((script, after)) = script.split_once("</script>") else {
            break;
        };
        let hash = STANDARD.encode(Sha256::digest(script));
        hashes.push(format!("'sha256-{hash}'"));
        rest = after;
    }
    hashes
}

impl Endpoint for Document {
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        let known = request.headers().get(header::IF_NONE_MATCH) == Some(&self.etag);
        let mut response = if known {
            StatusCode::NOT_MODIFIED.into()
        } else {
            Response::builder()
                .content_type(self.content_type)
                .body(self.body.clone())
        };
        let headers = response.headers_mut();
        headers.insert(header::ETAG, self.etag.clone());
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        if let Some(policy) = &self.policy {
            headers.insert(header::CONTENT_SECURITY_POLICY, policy.clone());
        }
        Ok(response)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_is_hashed_whole_though_it_speaks_of_scripts() {
        let bundle = "var tag = '<script src=\"x\">';";
        let html = format!("<script charset=\"UTF-8\">{bundle}</script><p><script>run()</script>");
        let hash = |script: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(script)));
        assert_eq!(script_hashes(&html), [hash(bundle), hash("run()")]);
    }
}
