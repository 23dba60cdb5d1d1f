//! The body of an export: made while it is read, batch by batch.

use std::io;

use bytes::Bytes;
use futures::stream;
use jobboard_shared::{
    Error,
    employers::Scope,
    exports::{self, Batch, Export, Format, Position},
};
use poem::{Body, IntoResponse, Response, http::header};
use poem_openapi::{
    ApiResponse,
    registry::{MetaHeader, MetaMediaType, MetaResponse, MetaResponses, Registry},
    types::Type,
};
use sqlx::PgPool;
use tracing::warn;

use crate::{App, problem::Result};

const CSV: &str = "text/csv; charset=utf-8";
const NDJSON: &str = "application/x-ndjson";

pub(super) struct ExportResponse {
    content_type: &'static str,
    file_name: String,
    body: Body,
}

/// Begins an export. Its first batch is read at once, so that what goes wrong with
/// it is answered as a problem.
pub(super) async fn answer(
    app: &App,
    scope: Scope,
    export: Export,
    format: Format,
) -> Result<ExportResponse> {
    let (content_type, ending) = match format {
        Format::Csv => (CSV, "csv"),
        Format::Ndjson => (NDJSON, "ndjson"),
    };
    let day = app.clock.now().format("%Y-%m-%d");
    let file_name = format!("{}-{day}.{ending}", export.name());
    let source = Source {
        db: app.db.clone(),
        scope,
        export,
        format,
    };
    let first = source.batch(None).await?;
    Ok(ExportResponse {
        content_type,
        file_name,
        body: source.into_body(first),
    })
}

struct Source {
    db: PgPool,
    scope: Scope,
    export: Export,
    format: Format,
}

/// What is to be sent next.
enum Next {
    Ready(Batch),
    After(Position),
    Nothing,
}

impl Source {
    /// A connection is held while the batch is read and not while it is sent.
    async fn batch(&self, after: Option<Position>) -> Result<Batch, Error> {
        let mut conn = self.db.acquire().await?;
        exports::next_batch(&mut conn, self.export, self.scope, after).await
    }

    /// The next chunk is made when the client has taken the last one. A failure ends
    /// the body before its end, which the client sees.
    fn into_body(self, first: Batch) -> Body {
        let header = Bytes::from(self.format.header(self.export));
        let rows = stream::try_unfold((self, Next::Ready(first)), |(source, next)| async move {
            let batch = match next {
                Next::Ready(batch) => batch,
                Next::After(position) => source.batch(Some(position)).await.map_err(|error| {
                    warn!(export = source.export.name(), %error, "an export broke off");
                    io::Error::other("the export broke off")
                })?,
                Next::Nothing => return Ok(None),
            };
            let next = batch.next.map_or(Next::Nothing, Next::After);
            let chunk = Bytes::from(source.format.encode(source.export, batch.rows));
            Ok(Some((chunk, (source, next))))
        });
        let header = stream::once(async { Ok::<_, io::Error>(header) });
        Body::from_bytes_stream(futures::StreamExt::chain(header, rows))
    }
}

impl IntoResponse for ExportResponse {
    fn into_response(self) -> Response {
        Response::builder()
            .content_type(self.content_type)
            .header(
                header::CONTENT_DISPOSITION,
                format!("attachment; filename=\"{}\"", self.file_name),
            )
            .body(self.body)
    }
}

impl ApiResponse for ExportResponse {
    fn meta() -> MetaResponses {
        let content = [CSV, NDJSON].map(|content_type| MetaMediaType {
            content_type,
            schema: String::schema_ref(),
        });
        MetaResponses {
            responses: vec![MetaResponse {
                description: "The rows, as they are read",
                status: Some(200),
                status_range: None,
                content: content.into(),
                headers: vec![MetaHeader {
                    name: "Content-Disposition".to_owned(),
                    description: Some("Names the file".to_owned()),
                    required: true,
                    deprecated: false,
                    schema: String::schema_ref(),
                }],
            }],
        }
    }

    fn register(_registry: &mut Registry) {}
}
