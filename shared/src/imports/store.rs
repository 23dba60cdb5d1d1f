//! Stores a batch of rows: which are new, which changed, which are there already.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::{DateTime, Utc};
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

use super::{
    Checkpoint, RowOutcome,
    db::{
        RowResult,
        jobs::{self, ResolvedJob},
    },
    reader::RawRow,
    room::Room,
    row::ImportedJob,
};
use crate::{
    Error, FieldError, Result, categories, companies, employers::CompanyRole, jobs as posted,
    search, skills,
};

/// A row that could be read.
struct ReadRow {
    line: i32,
    identity: [u8; 32],
    fingerprint: [u8; 32],
    ad: ImportedJob,
}

/// Stores the rows in the caller's transaction and tells what became of each, in
/// their order. A row that the database refuses for a reason that no rule here
/// foresaw costs itself alone.
pub async fn store_rows(
    conn: &mut PgConnection,
    import_id: Uuid,
    import: &Checkpoint,
    rows: &[RawRow],
    now: DateTime<Utc>,
) -> Result<Vec<RowResult>> {
    let mut savepoint = conn.begin().await?;
    match store_batch(
        &mut savepoint,
        import_id,
        import,
        (rows, &HashSet::new()),
        now,
    )
    .await
    {
        Ok(results) => {
            savepoint.commit().await?;
            return Ok(results);
        }
        Err(error) if refused_by_data(&error) => savepoint.rollback().await?,
        Err(error) => return Err(error),
    }
    let mut results = Vec::with_capacity(rows.len());
    let mut earlier = HashSet::new();
    for row in rows {
        let mut savepoint = conn.begin().await?;
        let one = std::slice::from_ref(row);
        let stored = store_batch(&mut savepoint, import_id, import, (one, &earlier), now).await;
        let result = match stored {
            Ok(mut stored) if stored.len() == 1 => {
                savepoint.commit().await?;
                stored.remove(0)
            }
            Err(error) if !refused_by_data(&error) => return Err(error),
            Ok(_) | Err(_) => {
                savepoint.rollback().await?;
                failed(
                    row.line,
                    vec![FieldError::new(
                        "",
                        "refused",
                        "the database refuses this row",
                    )],
                )
            }
        };
        earlier.extend(result.identity);
        results.push(result);
    }
    Ok(results)
}

/// True for what another row would not meet: bad data, not a bad connection.
fn refused_by_data(error: &Error) -> bool {
    match error {
        // Classes 22 (data exception) and 23 (integrity constraint violation).
        Error::Database(error) => error
            .as_database_error()
            .and_then(|e| e.code())
            .is_some_and(|code| code.starts_with("22") || code.starts_with("23")),
        _ => true,
    }
}

