//! Checks JSON values and query strings against the schemas that the OpenAPI
//! document shows, and names everything that is wrong, not the first thing.

mod formats;
mod names;

use std::{
    any::TypeId,
    collections::HashMap,
    sync::{Arc, LazyLock, RwLock},
};

use jobboard_shared::FieldError;
use poem_openapi::{
    registry::{MetaSchema, MetaSchemaRef, Registry},
    types::Type,
};
use serde_json::{Map, Value};

pub(crate) use self::names::{nearest, shown};

/// More errors than this help nobody.
const MAX_ERRORS: usize = 100;
/// A type's schema with everything it refers to.
pub(crate) struct Schema {
    root: MetaSchemaRef,
    registry: Arc<Registry>,
}

impl Schema {
    pub(crate) fn new(root: MetaSchemaRef, registry: Arc<Registry>) -> Self {
        Self { root, registry }
    }

    /// The schema of `T`, built at its first use.
    pub(crate) fn of<T: Type + 'static>() -> Arc<Self> {
        static SCHEMAS: LazyLock<RwLock<HashMap<TypeId, Arc<Schema>>>> =
            LazyLock::new(RwLock::default);
        let id = TypeId::of::<T>();
        let known = SCHEMAS.read().ok().and_then(|all| all.get(&id).cloned());
        known.unwrap_or_else(|| {
            let mut registry = Registry::new();
            T::register(&mut registry);
            let schema = Arc::new(Self::new(T::schema_ref(), Arc::new(registry)));
            if let Ok(mut all) = SCHEMAS.write() {
                all.insert(id, schema.clone());
            }
            schema
        })
    }

    /// Everything wrong with `value`; nothing, if it fits.
    pub(crate) fn check(&self, value: &Value) -> Vec<FieldError> {
        let mut walk = Walk::new(&self.registry);
        walk.value(&self.root, value, "");
        walk.errors
    }

    /// Whether values are objects with a property of this name.
    pub(crate) fn has_property(&self, name: &str) -> bool {
        resolve(&self.registry, &self.root)
            .is_some_and(|schema| schema.properties.iter().any(|(known, _)| *known == name))
    }

    /// Whether values are lists, for query parameters given several times.
    pub(crate) fn is_array(&self) -> bool {
        resolve(&self.registry, &self.root).is_some_and(|schema| schema.ty == "array")
    }

    /// Reads the text of a query parameter as the schema's type. Text that does
    /// not read so stays text, for [`Schema::check`] to refuse.
    pub(crate) fn read_text(&self, text: &str) -> Value {
        let mut schema = resolve(&self.registry, &self.root);
        if let Some(items) = schema
            .filter(|s| s.ty == "array")
            .and_then(|s| s.items.as_ref())
        {
            schema = resolve(&self.registry, items);
        }
        let read = match schema.map(|schema| schema.ty) {
            Some("integer") => text
                .parse::<i64>()
                .map(Value::from)
                .ok()
                .or_else(|| text.parse::<u64>().map(Value::from).ok()),
            Some("number") => text
                .parse::<f64>()
                .ok()
                .filter(|n| n.is_finite())
                .map(Value::from),
            Some("boolean") => text.parse::<bool>().map(Value::Bool).ok(),
            _ => None,
        };
        read.unwrap_or_else(|| Value::String(text.to_owned()))
    }
}

fn resolve<'a>(registry: &'a Registry, schema: &'a MetaSchemaRef) -> Option<&'a MetaSchema> {
    let schema = match schema {
        MetaSchemaRef::Inline(schema) => schema,
        MetaSchemaRef::Reference(name) => registry.schemas.get(name)?,
    };
    match (schema.ty, schema.all_of.first()) {
        ("", Some(first)) => resolve(registry, first),
        _ => Some(schema),
    }
}

struct Walk<'a> {
    registry: &'a Registry,
    errors: Vec<FieldError>,
}

impl<'a> Walk<'a> {
    fn new(registry: &'a Registry) -> Self {
        Self {
            registry,
            errors: Vec::new(),
        }
    }

    fn error(&mut self, path: &str, code: &'static str, message: impl Into<String>) {
        if self.errors.len() < MAX_ERRORS {
            self.errors.push(FieldError::new(path, code, message));
        }
    }

