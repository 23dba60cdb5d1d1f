//! The WebSocket, which is no operation of the framework's: how it is opened.

use serde_json::{Value, json};

/// Needs the shared answers.
pub(super) fn describe(document: &mut Value) {
    let shared = |name: &str| json!({ "$ref": format!("#/components/responses/{name}") });
    document["paths"]["/api/ws"]["get"] = json!({
        "operationId": "open_live_socket",
        "tags": ["Notifications"],
        "summary": "Open a live connection",
        "description": "A WebSocket (RFC 6455, version 13). Each message is a JSON object with `event`, \
            `id` and `data`: `hello`, then `notification`, `message` and `import` as they happen; \
            nothing is to be sent but answers to pings. It is closed with 1001 (the server shuts \
            down), 1003 (the client has sent something), 4401 (the session has ended) or 4408 (too \
            slow). A page of another origin is refused with 403, unless its origin is allowed.",
        "security": [],
        "parameters": [
            {
                "name": "ticket",
                "in": "query",
                "required": true,
                "description": "Of `POST /api/ws/ticket/`; good once",
                "schema": { "type": "string" },
                "example": "text",
            },
            {
                "name": "last_event_id",
                "in": "query",
                "required": false,
                "description": "The id of the last event that the client has: what came since comes first",
                "schema": { "type": "integer", "format": "int64", "minimum": 0 },
                "example": 1,
            },
        ],
        "responses": {
            "101": {
                "description": "The protocol is WebSocket from here on",
                "headers": {
                    "X-Request-Id": { "$ref": "#/components/headers/RequestId" },
                },
            },
            "400": shared("Malformed"),
            "401": shared("NotSignedIn"),
            "403": shared("NotAllowed"),
            "422": shared("Invalid"),
            "429": shared("TooManyRequests"),
            "500": shared("ServerFault"),
            "503": shared("Unavailable"),
        },
    });
}
