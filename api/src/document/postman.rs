//! The document as a Postman collection (format 2.1): a folder for each tag, a request
//! for each operation, signed in with what the login request last answered.

use serde_json::{Value, json};

const FORMAT: &str = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json";

/// `document` is complete.
pub(super) fn collection(document: &Value) -> Value {
    let mut folders: Vec<(String, Vec<Value>)> = tags(document)
        .map(|tag| (tag.to_owned(), Vec::new()))
        .collect();
    for (path, operations) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in operations.as_object().into_iter().flatten() {
            let tag = operation["tags"][0].as_str().unwrap_or("Other");
            let request = item(path, method, operation);
            match folders.iter_mut().find(|(name, _)| name == tag) {
                Some((_, requests)) => requests.push(request),
                None => folders.push((tag.to_owned(), vec![request])),
            }
        }
    }
    let folders = folders.into_iter().filter(|(_, items)| !items.is_empty());
    json!({
        "info": {
            "name": document["info"]["title"],
            "description": document["info"]["description"],
            "schema": FORMAT,
        },
        "auth": { "type": "bearer", "bearer": [
            { "key": "token", "value": "{{access_token}}", "type": "string" },
        ] },
        "variable": [
            { "key": "base_url", "value": "http://127.0.0.1:8000" },
            { "key": "access_token", "value": "" },
            { "key": "refresh_token", "value": "" },
        ],
        "item": folders
            .map(|(name, item)| json!({ "name": name, "item": item }))
            .collect::<Vec<_>>(),
    })
}

fn tags(document: &Value) -> impl Iterator<Item = &str> {
    let tags = document["tags"].as_array().into_iter().flatten();
    tags.filter_map(|tag| tag["name"].as_str())
}

fn item(path: &str, method: &str, operation: &Value) -> Value {
    let parameters = |place: &'static str| {
        let all = operation["parameters"].as_array().into_iter().flatten();
        all.filter(move |parameter| parameter["in"] == place)
    };
    let query: Vec<_> = parameters("query")
        .map(|parameter| {
            json!({
                "key": parameter["name"],
                "value": parameter["schema"]["default"].as_str().unwrap_or_default(),
                "description": parameter["description"],
                "disabled": parameter["required"] != true,
            })
        })
        .collect();
    let variables: Vec<_> = parameters("path")
        .map(|parameter| json!({ "key": parameter["name"], "value": "" }))
        .collect();
    let mut request = json!({
        "method": method.to_uppercase(),
        "description": operation["description"],
        "header": [{ "key": "Accept", "value": "application/json" }],
        "url": url(path, &query, &variables),
    });
    if operation["security"].as_array().is_some_and(Vec::is_empty) {
        request["auth"] = json!({ "type": "noauth" });
    }
    if let Some(body) = body(&operation["requestBody"]["content"]) {
        request["body"] = body;
    }
    let name = operation["summary"].as_str().unwrap_or(path);
    let mut item = json!({ "name": name, "request": request });
    if path.starts_with("/api/auth/") && keeps_tokens(operation) {
        item["event"] = json!([{ "listen": "test", "script": {
            "type": "text/javascript",
            "exec": [
                "const tokens = pm.response.json();",
                "if (tokens.access) pm.collectionVariables.set('access_token', tokens.access);",
                "if (tokens.refresh) pm.collectionVariables.set('refresh_token', tokens.refresh);",
            ],
        } }]);
    }
    item
}

fn keeps_tokens(operation: &Value) -> bool {
    let responses = operation["responses"].as_object().into_iter().flatten();
    responses
        .filter(|(status, _)| status.starts_with('2'))
        .flat_map(|(_, response)| response["content"].as_object().into_iter().flatten())
        .any(|(_, body)| body["example"].get("access").is_some())
}

/// `/jobs/{id}` is `/jobs/:id/` there.
fn url(path: &str, query: &[Value], variables: &[Value]) -> Value {
    let segments: Vec<_> = path
        .split('/')
        .filter(|segment| !segment.is_empty())
        .map(|segment| match segment.strip_prefix('{') {
            Some(name) => format!(":{}", name.trim_end_matches('}')),
            None => segment.to_owned(),
        })
        .collect();
    json!({
        "raw": format!("{{{{base_url}}}}/{}/", segments.join("/")),
        "host": ["{{base_url}}"],
        "path": segments.iter().map(String::as_str).chain([""]).collect::<Vec<_>>(),
        "query": query,
        "variable": variables,
    })
}

fn body(content: &Value) -> Option<Value> {
    let (media_type, body) = content.as_object()?.iter().next()?;
    if media_type.starts_with("multipart/") {
        return Some(json!({ "mode": "formdata", "formdata": [
            { "key": "file", "type": "file", "src": [] },
        ] }));
    }
    let example = serde_json::to_string_pretty(&body["example"]).ok()?;
    Some(json!({
        "mode": "raw",
        "raw": example,
        "options": { "raw": { "language": "json" } },
    }))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn requests(item: &Value, found: &mut BTreeSet<(String, String)>) {
        for item in item["item"].as_array().into_iter().flatten() {
            requests(item, found);
            if let Some(method) = item["request"]["method"].as_str() {
                let path = item["request"]["url"]["raw"].as_str().unwrap();
                found.insert((method.to_owned(), path.to_owned()));
            }
        }
    }

    #[test]
    fn every_operation_is_a_request() {
        let document = crate::openapi_document();
        let mut found = BTreeSet::new();
        requests(&collection(&document), &mut found);
        let mut operations = 0;
        for (path, methods) in document["paths"].as_object().unwrap() {
            for method in methods.as_object().unwrap().keys() {
                let path = path.replace('{', ":").replace('}', "");
                let wanted = (method.to_uppercase(), format!("{{{{base_url}}}}{path}/"));
                assert!(
                    found.contains(&wanted),
                    "{wanted:?} is not in the collection"
                );
                operations += 1;
            }
        }
        assert_eq!(found.len(), operations);
    }
}
