//! Bulk exports, streamed.

mod response;

use jobboard_shared::exports::{Export, Format};
use poem::web::Data;
use poem_openapi::{Enum, OpenApi, param::Query};

use self::response::{ExportResponse, answer};
use crate::{App, auth::Manager, problem::Result, tags::Tag};

pub(crate) struct ExportsApi;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case", remote = "Format")]
enum ExportFormat {
    Csv,
    Ndjson,
}

#[OpenApi(prefix_path = "/api/exports", tag = "Tag::Exports")]
impl ExportsApi {
    /// Export jobs
    ///
    /// An employer's own and those of the companies that they work for, of every
    /// status; for an administrator all. As CSV (RFC 4180, UTF-8), where text that a
    /// spreadsheet would take for a formula stands behind an apostrophe, or as one JSON
    /// object a line.
    #[oai(path = "/jobs", method = "get", operation_id = "export_jobs")]
    async fn jobs(
        &self,
        app: Data<&App>,
        manager: Manager,
        /// `csv`, if nothing is said
        format: Query<Option<ExportFormat>>,
    ) -> Result<ExportResponse> {
        answer(&app, manager.scope, Export::Jobs, chosen(format.0)).await
    }

    /// Export applications
    ///
    /// Those for an employer's own jobs and the jobs of the companies that they work
    /// for; for an administrator all. In the formats of the export of jobs.
    #[oai(
        path = "/applications",
        method = "get",
        operation_id = "export_applications"
    )]
    async fn applications(
        &self,
        app: Data<&App>,
        manager: Manager,
        /// `csv`, if nothing is said
        format: Query<Option<ExportFormat>>,
    ) -> Result<ExportResponse> {
        answer(&app, manager.scope, Export::Applications, chosen(format.0)).await
    }
}

fn chosen(format: Option<ExportFormat>) -> Format {
    format.map_or(Format::Csv, Into::into)
}
