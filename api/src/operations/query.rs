//! Query strings, checked against the document before a handler sees them.

use std::sync::Arc;

use jobboard_shared::FieldError;
use poem_openapi::registry::{MetaOperationParam, MetaParamIn, Registry};
use serde_json::Value;
use url::form_urlencoded;

use crate::schema::{self, Schema};

/// What an operation takes in its query.
pub(super) struct Parameters(Vec<Parameter>);

struct Parameter {
    name: String,
    required: bool,
    schema: Schema,
    /// Given several times, not once with commas.
    repeats: bool,
}

impl Parameters {
    pub(super) fn new(params: Vec<MetaOperationParam>, registry: &Arc<Registry>) -> Self {
        let parameters = params
            .into_iter()
            .filter(|param| param.in_type == MetaParamIn::Query)
            .map(|param| {
                let schema = Schema::new(param.schema, registry.clone());
                Parameter {
                    name: param.name,
                    required: param.required,
                    repeats: param.explode && schema.is_array(),
                    schema,
                }
            })
            .collect();
        Self(parameters)
    }

    /// Everything wrong with the query string.
    pub(super) fn check(&self, query: &str) -> Vec<FieldError> {
        let mut given: Vec<(String, Vec<String>)> = Vec::new();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match given.iter_mut().find(|(known, _)| *known == name) {
                Some((_, values)) => values.push(value.into_owned()),
                None => given.push((name.into_owned(), vec![value.into_owned()])),
            }
        }
        let mut errors = Vec::new();
        for parameter in &self.0 {
            match given.iter().find(|(name, _)| *name == parameter.name) {
                Some((_, values)) => errors.extend(parameter.check(values)),
                None if parameter.required => {
                    errors.push(FieldError::new(&parameter.name, "required", "is required"));
                }
                None => {}
            }
        }
        for (name, _) in &given {
            if !self.0.iter().any(|known| known.name == *name) {
                errors.push(self.unknown(name));
            }
        }
        errors.truncate(100);
        errors
    }

    fn unknown(&self, name: &str) -> FieldError {
        let known = self.0.iter().map(|known| known.name.as_str());
        let message = match schema::nearest(name, known) {
            Some(near) => format!("is not a parameter here; did you mean `{near}`?"),
            None => "is not a parameter here".to_owned(),
        };
        FieldError::new(schema::shown(name), "unknown_parameter", message)
    }
}

impl Parameter {
    fn check(&self, values: &[String]) -> Vec<FieldError> {
        let value = if self.schema.is_array() {
            let parts = values.iter().flat_map(|value| {
                let parts: Vec<_> = if self.repeats {
                    vec![value.as_str()]
                } else {
                    value.split(',').map(str::trim).collect()
                };
                parts
            });
            Value::Array(parts.map(|part| self.schema.read_text(part)).collect())
        } else if let [value] = values {
            self.schema.read_text(value)
        } else {
            return vec![FieldError::new(
                &self.name,
                "duplicate",
                "is given more than once",
            )];
        };
        let mut errors = self.schema.check(&value);
        for error in &mut errors {
            error.field = if error.field.is_empty() {
                self.name.clone()
            } else {
                format!("{}.{}", self.name, error.field)
            };
        }
        errors
    }
}

#[cfg(test)]
mod tests {
    use poem_openapi::{OpenApi, param::Query, payload::PlainText};

    use super::*;
    use crate::operations::Guarded;

    struct Lists;

    #[OpenApi]
    impl Lists {
        #[oai(path = "/lists/:id", method = "get")]
        async fn list(
            &self,
            _paging: crate::paging::PageParams,
            #[oai(name = "salary_min", validator(minimum(value = "0")))] _salary_min: Query<
                Option<i32>,
            >,
            #[oai(name = "job_type")] _job_type: Query<Vec<String>>,
            #[oai(name = "is_remote")] _is_remote: Query<Option<bool>>,
            #[oai(name = "q")] _q: Query<String>,
        ) -> PlainText<String> {
            PlainText("list".to_owned())
        }
    }

    fn parameters() -> Parameters {
        let operation = Guarded::<Lists>::meta()
            .remove(0)
            .paths
            .remove(0)
            .operations
            .remove(0);
        Parameters::new(operation.params, &Arc::default())
    }

    fn errors(query: &str) -> Vec<(String, String)> {
        parameters()
            .check(query)
            .into_iter()
            .map(|error| (error.field, error.code.into_owned()))
            .collect()
    }

    #[test]
    fn a_good_query_passes() {
        assert_eq!(
            errors("q=a+b&salary_min=0&job_type=x&job_type=y&is_remote=true&page=2&page_size=100"),
            []
        );
    }

    #[test]
    fn every_bad_parameter_is_named() {
        let expected = [
            ("page", "out_of_range"),
            ("page_size", "invalid_type"),
            ("salary_min", "out_of_range"),
            ("is_remote", "duplicate"),
            ("q", "required"),
            ("slary_min", "unknown_parameter"),
        ]
        .map(|(field, code)| (field.to_owned(), code.to_owned()));
        let query =
            "page=0&page_size=many&salary_min=-1&is_remote=true&is_remote=false&slary_min=1";
        assert_eq!(errors(query), expected);
        let unknown = parameters().check("q=&slary_min=1").remove(0);
        assert!(unknown.message.contains("`salary_min`"), "{unknown:?}");
    }

    #[test]
    fn what_the_database_cannot_store_is_refused() {
        assert_eq!(
            errors("q=%00"),
            [("q".to_owned(), "invalid_character".to_owned())]
        );
    }
}
