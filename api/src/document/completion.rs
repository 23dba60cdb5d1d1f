//! Says in the document what the framework leaves out.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{
    components::{METHODS, Side, Types, Used},
    facts,
};

/// Properties of answers that may be absent; all others are there, if only as null.
const OMITTED: &[(&str, &str)] = &[
    ("Application", "internal_notes"),
    ("Application", "rating"),
    ("Problem", "request_id"),
];

/// An amount as text: no exponent, no sign but minus.
pub(super) const DECIMAL: &str = r"^-?[0-9]{1,28}(\.[0-9]{1,28})?$";
/// One that a client sends: none is negative.
pub(super) const AMOUNT: &str = r"^[0-9]{1,28}(\.[0-9]{1,28})?$";

pub(super) fn complete(document: &mut Value) {
    document["info"]["license"] =
        json!({ "name": "MIT", "url": "https://opensource.org/license/mit" });
    let used = Used::of(document);
    let operations = each_operation(document);
    for operation in operations {
        operation_in(operation);
    }
    let types = Types::of(document);
    let schemas = document["components"]["schemas"].as_object_mut();
    for (name, schema) in schemas.into_iter().flatten() {
        let side = used.side(name);
        // Two schemas of one title become one class in generated clients.
        if schema["title"].is_string() {
            schema["title"] = json!(name);
        }
        object(name, schema, side, &types);
        formats(schema, side);
        if side == Side::Request {
            facts::say(name, schema);
        }
    }
}

/// Every operation of the document.
pub(super) fn each_operation(
    document: &mut Value,
) -> impl Iterator<Item = &mut Map<String, Value>> {
    let paths = document["paths"].as_object_mut().into_iter().flatten();
    paths
        .filter_map(|(_, path)| path.as_object_mut())
        .flatten()
        .filter(|(method, _)| METHODS.contains(&method.as_str()))
        .filter_map(|(_, operation)| operation.as_object_mut())
}

fn operation_in(operation: &mut Map<String, Value>) {
    // Without it a linter cannot tell a public operation from a forgotten one.
    operation.entry("security").or_insert_with(|| json!([]));
    for parameter in operation
        .get_mut("parameters")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        // A query string has text alone.
        formats(&mut parameter["schema"], Side::Answer);
        remove_false(parameter, "deprecated");
        facts::say_of_parameter(parameter);
    }
    let body = operation.get_mut("requestBody");
    if let Some(body) = body {
        formats(body, Side::Request);
    }
    let Some(responses) = operation
        .get_mut("responses")
        .and_then(Value::as_object_mut)
    else {
        return;
    };
    for (status, response) in responses.iter_mut() {
        if response["description"] == "" {
            response["description"] = json!(if status == "204" {
                "Done"
            } else {
                "The answer"
            });
        }
        let headers = response.get_mut("headers").and_then(Value::as_object_mut);
        for (_, header) in headers.into_iter().flatten() {
            remove_false(header, "deprecated");
        }
        formats(response, Side::Answer);
    }
}

fn remove_false(value: &mut Value, name: &str) {
    if value[name] == false
        && let Some(object) = value.as_object_mut()
    {
        object.remove(name);
    }
}

/// Nulls and absent properties.
fn object(name: &str, schema: &mut Value, side: Side, types: &Types) {
    let Some(schema) = schema.as_object_mut() else {
        return;
    };
    let required: BTreeSet<String> = schema
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|name| name.as_str().map(str::to_owned))
        .collect();
    let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) else {
        return;
    };
    let mut always = Vec::new();
    for (property, value) in properties.iter_mut() {
        if !required.contains(property) {
            allow_null(value, types);
        }
        if !OMITTED.contains(&(name, property)) {
            always.push(json!(property));
        }
    }
    match side {
        Side::Answer if !always.is_empty() => {
            schema.insert("required".to_owned(), Value::Array(always));
        }
        Side::Answer => {}
        Side::Request => {
            schema
                .entry("additionalProperties")
                .or_insert(Value::Bool(false));
        }
    }
}

