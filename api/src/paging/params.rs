//! The query parameters of lists, as they are read and as the document shows them.

use poem::{Request, RequestBody};
use poem_openapi::{
    ApiExtractor, ApiExtractorType, ExtractParamOptions,
    registry::{MetaOperationParam, MetaParamIn, MetaSchema, MetaSchemaRef},
};
use url::form_urlencoded;

use super::{DEFAULT_PAGE_SIZE, MAX_PAGE, MAX_PAGE_SIZE, PageParams, place::MAX_CURSOR_BYTES};
use crate::problem::Problem;

const SCHEMA: &str = "PageParams";
const CURSOR_SCHEMA: &str = "CursorParams";

impl<'a> ApiExtractor<'a> for PageParams {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::Parameter];

    type ParamType = ();
    type ParamRawType = ();

    fn param_in() -> Option<MetaParamIn> {
        Some(MetaParamIn::Query)
    }

    fn param_schema_ref() -> Option<MetaSchemaRef> {
        Some(MetaSchemaRef::Reference(SCHEMA.to_owned()))
    }

    async fn from_request(
        request: &'a Request,
        _body: &mut RequestBody,
        _options: ExtractParamOptions<()>,
    ) -> poem::Result<Self> {
        let uri = request.original_uri().clone();
        let query = uri.query().unwrap_or_default().to_owned();
        let value = |name: &str| {
            form_urlencoded::parse(query.as_bytes())
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.into_owned())
        };
        let number = |name: &'static str, max: u32| match value(name) {
            None => Ok(None),
            Some(text) => match text.parse() {
                Ok(number) if (1..=max).contains(&number) => Ok(Some(number)),
                _ => Err(Problem::invalid_field(
                    name,
                    "out_of_range",
                    format!("must be between 1 and {max}"),
                )),
            },
        };
        Ok(Self {
            cursor: value("cursor"),
            page: number("page", MAX_PAGE)?,
            page_size: number("page_size", MAX_PAGE_SIZE)?.unwrap_or(DEFAULT_PAGE_SIZE),
            uri,
        })
    }
}

/// [`PageParams`] of a list that is too long to be numbered: without `page`.
#[derive(Clone, Debug)]
pub struct CursorParams(pub PageParams);

impl<'a> ApiExtractor<'a> for CursorParams {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::Parameter];

    type ParamType = ();
    type ParamRawType = ();

    fn param_in() -> Option<MetaParamIn> {
        Some(MetaParamIn::Query)
    }

    fn param_schema_ref() -> Option<MetaSchemaRef> {
        Some(MetaSchemaRef::Reference(CURSOR_SCHEMA.to_owned()))
    }

    async fn from_request(
        request: &'a Request,
        body: &mut RequestBody,
        options: ExtractParamOptions<()>,
    ) -> poem::Result<Self> {
        // A `page` was refused before, as a parameter that is not known.
        PageParams::from_request(request, body, options)
            .await
            .map(Self)
    }
}

/// The parameters that stand behind [`PageParams`] and [`CursorParams`] in the
/// document.
pub(crate) fn expand(param: MetaOperationParam) -> Vec<MetaOperationParam> {
    let numbered = match &param.schema {
        MetaSchemaRef::Reference(name) if name == SCHEMA => true,
        MetaSchemaRef::Reference(name) if name == CURSOR_SCHEMA => false,
        _ => return vec![param],
    };
    let number = |max: u32, default: Option<u32>| MetaSchema {
        minimum: Some(1.0),
        maximum: Some(max.into()),
        default: default.map(Into::into),
        ..MetaSchema::new_with_format("integer", "uint32")
    };
    let cursor = MetaSchema {
        max_length: Some(MAX_CURSOR_BYTES),
        ..MetaSchema::new("string")
    };
    [
        (
            "cursor",
            cursor,
            "Where the last page ended: its `next_cursor`",
        ),
        (
            "page",
            number(MAX_PAGE, None),
            "Number of the page, instead of a cursor",
        ),
        (
            "page_size",
            number(MAX_PAGE_SIZE, Some(DEFAULT_PAGE_SIZE)),
            "How many results a page has",
        ),
    ]
    .into_iter()
    .filter(|(name, ..)| numbered || *name != "page")
    .map(|(name, schema, description)| MetaOperationParam {
        name: name.to_owned(),
        schema: MetaSchemaRef::Inline(Box::new(schema)),
        in_type: MetaParamIn::Query,
        description: Some(description.to_owned()),
        required: false,
        deprecated: false,
        explode: true,
        style: None,
    })
    .collect()
}
