//! What is sent.

use std::collections::HashMap;

use reqwest::{Method, header::CONTENT_TYPE};
use serde_json::Value;

use super::{Case, Row};
use crate::support::{Client, Response};

/// A request of an operation.
#[derive(Default)]
pub(crate) struct Ask {
    ids: Vec<String>,
    query: String,
    body: Option<(&'static str, String)>,
    asked_by: Option<Client>,
}

impl Ask {
    /// Asks of the thing with this id.
    pub(crate) fn of(id: impl ToString) -> Self {
        Self::default().and(id)
    }

    /// A further id of the path.
    pub(crate) fn and(mut self, id: impl ToString) -> Self {
        self.ids.push(id.to_string());
        self
    }

    /// Without the question mark.
    pub(crate) fn query(mut self, query: &str) -> Self {
        self.query = format!("?{query}");
        self
    }

    pub(crate) fn json(self, body: Value) -> Self {
        self.raw("application/json", body.to_string())
    }

    pub(crate) fn raw(mut self, content_type: &'static str, body: impl Into<String>) -> Self {
        self.body = Some((content_type, body.into()));
        self
    }

    /// Another account or session of the same role asks, because what is asked
    /// ends it.
    pub(crate) fn asked_by(mut self, client: Client) -> Self {
        self.asked_by = Some(client);
        self
    }

    pub(super) async fn send(self, case: &Case, operation: &Operation) -> Response {
        let mut ids = self.ids.iter();
        let path: Vec<&str> = operation
            .path
            .split('/')
            .map(|segment| match segment.starts_with('{') {
                true => ids
                    .next()
                    .unwrap_or_else(|| panic!("{} lacks an id", operation.path)),
                false => segment,
            })
            .collect();
        let path = format!("{}/{}", path.join("/"), self.query);
        assert!(ids.next().is_none(), "{path} takes fewer ids");
        let client = self.asked_by.as_ref().unwrap_or_else(|| case.asker());
        let mut request = client.request(operation.method.clone(), &path);
        if let Some((content_type, body)) = self.body {
            request = request.header(CONTENT_TYPE, content_type).body(body);
        }
        Response::read(request, format!("{} {path}", operation.method)).await
    }
}

/// An operation of the OpenAPI document.
#[derive(Clone, Debug)]
pub(crate) struct Operation {
    pub(crate) method: Method,
    /// `/api/jobs/{id}`
    pub(crate) path: String,
    pub(crate) summary: String,
    pub(crate) tag: String,
}

/// Every operation of the document, by its id.
pub(crate) fn operations() -> HashMap<String, Operation> {
    let document = jobboard_api::openapi_document();
    let paths = document["paths"].as_object().unwrap();
    paths
        .iter()
        .flat_map(|(path, operations)| {
            let operations = operations.as_object().unwrap();
            operations.iter().map(move |(method, operation)| {
                let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
                let found = Operation {
                    method: method.to_uppercase().parse().unwrap(),
                    path: path.clone(),
                    summary: text(&operation["summary"]),
                    tag: text(&operation["tags"][0]),
                };
                (text(&operation["operationId"]), found)
            })
        })
        .collect()
}

/// Asks every cell of these rows; fails with all that were answered otherwise.
pub(super) async fn hold(rows: Vec<Row>) {
    let board = super::case::Board::set_up().await;
    let operations = operations();
    let mut wrong = Vec::new();
    for row in rows {
        let operation = operations
            .get(row.operation)
            .unwrap_or_else(|| panic!("the document has no operation {}", row.operation));
        for cell in &row.cells {
            let case = Case::new(board.clone(), cell.asker, cell.whose);
            let answer = (row.ask)(case.clone()).await.send(&case, operation).await;
            if answer.status.as_u16() != cell.status {
                let text: String = answer.text.chars().take(300).collect();
                wrong.push(format!(
                    "{} ({cell}): expected {}, answered {} {text}",
                    row.operation, cell.status, answer.status
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