fn allow_null(schema: &mut Value, types: &Types) {
    let Some(object) = schema.as_object_mut() else {
        return;
    };
    join_parts(object);
    if let Some(of) = types.referred(object) {
        let part = match (object.remove("$ref"), object.remove("allOf")) {
            (Some(reference), _) => json!({ "$ref": reference }),
            (None, parts) => parts.map_or(Value::Null, |mut parts| parts[0].take()),
        };
        // A reference with `nullable` beside it takes no null where what it names
        // takes none, as a list of choices; and generators read past it.
        let nothing = json!({ "type": of, "nullable": true, "enum": [null] });
        object.insert("anyOf".to_owned(), json!([part, nothing]));
        return;
    }
    // What has no type may be anything, null too.
    if object.contains_key("type") {
        object.insert("nullable".to_owned(), Value::Bool(true));
    }
    if let Some(choices) = object.get_mut("enum").and_then(Value::as_array_mut) {
        choices.push(Value::Null);
    }
}

/// Formats under the names that other programs know.
fn formats(schema: &mut Value, side: Side) {
    match schema {
        Value::Array(values) => values.iter_mut().for_each(|value| formats(value, side)),
        Value::Object(object) => {
            join_parts(object);
            // Generators of clients refuse it, and an absent object says as much.
            if object.get("default") == Some(&json!({})) {
                object.remove("default");
            }
            // The framework calls every union an object, even one of strings.
            if object.contains_key("anyOf") {
                object.remove("type");
                null_for_choices(object);
            }
            match object.get("format").and_then(Value::as_str) {
                Some("naive-date") => {
                    object.insert("format".to_owned(), json!("date"));
                }
                Some("decimal") if side == Side::Request => either_number_or_text(object),
                Some("decimal") => {
                    object.insert("pattern".to_owned(), json!(DECIMAL));
                }
                Some(format) if object.get("type") == Some(&json!("integer")) => {
                    let (least, most) = range(format);
                    object.entry("minimum").or_insert(least);
                    object.entry("maximum").or_insert(most);
                }
                _ => {}
            }
            object
                .iter_mut()
                .filter(|(name, _)| *name != "example" && *name != "default")
                .for_each(|(_, value)| formats(value, side));
        }
        _ => {}
    }
}

/// What the framework says of a reference as a further part of the whole belongs to
/// the whole: a part that is no type of its own is more than generators understand.
fn join_parts(object: &mut Map<String, Value>) {
    let Some(Value::Array(parts)) = object.remove("allOf") else {
        return;
    };
    let (types, notes): (Vec<_>, Vec<_>) = parts
        .into_iter()
        .partition(|part| part.get("$ref").is_some());
    for (name, note) in notes.iter().filter_map(Value::as_object).flatten() {
        object.entry(name).or_insert_with(|| note.clone());
    }
    object.insert("allOf".to_owned(), Value::Array(types));
}

/// The least and the most that fits. `format` says so to people and to few programs.
fn range(format: &str) -> (Value, Value) {
    match format {
        "int16" => (i16::MIN.into(), i16::MAX.into()),
        "int32" => (i32::MIN.into(), i32::MAX.into()),
        "uint16" => (0.into(), u16::MAX.into()),
        "uint32" => (0.into(), u32::MAX.into()),
        "uint64" => (0.into(), u64::MAX.into()),
        _ => (i64::MIN.into(), i64::MAX.into()),
    }
}

fn either_number_or_text(object: &mut Map<String, Value>) {
    // Of the widest: what a narrower one refuses, no keyword says of its text.
    let mut number = json!({ "type": "number", "minimum": 0, "maximum": 1_000_000_000_000_u64 });
    for limit in ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"] {
        if let Some(limited) = object.remove(limit) {
            number[limit] = limited;
        }
    }
    object.remove("type");
    object.remove("format");
    let text = json!({ "type": "string", "pattern": AMOUNT });
    object.insert("anyOf".to_owned(), json!([text, number]));
    null_for_choices(object);
}