    fn value(&mut self, schema: &'a MetaSchemaRef, value: &Value, path: &str) {
        let registry = self.registry;
        match schema {
            MetaSchemaRef::Inline(schema) => self.inline(schema, value, path),
            MetaSchemaRef::Reference(name) => {
                if let Some(schema) = registry.schemas.get(name) {
                    self.inline(schema, value, path);
                }
            }
        }
    }

    fn inline(&mut self, schema: &'a MetaSchema, value: &Value, path: &str) {
        let mut parts = Vec::new();
        self.parts(schema, &mut parts);
        // One object told in several schemas has the properties of all.
        let (objects, others): (Vec<_>, Vec<_>) =
            parts.into_iter().partition(|part| part.ty == "object");
        if !objects.is_empty() {
            self.object(&objects, value, path);
        }
        for part in others {
            self.inline(part, value, path);
        }
        let alternatives: Vec<_> = schema.any_of.iter().chain(&schema.one_of).collect();
        if !alternatives.is_empty() {
            // The framework calls every union an object, even one of strings.
            return self.alternatives(schema, &alternatives, value, path);
        }
        match schema.ty {
            "object" => self.object(&[schema], value, path),
            "array" => self.array(schema, value, path),
            "string" => self.string(schema, value, path),
            "integer" | "number" => self.number(schema, value, path),
            "boolean" if !value.is_boolean() => {
                self.error(path, "invalid_type", "must be true or false");
            }
            // Rules laid over another schema (`all_of`) come without a type.
            "" if !schema.all_of.is_empty() => {}
            "" => self.untyped(schema, value, path),
            _ => {}
        }
    }

