//! An example for every body, put together from its schema.

use serde_json::{Map, Value, json};

use super::completion::{AMOUNT, DECIMAL, each_operation};

/// Deeper than any of our schemas goes, unless it contains itself.
const DEEPEST: usize = 8;

/// What a property of this name may hold, where its schema fits: a schema alone
/// gives examples that nobody would send.
const BY_NAME: &[(&str, &str)] = &[
    ("access", "eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl"),
    ("applicant_name", "Noor Haddad"),
    ("brand_background", "#f5f7fa"),
    ("brand_color", "#0b5cad"),
    ("brand_footer", "Job Board, 1 Example Street, Hamburg"),
    ("brand_logo", "https://example.com/logo.png"),
    ("brand_name", "Job Board"),
    ("category", "engineering"),
    ("city", "Hamburg"),
    ("company", "Northwind Robotics"),
    ("company_name", "Northwind Robotics"),
    ("country", "DE"),
    (
        "cover_letter",
        "I have built order systems in Rust for four years.",
    ),
    ("currency", "EUR"),
    ("degree", "BSc"),
    (
        "description",
        "You build and run the services behind our warehouse robots.",
    ),
    ("detail", "1 field is not valid"),
    ("field_of_study", "Computer science"),
    ("first_name", "Noor"),
    ("gpa", "3.70"),
    ("headquarters_location", "Hamburg, Germany"),
    ("industry", "Robotics"),
    ("institution", "Hamburg University of Technology"),
    ("job_title", "Backend developer"),
    ("kind", "mail.send"),
    ("last_name", "Haddad"),
    ("location", "Hamburg, Germany"),
    ("name", "Rust"),
    ("next_cursor", "eyJpZCI6IjAxOTlhIn0.c2lnbmF0dXJl"),
    ("phone", "+49 40 5550100"),
    ("queue", "mail"),
    ("rate_currency", "EUR"),
    ("refresh", "eyJhbGciOiJIUzI1NiJ9.e30.b3RoZXI"),
    ("request_id", "0199a5b2-3c4d-7e8f-9a0b-1c2d3e4f5a6b"),
    ("reviewer_name", "Jonas Weber"),
    ("salary_currency", "EUR"),
    ("slug", "rust"),
    ("title", "Backend developer"),
    ("token_type", "Bearer"),
    ("website", "https://northwind.example"),
];

pub(super) fn add(document: &mut Value) {
    let schemas = document["components"]["schemas"].clone();
    for operation in each_operation(document) {
        if let Some(body) = operation.get_mut("requestBody") {
            fill(&schemas, &mut body["content"], None);
        }
        let responses = operation
            .get_mut("responses")
            .and_then(Value::as_object_mut);
        for (status, response) in responses.into_iter().flatten() {
            if response.get("content").is_some() {
                let description = response["description"].clone();
                let problem = status.parse().ok().map(|status| (status, description));
                fill(&schemas, &mut response["content"], problem);
            }
        }
    }
}

fn fill(schemas: &Value, content: &mut Value, problem: Option<(u16, Value)>) {
    for (media_type, body) in content.as_object_mut().into_iter().flatten() {
        if media_type.starts_with("application/json") {
            body["example"] = Maker { schemas }.value("", &body["schema"], 0);
        } else if let (Some((status, description)), "application/problem+json") =
            (&problem, media_type.as_str())
        {
            body["example"] = problem_example(*status, description);
        }
    }
}

fn problem_example(status: u16, detail: &Value) -> Value {
    let (code, title) = match status {
        400 => ("malformed_request", "Bad Request"),
        401 => ("credentials_required", "Unauthorized"),
        403 => ("forbidden", "Forbidden"),
        404 => ("not_found", "Not Found"),
        408 => ("body_too_slow", "Request Timeout"),
        409 => ("conflict", "Conflict"),
        412 => ("precondition_failed", "Precondition Failed"),
        413 => ("body_too_large", "Payload Too Large"),
        415 => ("unsupported_media_type", "Unsupported Media Type"),
        422 => ("validation_failed", "Unprocessable Entity"),
        429 => ("rate_limited", "Too Many Requests"),
        503 => ("unavailable", "Service Unavailable"),
        _ => ("internal_error", "Internal Server Error"),
    };
    let errors = match status {
        422 => json!([{ "field": "title", "code": "required", "message": "is required" }]),
        _ => json!([]),
    };
    json!({
        "type": format!("urn:jobboard:problem:{code}"),
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
        "errors": errors,
        "request_id": "0199a5b2-3c4d-7e8f-9a0b-1c2d3e4f5a6b",
    })
}

struct Maker<'a> {
    schemas: &'a Value,
}

