//! One rule for names and titles.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Client, PASSWORD, Response, TestApp};

#[tokio::test]
async fn names_and_titles_are_one_line_everywhere() {
    let app = TestApp::start().await;
    let (employer, freelancer) = (app.employer().await, app.freelancer().await);
    let nobody = app.anonymous();
    let account = json!({"email": "a@example.com", "password": PASSWORD, "role": "employer"});
    let names = json!({"first_name": "A", "last_name": "B"});
    let (put, patch, post) = (Method::PUT, Method::PATCH, Method::POST);
    for (client, method, path, field, body) in [
        (&nobody, &post, "/api/auth/register/", "first_name", account),
        (&employer, &put, "/api/users/profile/", "last_name", names),
        (
            &employer,
            &put,
            "/api/employers/profile/",
            "position_title",
            json!({}),
        ),
        (&employer, &post, "/api/companies/", "name", json!({})),
        (
            &employer,
            &post,
            "/api/jobs/",
            "title",
            json!({"company": "Acme"}),
        ),
        (
            &freelancer,
            &patch,
            "/api/freelancers/profile/",
            "title",
            json!({}),
        ),
    ] {
        for character in ['\n', '\r', '\t', '\u{7}', '\u{7f}', '\u{85}', '\u{2028}'] {
            // A company's name is kept with single blanks, whatever was between words.
            if path == "/api/companies/" && character.is_whitespace() {
                continue;
            }
            let refused = with(client, method, path, body.clone(), field, character).await;
            let expected = [(field.to_owned(), "invalid_character".to_owned())];
            assert_eq!(refused.field_errors(), expected, "{path} {character:?}");
        }
    }
}

/// Sends the body with a field that holds the character.
async fn with(
    client: &Client,
    method: &Method,
    path: &str,
    mut body: Value,
    field: &str,
    character: char,
) -> Response {
    body[field] = json!(format!("A{character}B"));
    let request = client.request(method.clone(), path).json(&body);
    let response = Response::read(request, format!("{method} {path} {character:?}")).await;
    response.expect(422)
}
