//! Real ads as live jobs, and the job that comes new.

use std::path::Path;

use jobboard_shared::search;
use serde_json::Value;
use sqlx::PgPool;
use uuid::Uuid;

use crate::Result;

pub(super) struct Ad {
    pub(super) title: String,
    description: String,
    pub(super) location: String,
}

/// A word that no real ad has, by which searches are made to match the new job.
pub(super) const NEW_WORD: &str = "zymurgist";

pub(super) fn read(data: &Path) -> Result<Vec<Ad>> {
    let mut ads = Vec::new();
    for line in std::fs::read_to_string(data.join("jobs/remote_ads.ndjson"))?.lines() {
        let ad: Value = serde_json::from_str(line)?;
        let of = |name: &str, most: usize| -> String {
            let text = ad[name].as_str().unwrap_or_default().trim();
            text.chars().filter(|c| *c != '\0').take(most).collect()
        };
        ads.push(Ad {
            title: of("title", 200),
            description: of("description", 20_000),
            location: of("location", 200),
        });
    }
    Ok(ads.into_iter().filter(|ad| !ad.title.is_empty()).collect())
}

pub(super) async fn publish(db: &PgPool, ads: &[Ad]) -> Result<()> {
    sqlx::query("insert into companies (name, slug) values ('Acme', 'acme')")
        .execute(db)
        .await?;
    let mut ids = Vec::new();
    for ad in ads {
        ids.push(insert(db, &ad.title, ad, "1 hour").await?);
    }
    for ids in ids.chunks(100) {
        refresh(db, ids).await?;
    }
    Ok(())
}

/// An ad of average length under a title of its own, newer than all others.
pub(super) async fn publish_new(db: &PgPool, ads: &[Ad]) -> Result<Uuid> {
    let mut lengths: Vec<_> = ads.iter().collect();
    lengths.sort_by_key(|ad| ad.description.len());
    let id = insert(
        db,
        &format!("Senior {NEW_WORD}"),
        lengths[lengths.len() / 2],
        "0",
    )
    .await?;
    refresh(db, &[id]).await?;
    Ok(id)
}

async fn insert(db: &PgPool, title: &str, ad: &Ad, age: &str) -> Result<Uuid> {
    Ok(sqlx::query_scalar(
        "insert into jobs (company_id, title, description, location, is_remote, status, published_at)
         select id, $1, $2, $3, $3 ilike '%remote%', 'published', app_now() - $4::interval
         from companies where slug = 'acme' returning id",
    )
    .bind(title)
    .bind(&ad.description)
    .bind(&ad.location)
    .bind(age)
    .fetch_one(db)
    .await?)
}

async fn refresh(db: &PgPool, ids: &[Uuid]) -> Result<()> {
    let mut tx = db.begin().await?;
    search::refresh(&mut tx, ids).await?;
    Ok(tx.commit().await?)
}
