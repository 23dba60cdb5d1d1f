//! Takes a file in while it arrives, piece by piece: memory holds one piece and
//! no transaction waits for the client.

use std::time::Duration;

use bytes::BytesMut;
use futures::StreamExt;
use jobboard_shared::imports::{
    CHUNK_BYTES, ImportFormat,
    db::{self, NewImport},
    mapping::Mapping,
    reader,
    tasks::enqueue_import,
};
use poem::{Body, http::StatusCode};
use uuid::Uuid;

use crate::{
    App,
    problem::{Problem, Result},
};

/// Between two pieces of the body.
const IDLE_LIMIT: Duration = Duration::from_secs(30);

fn too_slow() -> Problem {
    Problem::new(
        StatusCode::REQUEST_TIMEOUT,
        "body_too_slow",
        "the body did not arrive in time",
    )
}

pub(super) struct Upload<'a> {
    pub user_id: Uuid,
    pub format: ImportFormat,
    pub source: &'a str,
    pub mapping: &'a Mapping,
}

impl Upload<'_> {
    /// Stores the file and queues its import. A file that does not arrive whole,
    /// or that cannot give jobs, leaves nothing behind.
    pub(super) async fn receive(&self, app: &App, body: Body) -> Result<Uuid> {
        let import_id = {
            let mut conn = app.db.acquire().await?;
            db::begin_upload(
                &mut conn,
                NewImport {
                    user_id: self.user_id,
                    format: self.format,
                    source: self.source,
                    mapping: self.mapping,
                },
            )
            .await?
        };
        match self.store(app, import_id, body).await {
            Ok(()) => Ok(import_id),
            Err(problem) => {
                let mut conn = app.db.acquire().await?;
                db::abandon_upload(&mut conn, import_id).await?;
                Err(problem)
            }
        }
    }

    async fn store(&self, app: &App, import_id: Uuid, body: Body) -> Result<()> {
        let limit = app.config.http.max_import_bytes;
        let (mut pending, mut taken, mut seq) = (BytesMut::new(), 0_usize, 0_i32);
        let mut stream = body.into_bytes_stream();
        while let Some(bytes) = tokio::time::timeout(IDLE_LIMIT, stream.next())
            .await
            .map_err(|_| too_slow())?
        {
            let bytes =
                bytes.map_err(|error| Problem::malformed(format!("the upload broke: {error}")))?;
            taken += bytes.len();
            if taken > limit {
                return Err(Problem::new(
                    StatusCode::PAYLOAD_TOO_LARGE,
                    "payload_too_large",
                    format!("the file is larger than {limit} bytes"),
                ));
            }
            pending.extend_from_slice(&bytes);
            while pending.len() >= CHUNK_BYTES {
                self.append(app, import_id, seq, &pending.split_to(CHUNK_BYTES))
                    .await?;
                seq += 1;
            }
        }
        if taken == 0 {
            return Err(Problem::invalid_field("", "required", "the file is empty"));
        }
        if !pending.is_empty() {
            self.append(app, import_id, seq, &pending).await?;
        }
        let mut tx = app.begin().await?;
        let file_bytes = i64::try_from(taken).map_err(Problem::internal)?;
        db::finish_upload(&mut tx, import_id, file_bytes).await?;
        enqueue_import(&mut tx, import_id).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn append(&self, app: &App, import_id: Uuid, seq: i32, piece: &[u8]) -> Result<()> {
        if seq == 0 && self.format == ImportFormat::Csv {
            let (header, _) = reader::read_csv_header(piece)
                .map_err(|sentence| Problem::invalid_field("", "invalid_header", sentence))?;
            self.mapping.check_header(&header)?;
        }
        let mut conn = app.db.acquire().await?;
        db::append_chunk(&mut conn, import_id, seq, piece).await?;
        Ok(())
    }
}
