//! Where the components of the document are used, and what they are.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

pub(super) const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// Where values of a schema go.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// Some come from clients.
    Request,
    /// All go to clients.
    Answer,
}

/// The components that requests use, directly or through others.
pub(super) struct Used(BTreeSet<String>);

impl Used {
    pub(super) fn of(document: &Value) -> Self {
        let mut used = BTreeSet::new();
        let mut open = Vec::new();
        for path in document["paths"].as_object().into_iter().flatten() {
            for operation in METHODS.iter().filter_map(|method| path.1.get(method)) {
                references(&operation["requestBody"], &mut open);
            }
        }
        while let Some(name) = open.pop() {
            references(&document["components"]["schemas"][&name], &mut open);
            if !used.insert(name) {
                open.retain(|name| !used.contains(name));
            }
        }
        Self(used)
    }

    pub(super) fn side(&self, name: &str) -> Side {
        if self.0.contains(name) {
            Side::Request
        } else {
            Side::Answer
        }
    }
}

fn references(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            if let Some(name) = object.get("$ref").and_then(Value::as_str) {
                found.extend(name.rsplit('/').next().map(str::to_owned));
            }
            object.values().for_each(|value| references(value, found));
        }
        Value::Array(values) => values.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}

/// The `type` of each component.
pub(super) struct Types(BTreeMap<String, Value>);

impl Types {
    pub(super) fn of(document: &Value) -> Self {
        let schemas = document["components"]["schemas"].as_object();
        let typed = schemas.into_iter().flatten();
        Self(
            typed
                .map(|(name, schema)| {
                    (
                        format!("#/components/schemas/{name}"),
                        schema["type"].clone(),
                    )
                })
                .collect(),
        )
    }

    /// Of the component that a schema refers to, itself or as a part.
    pub(super) fn referred(&self, schema: &Map<String, Value>) -> Option<Value> {
        let parts = schema.get("allOf").and_then(Value::as_array);
        let mut references = parts
            .into_iter()
            .flatten()
            .map(|part| &part["$ref"])
            .chain(schema.get("$ref"));
        references.find_map(|name| self.0.get(name.as_str()?).cloned())
    }
}
