//! Rules of single fields that their types do not say: the document would promise to
//! take what is refused. Laid over the components when all else is done.

use jobboard_shared::imports::mapping::Field;
use serde_json::{Map, Value, json};

/// An absolute address; scheme and host as browsers read them.
const ADDRESS: &str = "^[Hh][Tt][Tt][Pp][Ss]?://[^/]";

/// Lists of short texts, and how long each may be.
const TEXTS: &[(&str, u32)] = &[
    ("benefits", 500),
    ("category", 200),
    ("company", 200),
    ("office_locations", 300),
    ("options", 200),
    ("preferred_locations", 300),
    ("preferred_project_types", 100),
    ("service_categories", 100),
    ("skill", 200),
    ("tags", 50),
    ("technologies_used", 100),
    ("synonyms", 100),
    ("time_zones", 100),
];

/// Fields of changes that may be left out and not be null.
const NEVER_NULL: &[(&str, &[&str])] = &[
    ("ApplicationUpdate", &["status"]),
    (
        "JobPatchInput",
        &[
            "company",
            "title",
            "is_remote",
            "workplace",
            "job_type",
            "salary_currency",
            "salary_period",
            "status",
        ],
    ),
];

/// Says them of a component that requests use.
pub(super) fn say(component: &str, schema: &mut Value) {
    let properties = schema.get_mut("properties");
    let Some(properties) = properties.and_then(Value::as_object_mut) else {
        return;
    };
    for (name, property) in properties.iter_mut() {
        let is_text = property["type"] == "string";
        if is_text && (name.ends_with("_url") || name == "website") {
            address(property);
        } else if is_text && name == "email" {
            property["format"] = json!("email");
        } else if name == "images" {
            address(&mut property["items"]);
        } else if name == "social_media_links" {
            address(&mut property["additionalProperties"]);
        } else if name == "availability_hours" {
            property["type"] = json!("object");
            property["nullable"] = json!(true);
        } else if name == "rating_breakdown" {
            let stars = &mut property["additionalProperties"];
            stars["minimum"] = json!(1);
            stars["maximum"] = json!(5);
        }
        let texts = TEXTS.iter().find(|(known, _)| known == name);
        if let Some((_, most)) = texts.filter(|_| property["type"] == "array") {
            property["items"]["minLength"] = json!(1);
            property["items"]["maxLength"] = json!(most);
        }
        if name == "options" {
            property["uniqueItems"] = json!(true);
        } else if name == "employee_count" {
            property["minimum"] = json!(0);
        }
    }
    let never_null = NEVER_NULL.iter().find(|(known, _)| *known == component);
    for name in never_null.into_iter().flat_map(|(_, names)| *names) {
        if let Some(property) = properties.get_mut(*name).and_then(Value::as_object_mut) {
            refuse_null(property);
        }
    }
}

/// Says them of a parameter.
pub(super) fn say_of_parameter(parameter: &mut Value) {
    if parameter["name"] == "map" {
        let fields: Vec<_> = Field::ALL.iter().map(|(_, name, _)| *name).collect();
        let pair = format!(r"^({})=.*\S", fields.join("|"));
        parameter["schema"]["items"]["pattern"] = json!(pair);
    }
}

fn address(text: &mut Value) {
    text["format"] = json!("uri");
    text["pattern"] = json!(ADDRESS);
    if text.get("maxLength").is_none() {
        text["maxLength"] = json!(jobboard_shared::rules::MAX_URL);
    }
}

/// Takes back that null is allowed.
fn refuse_null(property: &mut Map<String, Value>) {
    property.remove("nullable");
    let Some(Value::Array(mut choices)) = property.remove("anyOf") else {
        return;
    };
    choices.retain(|choice| choice["enum"] != json!([null]));
    property.insert("allOf".to_owned(), Value::Array(choices));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_named_here_is_in_the_document() {
        let document = crate::openapi_document();
        let schemas = &document["components"]["schemas"];
        for (component, names) in NEVER_NULL {
            for name in *names {
                let property = &schemas[component]["properties"][name];
                assert!(property.is_object(), "{component}.{name}");
                assert_eq!(
                    property.get("nullable"),
                    None,
                    "{component}.{name}: {property}"
                );
                assert_eq!(
                    property.get("anyOf"),
                    None,
                    "{component}.{name}: {property}"
                );
            }
        }
        let properties = schemas
            .as_object()
            .unwrap()
            .values()
            .filter_map(|schema| schema["properties"].as_object());
        for (name, most) in TEXTS {
            let said = properties.clone().any(|properties| {
                properties
                    .get(*name)
                    .is_some_and(|property| property["items"]["maxLength"] == *most)
            });
            assert!(said, "{name}");
        }
        let import = &document["paths"]["/api/jobs/import"]["post"]["parameters"];
        let mut map = import.as_array().unwrap().iter();
        let map = map.find(|parameter| parameter["name"] == "map");
        let pair = map.unwrap()["schema"]["items"]["pattern"].as_str().unwrap();
        assert!(pair.starts_with("^(external_id|source|title|"), "{pair}");
        let logo = &schemas["CompanyInput"]["properties"]["logo_url"];
        assert_eq!(logo["pattern"], ADDRESS);
    }
}
