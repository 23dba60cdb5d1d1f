//! Bulk imports of job ads.

mod dto;
mod upload;

use jobboard_shared::{
    employers,
    imports::{ImportFormat, db, mapping::Mapping},
};
use poem::web::Data;
use poem_openapi::{
    OpenApi,
    param::{Path, Query},
    payload::Json,
};
use uuid::Uuid;

use crate::{
    App,
    auth::Manager,
    problem::{Problem, Result},
    tags::Tag,
};
use dto::{ImportAccepted, ImportFile, ImportReport};
use upload::Upload;

pub(crate) struct ImportsApi;

#[OpenApi(prefix_path = "/api", tag = "Tag::Jobs")]
impl ImportsApi {
    /// Import job ads
    ///
    /// Takes a CSV or NDJSON file and reads it in the background. `source` and
    /// `external_id` identify an ad, without an id its content does; within a
    /// file the first row of an ad wins, and an ad imported before is updated
    /// where it changed. Rows of an administrator become jobs that belong to no
    /// employer yet; rows of an employer may name their own and new companies.
    #[oai(path = "/jobs/import", method = "post", operation_id = "import_jobs")]
    async fn import_jobs(
        &self,
        app: Data<&App>,
        manager: Manager,
        /// Names the source of rows that do not name one themselves.
        #[oai(
            default = "default_source",
            validator(min_length = 1, max_length = 100)
        )]
        source: Query<String>,
        /// `field=column`, repeated: which column of the file holds which field.
        /// Fields not named are looked for under their own and the usual names.
        #[oai(default, validator(max_items = 100))]
        map: Query<Vec<String>>,
        file: ImportFile,
    ) -> Result<ImportAccepted> {
        let source = source.0.trim();
        if source.is_empty() {
            return Err(Problem::invalid_field(
                "source",
                "blank",
                "must not be blank",
            ));
        }
        let mapping = Mapping::parse(map.0.iter().map(String::as_str))?;
        let (format, body) = match file {
            ImportFile::Csv(body) => (ImportFormat::Csv, body.0),
            ImportFile::Ndjson(body) => (ImportFormat::Ndjson, body.0),
        };
        let mut conn = app.db.acquire().await?;
        employers::ensure_can_post(&mut conn, manager.scope).await?;
        drop(conn);
        let upload = Upload {
            user_id: manager.user_id,
            format,
            source,
            mapping: &mapping,
        };
        let id = upload.receive(app.0, body).await?;
        let mut conn = app.db.acquire().await?;
        let import = db::get(&mut conn, manager.user_id, id).await?;
        Ok(ImportAccepted::Accepted(
            Json(import.into()),
            format!("/api/imports/{id}/"),
        ))
    }

    /// Read an import's progress
    ///
    /// The account that made it sees it, nobody else.
    #[oai(path = "/imports/:id", method = "get", operation_id = "get_import")]
    async fn get_import(
        &self,
        app: Data<&App>,
        manager: Manager,
        id: Path<Uuid>,
        /// Show refused rows after this row.
        #[oai(default, validator(minimum(value = "0")))]
        errors_after: Query<i32>,
        /// How many refused rows to show.
        #[oai(
            default = "default_page_size",
            validator(minimum(value = "1"), maximum(value = "100"))
        )]
        page_size: Query<u32>,
    ) -> Result<Json<ImportReport>> {
        let mut conn = app.db.acquire().await?;
        let import = db::get(&mut conn, manager.user_id, id.0).await?;
        let limit = i64::from(page_size.0);
        let mut rows =
            db::failed_rows(&mut conn, manager.user_id, id.0, errors_after.0, limit + 1).await?;
        let more = rows.len() > page_size.0 as usize;
        rows.truncate(page_size.0 as usize);
        Ok(Json(ImportReport {
            import: import.into(),
            next_errors_after: rows.last().filter(|_| more).map(|row| row.row),
            errors: rows.into_iter().map(Into::into).collect(),
        }))
    }
}

fn default_source() -> String {
    "import".to_owned()
}

fn default_page_size() -> u32 {
    100
}
