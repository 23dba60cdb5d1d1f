//! The page of the operators, in a browser and without.

mod browser;
mod contents;
mod previews;
mod sessions;

use reqwest::{Method, redirect::Policy};

use crate::support::{Client, PASSWORD, TestApp};

/// A browser's part in a session: its cookie.
struct Visitor {
    http: reqwest::Client,
    base: String,
    cookie: String,
}

struct Answer {
    status: u16,
    location: String,
    cookie: String,
    text: String,
    policy: String,
}

impl Visitor {
    fn new(app: &TestApp) -> Self {
        let http = reqwest::Client::builder().redirect(Policy::none());
        Self {
            http: http.build().unwrap(),
            base: app.base.clone(),
            cookie: String::new(),
        }
    }

    async fn send(&self, method: Method, path: &str, form: &[(&str, &str)]) -> Answer {
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(form);
        let answer = self
            .http
            .request(method, format!("{}{path}", self.base))
            .header("cookie", &self.cookie)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body.finish())
            .send()
            .await
            .unwrap();
        let header = |name: &str| {
            let value = answer
                .headers()
                .get(name)
                .map(|value| value.to_str().unwrap());
            value.unwrap_or_default().to_owned()
        };
        Answer {
            status: answer.status().as_u16(),
            location: header("location"),
            cookie: header("set-cookie"),
            policy: header("content-security-policy"),
            text: answer.text().await.unwrap(),
        }
    }

    async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[]).await
    }

    /// Gives the answer to the attempt.
    async fn sign_in(&mut self, email: &str, password: &str) -> Answer {
        let form = [("email", email), ("password", password)];
        let answer = self.send(Method::POST, "/admin/login/", &form).await;
        let cookie = answer.cookie.split(';').next().unwrap();
        self.cookie = cookie.to_owned();
        answer
    }

    async fn token(&self) -> String {
        let page = self.get("/admin/tasks/").await.text;
        let (_, rest) = page.split_once("name=\"token\" value=\"").expect("a form");
        rest.split('"').next().unwrap().to_owned()
    }
}

async fn signed_in(app: &TestApp) -> (Visitor, Client) {
    let admin = app.admin().await;
    let mut visitor = Visitor::new(app);
    assert_eq!(visitor.sign_in(&admin.email, PASSWORD).await.status, 303);
    (visitor, admin)
}
