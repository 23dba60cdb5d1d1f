//! Bodies of `PATCH`: what is left out stays, null clears what may be empty and is
//! refused elsewhere (RFC 7396).

use std::{borrow::Cow, marker::PhantomData};

use jobboard_shared::{Error, FieldError};
use poem_openapi::{
    registry::{MetaSchemaRef, Registry},
    types::{MaybeUndefined, ParseError, ParseFromJSON, ParseResult, ToJSON, Type},
};
use serde_json::{Map, Value};

use crate::{
    problem::{Problem, Result},
    schema::Schema,
};

/// Some of the fields of `T`, the body of the same address' `PUT`.
#[derive(Debug)]
pub(crate) struct Partial<T> {
    fields: Map<String, Value>,
    whole: PhantomData<fn() -> T>,
}

impl<T: ParseFromJSON + ToJSON + 'static> Partial<T> {
    /// These fields laid over what there is. `present` may show more than `T` has.
    pub(crate) fn over(self, present: &impl ToJSON) -> Result<T> {
        let Some(Value::Object(mut whole)) = present.to_json() else {
            return Err(Problem::internal("what is changed is not an object"));
        };
        let known = Schema::of::<T>();
        whole.retain(|name, _| known.has_property(name));
        whole.extend(self.fields);
        T::parse_from_json(Some(Value::Object(whole)))
            .map_err(|error| Problem::invalid_field("", "invalid", error.into_message()))
    }
}

impl<T: Type> Type for Partial<T> {
    const IS_REQUIRED: bool = true;

    type RawValueType = Self;
    type RawElementValueType = Self;

    fn name() -> Cow<'static, str> {
        format!("{}_Partial", T::name()).into()
    }

    fn schema_ref() -> MetaSchemaRef {
        MetaSchemaRef::Reference(Self::name().into_owned())
    }

    fn register(registry: &mut Registry) {
        registry.create_schema::<Self, _>(Self::name().into_owned(), |registry| {
            let mut schema = registry.create_fake_schema::<T>();
            schema.required.clear();
            schema.description = Some("What is to change: what is left out stays, null clears");
            for (_, property) in &mut schema.properties {
                if let MetaSchemaRef::Inline(property) = property {
                    property.default = None;
                }
            }
            schema
        });
    }

    fn as_raw_value(&self) -> Option<&Self> {
        Some(self)
    }

    fn raw_element_iter<'a>(&'a self) -> Box<dyn Iterator<Item = &'a Self> + 'a> {
        Box::new(std::iter::once(self))
    }
}

impl<T: Type> ParseFromJSON for Partial<T> {
    fn parse_from_json(value: Option<Value>) -> ParseResult<Self> {
        match value {
            Some(Value::Object(fields)) => Ok(Self {
                fields,
                whole: PhantomData,
            }),
            other => Err(ParseError::expected_type(other.unwrap_or_default())),
        }
    }
}

/// Collects the nulls that are refused.
#[derive(Default)]
pub(crate) struct Nulls(Vec<FieldError>);

impl Nulls {
    /// The value of a field that cannot be without one.
    pub(crate) fn refuse<T>(&mut self, field: &str, value: MaybeUndefined<T>) -> Option<T> {
        match value {
            MaybeUndefined::Undefined => None,
            MaybeUndefined::Value(value) => Some(value),
            MaybeUndefined::Null => {
                self.0
                    .push(FieldError::new(field, "required", "must not be null"));
                None
            }
        }
    }

    pub(crate) fn finish(self) -> jobboard_shared::Result<()> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(Error::Invalid(self.0))
        }
    }
}

/// Null empties a text or a list.
pub(crate) fn emptied<T: Default>(value: MaybeUndefined<T>) -> Option<T> {
    Option::<Option<T>>::from(value).map(Option::unwrap_or_default)
}