/// `earlier`: identities of rows before these that are not recorded yet.
async fn store_batch(
    conn: &mut PgConnection,
    import_id: Uuid,
    import: &Checkpoint,
    (rows, earlier): (&[RawRow], &HashSet<[u8; 32]>),
    now: DateTime<Utc>,
) -> Result<Vec<RowResult>> {
    let mut results: Vec<Option<RowResult>> = Vec::with_capacity(rows.len());
    let mut read: Vec<(usize, ReadRow)> = Vec::with_capacity(rows.len());
    for (index, row) in rows.iter().enumerate() {
        let parsed = row
            .columns
            .as_ref()
            .map_err(Clone::clone)
            .and_then(|columns| ImportedJob::parse(columns, &import.mapping, &import.source, now));
        results.push(match parsed {
            Ok(ad) => {
                let (identity, fingerprint) = (ad.identity(), ad.fingerprint());
                read.push((
                    index,
                    ReadRow {
                        line: row.line,
                        identity,
                        fingerprint,
                        ad,
                    },
                ));
                None
            }
            Err(errors) => Some(failed(row.line, errors)),
        });
    }

    let identities: Vec<Vec<u8>> = read.iter().map(|(_, row)| row.identity.to_vec()).collect();
    let mut seen: HashSet<Vec<u8>> = jobs::seen_identities(conn, import_id, &identities)
        .await?
        .into_iter()
        .chain(earlier.iter().map(|identity| identity.to_vec()))
        .collect();
    let known: HashMap<Vec<u8>, (Uuid, Option<Vec<u8>>)> =
        jobs::known_jobs(conn, import.user_id, &identities)
            .await?
            .into_iter()
            .map(|job| (job.identity, (job.id, job.fingerprint)))
            .collect();
    let companies = references::companies(conn, import, &read).await?;
    let categories = references::categories(conn, &read).await?;
    let skills = references::skills(conn, &read).await?;

    // Administrators, who have no employer's profile, import without limit.
    let mut room = match import.employer_id {
        Some(_) => Some(Room::load(conn).await?),
        None => None,
    };
    let mut changes = Changes::default();
    for (index, row) in &read {
        let earlier = known.get(row.identity.as_slice());
        let company = companies.get(&row.ad.company);
        let result = |outcome, job_id| RowResult {
            line: row.line,
            outcome,
            identity: Some(row.identity),
            job_id,
            errors: Vec::new(),
        };
        let is_new = earlier.is_none() && !seen.contains(row.identity.as_slice());
        let has_room = match (&mut room, company) {
            (Some(room), Some(Ok(company))) if is_new => {
                room.take(conn, company.employer_id).await?
            }
            _ => true,
        };
        let outcome = match (company, earlier) {
            _ if !has_room => failed(
                row.line,
                vec![FieldError::new(
                    "",
                    "max_active_jobs_per_employer",
                    "an employer cannot have more published jobs",
                )],
            ),
            _ if seen.contains(row.identity.as_slice()) => {
                result(RowOutcome::Duplicate, earlier.map(|(id, _)| *id))
            }
            (_, Some((id, fingerprint)))
                if fingerprint.as_deref() == Some(row.fingerprint.as_slice()) =>
            {
                seen.insert(row.identity.to_vec());
                result(RowOutcome::Duplicate, Some(*id))
            }
            (Some(Ok(company)), earlier) => {
                seen.insert(row.identity.to_vec());
                let job = ResolvedJob {
                    id: earlier.map_or_else(Uuid::now_v7, |(id, _)| *id),
                    identity: row.identity,
                    fingerprint: row.fingerprint,
                    company_id: company.id,
                    employer_id: company.employer_id,
                    category_id: row
                        .ad
                        .category
                        .as_ref()
                        .and_then(|c| categories.get(c).copied()),
                    skill_ids: row
                        .ad
                        .skills
                        .iter()
                        .filter_map(|s| skills.get(s).copied())
                        .collect(),
                    ad: &row.ad,
                };
                let outcome = if earlier.is_some() {
                    RowOutcome::Updated
                } else {
                    RowOutcome::Created
                };
                let result = result(outcome, Some(job.id));
                changes.push(job, outcome);
                result
            }
            (Some(Err(error)), _) => failed(row.line, vec![error.clone()]),
            (None, _) => failed(
                row.line,
                vec![FieldError::new(
                    "company",
                    "unknown_company",
                    "the company is not known",
                )],
            ),
        };
        results[*index] = Some(outcome);
    }
    let mut results: Vec<RowResult> = results.into_iter().flatten().collect();
    let lost = changes.write(conn, import).await?;
    for result in &mut results {
        if result.job_id.is_some_and(|id| lost.contains(&id)) {
            (result.outcome, result.job_id) = (RowOutcome::Duplicate, None);
        }
    }
    Ok(results)
}

#[derive(Default)]
struct Changes<'a> {
    created: Vec<ResolvedJob<'a>>,
    updated: Vec<ResolvedJob<'a>>,
}

impl<'a> Changes<'a> {
    fn push(&mut self, job: ResolvedJob<'a>, outcome: RowOutcome) {
        if outcome == RowOutcome::Created {
            self.created.push(job);
        } else {
            self.updated.push(job);
        }
    }

    /// Answers the ids of the jobs that another import of the account wrote first.
    async fn write(
        mut self,
        conn: &mut PgConnection,
        import: &Checkpoint,
    ) -> Result<HashSet<Uuid>> {
        let inserted: HashSet<Uuid> = jobs::insert(conn, import.user_id, &self.created)
            .await?
            .into_iter()
            .collect();
        let lost = self
            .created
            .iter()
            .map(|job| job.id)
            .filter(|id| !inserted.contains(id));
        let lost = lost.collect();
        let made: Vec<Uuid> = inserted.iter().copied().collect();
        posted::db::moves::insert_imported(conn, import.user_id, &made).await?;
        self.created.retain(|job| inserted.contains(&job.id));
        jobs::update(conn, import.user_id, &self.updated).await?;
        let all: Vec<ResolvedJob<'_>> = self.created.into_iter().chain(self.updated).collect();
        jobs::replace_skills(conn, &all).await?;
        let ids: Vec<Uuid> = all.iter().map(|job| job.id).collect();
        search::tasks::enqueue_refresh(conn, &ids).await?;
        Ok(lost)
    }
}