/// A union that takes null has a part that does.
fn null_for_choices(object: &mut Map<String, Value>) {
    let nullable = object.remove("nullable") == Some(Value::Bool(true));
    let choices = object.get_mut("anyOf").and_then(Value::as_array_mut);
    for choice in choices.into_iter().flatten().filter(|_| nullable) {
        choice["nullable"] = Value::Bool(true);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document() -> Value {
        let reference = |name: &str| json!({ "$ref": format!("#/components/schemas/{name}") });
        json!({
            "info": {},
            "paths": { "/things": { "post": {
                "parameters": [{ "name": "min", "deprecated": false,
                                 "schema": { "type": "string", "format": "decimal" } }],
                "requestBody": { "content": { "application/json": { "schema": reference("Input") } } },
                "responses": { "200": { "description": "", "content": {
                    "application/json": { "schema": reference("Thing") } } } },
            } } },
            "components": { "schemas": {
                "Input": { "type": "object", "required": ["kind"], "properties": {
                    "kind": reference("Kind"),
                    "pay": { "type": "string", "format": "decimal" } } },
                "Thing": { "type": "object", "required": ["pay"], "properties": {
                    "pay": { "type": "string", "format": "decimal" },
                    "day": { "type": "string", "format": "naive-date" },
                    "kind": reference("Kind") } },
                "Kind": { "type": "string", "enum": ["a", "b"] },
            } },
        })
    }

    #[test]
    fn what_a_client_sends_has_no_further_properties_and_what_it_gets_is_complete() {
        let mut document = document();
        complete(&mut document);
        let schemas = &document["components"]["schemas"];
        assert_eq!(schemas["Input"]["additionalProperties"], false);
        assert_eq!(schemas["Input"]["required"], json!(["kind"]));
        assert_eq!(schemas["Thing"].get("additionalProperties"), None);
        assert_eq!(schemas["Thing"]["required"], json!(["day", "kind", "pay"]));
    }

    #[test]
    fn what_may_be_null_says_so() {
        let mut document = document();
        complete(&mut document);
        let thing = &document["components"]["schemas"]["Thing"]["properties"];
        assert_eq!(
            thing["day"],
            json!({ "type": "string", "format": "date", "nullable": true })
        );
        assert_eq!(
            thing["kind"],
            json!({ "anyOf": [
                { "$ref": "#/components/schemas/Kind" },
                { "type": "string", "nullable": true, "enum": [null] },
            ] })
        );
        assert_eq!(thing["pay"].get("nullable"), None);
    }

    #[test]
    fn generators_of_clients_meet_only_what_they_understand() {
        let mut document = document();
        let schemas = &mut document["components"]["schemas"];
        schemas["Input_Partial"] = json!({ "type": "object", "title": "Input", "properties": {
            "kind": { "allOf": [{ "$ref": "#/components/schemas/Kind" }, { "default": "a" }] },
            "links": { "type": "object", "default": {} },
        } });
        complete(&mut document);
        let partial = &document["components"]["schemas"]["Input_Partial"];
        assert_eq!(partial["title"], "Input_Partial");
        let kind = &partial["properties"]["kind"];
        assert_eq!(kind["anyOf"][0]["$ref"], "#/components/schemas/Kind");
        assert_eq!(kind["default"], "a");
        assert_eq!(partial["properties"]["links"].get("default"), None);
    }

    #[test]
    fn amounts_come_as_text_and_are_taken_as_numbers_too() {
        let mut document = document();
        complete(&mut document);
        let schemas = &document["components"]["schemas"];
        assert_eq!(schemas["Thing"]["properties"]["pay"]["pattern"], DECIMAL);
        let taken = schemas["Input"]["properties"]["pay"]["anyOf"].clone();
        assert_eq!(
            taken[0],
            json!({ "type": "string", "pattern": AMOUNT, "nullable": true })
        );
        assert_eq!(
            taken[1],
            json!({ "type": "number", "minimum": 0, "maximum": 1_000_000_000_000_u64,
                    "nullable": true })
        );
    }

    #[test]
    fn an_operation_without_sign_in_says_so() {
        let mut document = document();
        complete(&mut document);
        assert_eq!(document["paths"]["/things"]["post"]["security"], json!([]));
    }
}
