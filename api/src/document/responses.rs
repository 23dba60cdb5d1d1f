//! What many operations answer, said once, and the headers of every answer. Without
//! it nine tenths of the document would be the same refusals again and again.

use serde_json::{Map, Value, json};

use super::completion::each_operation;

/// The answers that are alike wherever they stand, by status.
const SHARED: &[(&str, &str)] = &[
    ("304", "NotModified"),
    ("400", "Malformed"),
    ("401", "NotSignedIn"),
    ("403", "NotAllowed"),
    ("404", "NotFound"),
    ("408", "TooSlow"),
    ("409", "Conflict"),
    ("412", "VersionChanged"),
    ("413", "TooLarge"),
    ("415", "WrongMediaType"),
    ("422", "Invalid"),
    ("429", "TooManyRequests"),
    ("500", "ServerFault"),
    ("503", "Unavailable"),
];

/// Headers of every answer: name in the document, name on the wire.
const EVERYWHERE: &[(&str, &str)] = &[
    ("RequestId", "X-Request-Id"),
    ("RateLimit", "RateLimit"),
    ("RateLimitPolicy", "RateLimit-Policy"),
];

pub(super) fn share(document: &mut Value) {
    let mut shared = Map::new();
    for operation in each_operation(document) {
        let takes_keys = takes_keys(operation);
        let responses = operation
            .get_mut("responses")
            .and_then(Value::as_object_mut);
        for (status, response) in responses.into_iter().flatten() {
            add_headers(status, takes_keys, response);
            let Some((_, name)) = SHARED.iter().find(|(known, _)| known == status) else {
                continue;
            };
            // One that is not as the others stays where it stands.
            if shared.entry(*name).or_insert_with(|| response.clone()) == response {
                *response = json!({ "$ref": format!("#/components/responses/{name}") });
            }
        }
    }
    document["components"]["responses"] = Value::Object(shared);
    document["components"]["headers"] = headers();
}

fn takes_keys(operation: &Map<String, Value>) -> bool {
    let parameters = operation.get("parameters").and_then(Value::as_array);
    parameters
        .into_iter()
        .flatten()
        .any(|parameter| parameter["name"] == "Idempotency-Key")
}

fn add_headers(status: &str, takes_keys: bool, response: &mut Value) {
    let mut add = |name: &str, header: Value| {
        if response["headers"].get(name).is_none() {
            response["headers"][name] = header;
        }
    };
    for (name, header) in EVERYWHERE {
        add(
            header,
            json!({ "$ref": format!("#/components/headers/{name}") }),
        );
    }
    match status {
        "401" => add("WWW-Authenticate", challenge()),
        "409" | "503" => add("Retry-After", retry_after()),
        // Refusals are shared by operations that take no keys.
        success if success.starts_with('2') && takes_keys => {
            add(
                "Idempotency-Replayed",
                json!({ "$ref": "#/components/headers/IdempotencyReplayed" }),
            );
        }
        _ => {}
    }
}

fn challenge() -> Value {
    json!({
        "description": "`Bearer`, with an error where a token was sent",
        "required": true,
        "schema": { "type": "string" },
    })
}

fn retry_after() -> Value {
    json!({
        "description": "Seconds to wait, where that is known",
        "schema": { "type": "integer", "minimum": 0 },
    })
}

fn headers() -> Value {
    json!({
        "RequestId": {
            "description": "Names this request in logs: the one that was sent, if it was fit for that",
            "required": true,
            "schema": { "type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$" },
            "example": "0199a5b23c4d7e8f9a0b1c2d3e4f5a6b",
        },
        "RateLimit": {
            "description": "What is left: `r` requests, and `t` seconds until all are there again. \
                            Absent where requests are not limited",
            "schema": { "type": "string" },
            "example": "\"signed-in\";r=996;t=15",
        },
        "RateLimitPolicy": {
            "description": "The limit: `q` requests in `w` seconds. Absent where requests are not limited",
            "schema": { "type": "string" },
            "example": "\"signed-in\";q=1000;w=3600",
        },
        "IdempotencyReplayed": {
            "description": "This is the answer to an earlier request with the same `Idempotency-Key`",
            "schema": { "type": "string", "enum": ["true"] },
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document() -> Value {
        let responses = |conflict: &str| {
            json!({ "200": { "description": "Done" }, "401": { "description": "Who?" },
                    "409": { "description": conflict } })
        };
        json!({
            "paths": { "/things": {
                "get": { "responses": responses("No") },
                "post": { "responses": responses("No"),
                          "parameters": [{ "name": "Idempotency-Key", "in": "header" }] },
                "put": { "responses": responses("Another one") },
            } },
            "components": {},
        })
    }

    #[test]
    fn what_is_alike_is_said_once_and_what_is_not_stays() {
        let mut document = document();
        share(&mut document);
        let conflict =
            |method: &str| document["paths"]["/things"][method]["responses"]["409"].clone();
        let reference = json!({ "$ref": "#/components/responses/Conflict" });
        assert_eq!(conflict("get"), reference);
        assert_eq!(conflict("post"), reference);
        assert_eq!(conflict("put")["description"], "Another one");
        let get = &document["paths"]["/things"]["get"]["responses"];
        assert_eq!(get["200"]["description"], "Done");
        let shared = &document["components"]["responses"];
        assert_eq!(shared["Conflict"]["description"], "No");
        assert_eq!(shared["NotSignedIn"]["description"], "Who?");
    }

    #[test]
    fn every_answer_has_its_headers() {
        let mut document = document();
        share(&mut document);
        let names = |response: &Value| -> Vec<String> {
            let headers = response["headers"].as_object().unwrap();
            headers.keys().cloned().collect()
        };
        let things = &document["paths"]["/things"];
        let everywhere = ["RateLimit", "RateLimit-Policy", "X-Request-Id"];
        assert_eq!(names(&things["get"]["responses"]["200"]), everywhere);
        let shared = &document["components"]["responses"];
        assert!(names(&shared["Conflict"]).contains(&"Retry-After".to_owned()));
        assert!(names(&shared["NotSignedIn"]).contains(&"WWW-Authenticate".to_owned()));
        let created = names(&things["post"]["responses"]["200"]);
        assert!(
            created.contains(&"Idempotency-Replayed".to_owned()),
            "{created:?}"
        );
        // Every header that is named exists.
        for (_, header) in things["post"]["responses"]["200"]["headers"]
            .as_object()
            .unwrap()
        {
            let name = header["$ref"].as_str().unwrap().rsplit('/').next().unwrap();
            assert!(
                document["components"]["headers"].get(name).is_some(),
                "{name}"
            );
        }
    }
}