fn failed(line: i32, errors: Vec<FieldError>) -> RowResult {
    RowResult {
        line,
        outcome: RowOutcome::Failed,
        identity: None,
        job_id: None,
        errors,
    }
}

/// What rows name by name.
mod references {
    use super::{
        BTreeMap, BTreeSet, Checkpoint, CompanyRole, Error, FieldError, PgConnection, ReadRow,
        Result, Uuid, categories as tree, companies as firms, skills as known_skills,
    };

    type Companies = BTreeMap<String, Result<firms::CompanyKey, FieldError>>;

    /// An employer's rows may name their own companies and new ones; an admin's all.
    pub(super) async fn companies(
        conn: &mut PgConnection,
        import: &Checkpoint,
        rows: &[(usize, ReadRow)],
    ) -> Result<Companies> {
        // Sorted, so that two imports at once create companies in one order.
        let names: BTreeSet<&String> = rows.iter().map(|(_, row)| &row.ad.company).collect();
        let mut found = Companies::new();
        for name in names {
            let company = match firms::resolve_or_create(conn, import.employer_id, name).await {
                Ok(company) if !may_post(conn, import.employer_id, &company).await? => {
                    Err(FieldError::new(
                        "company",
                        "company_not_yours",
                        format!("the company {name:?} is not one of yours"),
                    ))
                }
                Ok(company) => Ok(company),
                Err(Error::Invalid(mut errors)) if !errors.is_empty() => Err(errors.remove(0)),
                Err(error) => return Err(error),
            };
            found.insert(name.clone(), company);
        }
        Ok(found)
    }

    /// Administrators, who have no employer's profile, post for every company.
    async fn may_post(
        conn: &mut PgConnection,
        employer_id: Option<Uuid>,
        company: &firms::CompanyKey,
    ) -> Result<bool> {
        let Some(employer_id) = employer_id else {
            return Ok(true);
        };
        let role = firms::db::role(conn, company.id, employer_id).await?;
        Ok(role.is_some_and(|role| role.reaches(CompanyRole::Recruiter)))
    }

    pub(super) async fn categories(
        conn: &mut PgConnection,
        rows: &[(usize, ReadRow)],
    ) -> Result<BTreeMap<String, Uuid>> {
        let names: BTreeSet<&String> = rows
            .iter()
            .filter_map(|(_, row)| row.ad.category.as_ref())
            .collect();
        let mut found = BTreeMap::new();
        for name in names {
            if let Some(id) = tree::db::find(conn, name).await? {
                found.insert(name.clone(), id);
            }
        }
        Ok(found)
    }

    pub(super) async fn skills(
        conn: &mut PgConnection,
        rows: &[(usize, ReadRow)],
    ) -> Result<BTreeMap<String, Uuid>> {
        let names: BTreeSet<&String> = rows.iter().flat_map(|(_, row)| &row.ad.skills).collect();
        let slugs: BTreeMap<&String, String> = names
            .into_iter()
            .map(|name| (name, crate::slug::slug(name)))
            .filter(|(_, slug)| !slug.is_empty() && slug.chars().count() <= 100)
            .collect();
        let mut by_slug: BTreeMap<String, String> = BTreeMap::new();
        for (name, slug) in &slugs {
            by_slug
                .entry(slug.clone())
                .or_insert_with(|| (*name).clone());
        }
        let (wanted, labels): (Vec<String>, Vec<String>) = by_slug.into_iter().unzip();
        let ids: BTreeMap<String, Uuid> =
            known_skills::db::find_or_create(conn, &[], &wanted, &labels)
                .await?
                .into_iter()
                .map(|skill| (skill.slug, skill.id))
                .collect();
        Ok(slugs
            .into_iter()
            .filter_map(|(name, slug)| ids.get(&slug).map(|id| (name.clone(), *id)))
            .collect())
    }
}