impl Maker<'_> {
    fn value(&self, name: &str, schema: &Value, depth: usize) -> Value {
        if let Some(example) = schema.get("example") {
            return example.clone();
        }
        if let Some(reference) = schema["$ref"].as_str() {
            let target = reference.rsplit('/').next().unwrap_or(reference);
            return self.value(name, &self.schemas[target], depth);
        }
        if let Some(default) = schema
            .get("default")
            .filter(|default| worth_showing(default))
        {
            return default.clone();
        }
        for union in ["allOf", "anyOf", "oneOf"] {
            if let Some(parts) = schema[union].as_array() {
                return self.union(name, union, parts, depth);
            }
        }
        if let Some(choice) = schema["enum"].get(0) {
            return choice.clone();
        }
        if depth > DEEPEST {
            return Value::Null;
        }
        match schema["type"].as_str() {
            Some("object") => self.object(schema, depth),
            Some("array") => match schema["minItems"].as_u64() {
                None | Some(0) if depth > DEEPEST / 2 => json!([]),
                _ => json!([self.value(singular(name), &schema["items"], depth + 1)]),
            },
            Some("boolean") => json!(name != "all"),
            Some("integer") => integer(name, schema),
            Some("number") => json!(schema["minimum"].as_f64().unwrap_or(0.0).max(0.5)),
            Some("string") => json!(text(name, schema)),
            _ => json!({}),
        }
    }

    fn union(&self, name: &str, union: &str, parts: &[Value], depth: usize) -> Value {
        let mut made = parts.iter().map(|part| self.value(name, part, depth));
        if union != "allOf" {
            return made.next().unwrap_or_default();
        }
        let mut all = Map::new();
        let mut first = Value::Null;
        for value in made {
            match value {
                Value::Object(object) => all.extend(object),
                value if first.is_null() => first = value,
                _ => {}
            }
        }
        if all.is_empty() || !first.is_null() {
            first
        } else {
            Value::Object(all)
        }
    }

    fn object(&self, schema: &Value, depth: usize) -> Value {
        let properties = schema["properties"].as_object();
        let made = properties
            .into_iter()
            .flatten()
            .filter(|(_, schema)| schema["readOnly"] != true)
            .map(|(name, schema)| (name.clone(), self.value(name, schema, depth + 1)));
        Value::Object(made.collect())
    }
}

fn worth_showing(default: &Value) -> bool {
    match default {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(values) => !values.is_empty(),
        Value::Object(object) => !object.is_empty(),
        Value::Bool(_) | Value::Number(_) => true,
    }
}

fn singular(name: &str) -> &str {
    match name {
        "skills" => "name",
        _ => name.strip_suffix('s').unwrap_or(name),
    }
}

fn integer(name: &str, schema: &Value) -> Value {
    let number = |limit: &str| schema[limit].as_f64();
    let usual: f64 = match name {
        "year" | "founded_year" => 2015.0,
        "employee_count" => 120.0,
        "total" | "count" => 42.0,
        _ => 3.0,
    };
    let usual = number("minimum").map_or(usual, |least: f64| usual.max(least));
    let usual = number("maximum").map_or(usual, |most: f64| usual.min(most));
    #[expect(clippy::cast_possible_truncation, reason = "whole and small")]
    let whole = usual as i64;
    json!(whole)
}

fn text(name: &str, schema: &Value) -> String {
    let by_format = match schema["format"].as_str() {
        Some("uuid") => Some("0199a5b2-3c4d-7e8f-9a0b-1c2d3e4f5a6b"),
        Some("date-time") if name.starts_with("publish_") => Some("2030-01-31T12:00:00Z"),
        Some("date-time") if name.starts_with("expires") => Some("2030-03-31T12:00:00Z"),
        Some("date-time") => Some("2026-01-31T12:00:00Z"),
        Some("date") if name.starts_with("end") => Some("2025-09-30"),
        Some("date") if name.starts_with("expir") => Some("2028-09-30"),
        Some("date") => Some("2022-10-01"),
        Some("email") => Some("noor@example.com"),
        Some("password") => Some("correct horse battery staple"),
        Some("uri" | "url") => Some("https://example.com/noor"),
        _ => None,
    };
    if let Some(text) = by_format {
        return text.to_owned();
    }
    let by_name = BY_NAME.iter().find(|(known, _)| *known == name);
    let text = match (by_name, schema["pattern"].as_str()) {
        (Some((_, text)), _) => *text,
        (None, Some("^[A-Z]{3}$")) => "EUR",
        (None, Some(AMOUNT | DECIMAL)) if name.starts_with("hourly") => "65.00",
        (None, Some(AMOUNT | DECIMAL)) => "72000.00",
        (None, Some(_)) => "1",
        (None, None) if name.ends_with("url") => "https://example.com/noor",
        (None, None) if name.ends_with("email") => "noor@example.com",
        (None, None) if name.ends_with("token") => "eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl",
        (None, None) => "text",
    };
    let most = schema["maxLength"].as_u64().unwrap_or(u64::MAX);
    let mut text: String = text
        .chars()
        .take(usize::try_from(most).unwrap_or(usize::MAX))
        .collect();
    let least = schema["minLength"].as_u64().unwrap_or(0);
    while u64::try_from(text.chars().count()).is_ok_and(|length| length < least) {
        text.push('x');
    }
    text
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use poem_openapi::{
        OpenApi,
        registry::{MetaSchemaRef, Registry},
    };

    use crate::schema::Schema;

    #[test]
    fn every_body_shown_as_an_example_is_taken() {
        let document = crate::openapi_document();
        let mut registry = Registry::new();
        registered(&crate::operations(), &mut registry);
        let registry = Arc::new(registry);
        let mut seen = 0;
        for (path, operations) in document["paths"].as_object().unwrap() {
            for (method, operation) in operations.as_object().unwrap() {
                let content = operation["requestBody"]["content"].as_object();
                for (media_type, body) in content.into_iter().flatten() {
                    let Some(reference) = body["schema"]["$ref"].as_str() else {
                        continue;
                    };
                    if !media_type.starts_with("application/json") {
                        continue;
                    }
                    let name = reference.rsplit('/').next().unwrap().to_owned();
                    let schema = Schema::new(MetaSchemaRef::Reference(name), registry.clone());
                    let errors = schema.check(&body["example"]);
                    assert!(errors.is_empty(), "{method} {path}: {errors:?}");
                    seen += 1;
                }
            }
        }
        assert!(seen > 10, "{seen}");
    }

    fn registered<A: OpenApi>(_: &A, registry: &mut Registry) {
        A::register(registry);
    }
}
