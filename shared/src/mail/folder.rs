//! The outbox folder: one `.eml` file per mail.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::Path,
};

use uuid::Uuid;

/// Makes the folder where it is missing, for ourselves alone: mails carry links
/// that reset passwords.
pub(super) fn create(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Writes the mail, for ourselves alone, beside its final name, flushes it to disk and renames it, so
/// that a reader never sees half a mail.
pub(super) async fn write(folder: &Path, id: Uuid, mail: Vec<u8>) -> io::Result<()> {
    let folder = folder.to_owned();
    tokio::task::spawn_blocking(move || {
        // A name of its own: another attempt may be writing the same mail.
        let draft = folder.join(format!(".{id}.{}", Uuid::new_v4().simple()));
        let opened = OpenOptions::new()
            .create_new(true)
            .write(true)
            .mode(0o600)
            .open(&draft);
        let written = opened.and_then(|mut file| {
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
