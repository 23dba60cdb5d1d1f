//! The outbox folder: one `.eml` file per mail.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::Path,
};

use uuid::Uuid;

/// Writes the mail beside its final name, flushes it to disk and renames it, so
/// that a reader never sees half a mail.
pub(super) async fn write(folder: &Path, id: Uuid, mail: Vec<u8>) -> io::Result<()> {
    let folder = folder.to_owned();
    tokio::task::spawn_blocking(move || {
        // A name of its own: another attempt may be writing the same mail.
        let draft = folder.join(format!(".{id}.{}", Uuid::new_v4().simple()));
        let written = File::create_new(&draft).and_then(|mut file| {
            file.write_all(&mail)?;
            file.sync_all()?;
            fs::rename(&draft, folder.join(format!("{id}.eml")))?;
            File::open(&folder)?.sync_all()
        });
        if written.is_err() {
            // Best effort: what failed is reported, the draft is litter.
            let _ = fs::remove_file(&draft);
        }
        written
    })
    .await
    .map_err(io::Error::other)?
}