    /// One of several schemas must fit; where none does, the errors of the one
    /// that comes nearest are shown.
    fn alternatives(
        &mut self,
        schema: &'a MetaSchema,
        alternatives: &[&'a MetaSchemaRef],
        value: &Value,
        path: &str,
    ) {
        let chosen = schema.discriminator.as_ref().and_then(|discriminator| {
            let tag = value.get(discriminator.property_name)?.as_str()?;
            let wanted = discriminator
                .mapping
                .iter()
                .find(|(name, _)| name == tag)
                .map(|(_, reference)| reference.rsplit('/').next().unwrap_or(reference));
            alternatives.iter().find(|alternative| {
                matches!(alternative, MetaSchemaRef::Reference(name) if Some(name.as_str()) == wanted)
            })
        });
        if let Some(chosen) = chosen {
            return self.value(chosen, value, path);
        }
        // The right kind of value with faults comes nearer than a wrong kind.
        let distance = |errors: &[FieldError]| {
            let wrong_kind = errors
                .iter()
                .any(|error| error.field == path && error.code == "invalid_type");
            (wrong_kind, errors.len())
        };
        let mut best: Option<Vec<FieldError>> = None;
        for alternative in alternatives {
            let mut walk = Walk::new(self.registry);
            walk.value(alternative, value, path);
            if walk.errors.is_empty() {
                return;
            }
            let nearer = |best: &Vec<FieldError>| distance(&walk.errors) < distance(best);
            if best.as_ref().is_none_or(nearer) {
                best = Some(walk.errors);
            }
        }
        let room = MAX_ERRORS.saturating_sub(self.errors.len());
        self.errors.extend(best.into_iter().flatten().take(room));
    }

    /// The schemas that `all_of` puts together. Rules laid over another schema
    /// without a type say nothing that is checked here.
    fn parts(&self, schema: &'a MetaSchema, parts: &mut Vec<&'a MetaSchema>) {
        for part in &schema.all_of {
            let part = match part {
                MetaSchemaRef::Inline(part) => Some(&**part),
                MetaSchemaRef::Reference(name) => self.registry.schemas.get(name),
            };
            let Some(part) = part else { continue };
            if part.all_of.is_empty() {
                let says_something = !part.ty.is_empty()
                    || !part.any_of.is_empty()
                    || !part.one_of.is_empty()
                    || !part.enum_items.is_empty();
                parts.extend(says_something.then_some(part));
            } else {
                self.parts(part, parts);
            }
        }
    }

    fn object(&mut self, schemas: &[&'a MetaSchema], value: &Value, path: &str) {
        let Value::Object(object) = value else {
            return self.error(path, "invalid_type", "must be an object");
        };
        let known: Vec<&str> = schemas
            .iter()
            .flat_map(|schema| schema.properties.iter().map(|(name, _)| *name))
            .collect();
        for schema in schemas {
            for (name, property) in &schema.properties {
                let required = schema.required.contains(name);
                self.property(name, property, required, object, &join(path, name));
            }
            self.entries(schema, object, path);
        }
        let additional = schemas
            .iter()
            .find_map(|schema| schema.additional_properties.as_ref());
        for (name, value) in object {
            if known.contains(&name.as_str()) {
                continue;
            }
            match additional {
                Some(_) if name.contains('\0') => {
                    self.error(
                        path,
                        "invalid_character",
                        "a name contains the NUL character",
                    );
                }
                Some(additional) => {
                    self.value(additional, value, &join(path, &shown(name)));
                }
                None => self.unknown(&known, name, path),
            }
        }
    }

    fn entries(&mut self, schema: &MetaSchema, object: &Map<String, Value>, path: &str) {
        if schema.max_properties.is_some_and(|max| object.len() > max) {
            self.error(path, "too_long", "has too many entries");
        }
        if schema.min_properties.is_some_and(|min| object.len() < min) {
            self.error(path, "too_short", "has too few entries");
        }
    }

    fn property(
        &mut self,
        name: &str,
        property: &'a MetaSchemaRef,
        required: bool,
        object: &Map<String, Value>,
        path: &str,
    ) {
        let read_only = match property {
            MetaSchemaRef::Inline(schema) => schema.read_only,
            MetaSchemaRef::Reference(_) => false,
        };
        match object.get(name) {
            Some(_) if read_only => {
                self.error(path, "read_only", "is set by the server");
            }
            None if required && !read_only => self.error(path, "required", "is required"),
            None => {}
            Some(Value::Null) if !required => {}
            Some(Value::Null) if !self.takes_anything(property) => {
                self.error(path, "required", "must not be null");
            }
            Some(value) => self.value(property, value, path),
        }
    }

    fn takes_anything(&self, schema: &MetaSchemaRef) -> bool {
        resolve(self.registry, schema).is_some_and(|schema| {
            schema.ty.is_empty() && schema.any_of.is_empty() && schema.one_of.is_empty()
        })
    }

    fn unknown(&mut self, known: &[&str], name: &str, path: &str) {
        let message = match nearest(name, known.iter().copied()) {
            Some(near) => format!("is not known here; did you mean `{near}`?"),
            None => "is not known here".to_owned(),
        };
        self.error(&join(path, &shown(name)), "unknown_field", message);
    }

    fn array(&mut self, schema: &'a MetaSchema, value: &Value, path: &str) {
        let Value::Array(values) = value else {
            return self.error(path, "invalid_type", "must be a list");
        };
        if let Some(max) = schema.max_items.filter(|max| values.len() > *max) {
            // Not looked at further: its length is the caller's choice.
            return self.error(path, "too_long", format!("must have at most {max} entries"));
        }
        if let Some(min) = schema.min_items.filter(|min| values.len() < *min) {
            self.error(
                path,
                "too_short",
                format!("must have at least {min} entries"),
            );
        }
        if let Some(items) = &schema.items {
            for (index, value) in values.iter().enumerate() {
                self.value(items, value, &join(path, &index.to_string()));
            }
        }
        if schema.unique_items == Some(true)
            && values
                .iter()
                .enumerate()
                .any(|(i, v)| values[..i].contains(v))
        {
            self.error(path, "duplicate", "has an entry twice");
        }
    }

    /// Free JSON: only what the database cannot store is refused.
    fn untyped(&mut self, schema: &MetaSchema, value: &Value, path: &str) {
        if formats::contains_nul(value) {
            self.error(path, "invalid_character", "contains the NUL character");
        }
        self.choice(schema, value, path);
    }

    /// Whether the value is one of the schema's choices, if it has any.
    fn choice(&mut self, schema: &MetaSchema, value: &Value, path: &str) -> bool {
        if schema.enum_items.is_empty() {
            return true;
        }
        if schema.enum_items.contains(value) {
            return true;
        }
        let choices: Vec<_> = schema
            .enum_items
            .iter()
            .map(|item| {
                item.as_str()
                    .map_or_else(|| item.to_string(), str::to_owned)
            })
            .collect();
        self.error(
            path,
            "invalid_choice",
            format!("must be one of: {}", choices.join(", ")),
        );
        false
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

#[cfg(test)]
mod tests;
