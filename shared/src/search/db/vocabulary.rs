//! SQL that keeps the words and names of live jobs.

use std::time::Duration;

use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    plain_text::plain_text,
    search::{
        lexicon,
        suggest::{Suggestion, SuggestionKind},
        vocabulary::{Offer, Span, Word},
    },
};

/// What a batch of live jobs is called.
#[derive(Clone, Debug, Default)]
pub(in crate::search) struct JobNames {
    /// In their order.
    pub(in crate::search) ids: Vec<Uuid>,
    pub(in crate::search) names: Vec<(SuggestionKind, String, u32)>,
}

/// The live jobs after `after` in the order of ids.
pub(in crate::search) async fn job_names(
    conn: &mut PgConnection,
    after: Uuid,
    most: usize,
) -> sqlx::Result<JobNames> {
    let jobs = sqlx::query!(
        "select j.id, j.title, j.location, c.name as company
         from jobs j join companies c on c.id = j.company_id
         where j.id > $1 and is_live(j, (select app_now()))
         order by j.id limit $2",
        after,
        i64::try_from(most).unwrap_or(i64::MAX)
    )
    .fetch_all(&mut *conn)
    .await?;
    let mut batch = JobNames::default();
    let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    for job in jobs {
        batch.ids.push(job.id);
        let title = one_line(&plain_text(&job.title));
        batch.names.push((SuggestionKind::Title, title, 1));
        batch
            .names
            .push((SuggestionKind::Company, one_line(&job.company), 1));
        batch
            .names
            .push((SuggestionKind::Place, one_line(&job.location), 1));
    }
    let skills = sqlx::query!(
        r#"select s.name, count(*) as "jobs!"
           from job_skills js join skills s on s.id = js.skill_id
           where js.job_id = any($1)
           group by s.name"#,
        &batch.ids
    )
    .fetch_all(conn)
    .await?;
    for skill in skills {
        let jobs = u32::try_from(skill.jobs).unwrap_or(u32::MAX);
        batch
            .names
            .push((SuggestionKind::Skill, one_line(&skill.name), jobs));
    }
    batch.names.retain(|(_, name, _)| !name.is_empty());
    Ok(batch)
}

/// Makes the words of a span these. Gives how many rows that changed.
pub(in crate::search) async fn put_words(
    conn: &mut PgConnection,
    words: &[Word],
    (low, high): Span<'_>,
) -> sqlx::Result<u64> {
    let keys: Vec<String> = words
        .iter()
        .map(|word| {
            let keys: Vec<_> = lexicon::keys(&word.word)
                .iter()
                .map(i32::to_string)
                .collect();
            format!("{{{}}}", keys.join(","))
        })
        .collect();
    let of = |field: fn(&Word) -> &String| -> Vec<String> {
        words.iter().map(|word| field(word).clone()).collect()
    };
    let jobs: Vec<i32> = words.iter().map(|word| word.jobs).collect();
    let changed = sqlx::query_scalar!(
        r#"with now as (
               select word collate "C" as word, written, jobs, keys::int[] as keys
               from unnest($3::text[], $4::text[], $5::int[], $6::text[])
                    as now (word, written, jobs, keys)
           ), gone as (
               delete from search_words w
               where w.word >= $1 and ($2::text is null or w.word < $2)
                 and not exists (select from now where now.word = w.word)
               returning 1
           ), put as (
               insert into search_words as w (word, written, jobs, keys)
               select * from now
               on conflict (word) do update
                   set written = excluded.written, jobs = excluded.jobs, keys = excluded.keys
                   where (w.written, w.jobs, w.keys)
                       is distinct from (excluded.written, excluded.jobs, excluded.keys)
               returning 1
           )
           select (select count(*) from gone) + (select count(*) from put) as "changed!""#,
        low,
        high,
        &of(|word| &word.word),
        &of(|word| &word.written),
        &jobs,
        &keys
    )
    .fetch_one(conn)
    .await?;
    Ok(changed.unsigned_abs())
}

/// The same of pairs of words.
pub(in crate::search) async fn put_pairs(
    conn: &mut PgConnection,
    pairs: &[(String, i32)],
    (low, high): Span<'_>,
) -> sqlx::Result<u64> {
    let (words, jobs): (Vec<String>, Vec<i32>) = pairs.iter().cloned().unzip();
    let changed = sqlx::query_scalar!(
        r#"with now as (
               select words collate "C" as words, jobs
               from unnest($3::text[], $4::int[]) as now (words, jobs)
           ), gone as (
               delete from search_word_pairs p
               where p.words >= $1 and ($2::text is null or p.words < $2)
                 and not exists (select from now where now.words = p.words)
               returning 1
           ), put as (
               insert into search_word_pairs as p (words, jobs)
               select * from now
               on conflict (words) do update set jobs = excluded.jobs
                   where p.jobs <> excluded.jobs
               returning 1
           )
           select (select count(*) from gone) + (select count(*) from put) as "changed!""#,
        low,
        high,
        &words,
        &jobs
    )
    .fetch_one(conn)
    .await?;
    Ok(changed.unsigned_abs())
}

/// The same of suggestions.
pub(in crate::search) async fn put_offers(
    conn: &mut PgConnection,
    offers: &[Offer],
    (low, high): Span<'_>,
) -> sqlx::Result<u64> {
    let of = |field: fn(&Offer) -> &str| -> Vec<String> {
        offers.iter().map(|offer| field(offer).to_owned()).collect()
    };
    let weights: Vec<f32> = offers.iter().map(|offer| offer.weight).collect();
    let changed = sqlx::query_scalar!(
        r#"with now as (
               select beginning collate "C" as beginning, kind, text, weight
               from unnest($3::text[], $4::text[], $5::text[], $6::real[])
                    as now (beginning, kind, text, weight)
           ), gone as (
               delete from search_suggestions s
               where s.beginning >= $1 and ($2::text is null or s.beginning < $2)
                 and not exists (
                     select from now
                     where now.beginning = s.beginning and now.kind = s.kind and now.text = s.text)
               returning 1
           ), put as (
               insert into search_suggestions as s (beginning, kind, text, weight)
               select * from now
               on conflict (beginning, kind, text) do update set weight = excluded.weight
                   where s.weight <> excluded.weight
               returning 1
           )
           select (select count(*) from gone) + (select count(*) from put) as "changed!""#,
        low,
        high,
        &of(|offer| &offer.beginning),
        &of(|offer| offer.kind.name()),
        &of(|offer| &offer.text),
        &weights
    )
    .fetch_one(conn)
    .await?;
    Ok(changed.unsigned_abs())
}

/// The same of beginnings whose best were worked out.
pub(in crate::search) async fn put_beginnings(
    conn: &mut PgConnection,
    best: &[(String, Vec<Suggestion>)],
    (low, high): Span<'_>,
) -> sqlx::Result<u64> {
    let beginnings: Vec<String> = best
        .iter()
        .map(|(beginning, _)| beginning.clone())
        .collect();
    // One row for each of the ten: arrays of arrays must be square in SQL.
    let (mut of, mut kinds, mut texts) = (vec![], vec![], vec![]);
    for (beginning, suggestions) in best {
        for suggestion in suggestions {
            of.push(beginning.clone());
            kinds.push(suggestion.kind.name().to_owned());
            texts.push(suggestion.text.clone());
        }
    }
    let changed = sqlx::query_scalar!(
        r#"with now as (
               select beginning collate "C" as beginning,
                      array_agg(kind order by place) as kinds,
                      array_agg(text order by place) as texts
               from unnest($4::text[], $5::text[], $6::text[])
                    with ordinality as now (beginning, kind, text, place)
               group by beginning
           ), gone as (
               delete from search_beginnings b
               where b.beginning >= $1 and ($2::text is null or b.beginning < $2)
                 and b.beginning <> all($3)
               returning 1
           ), put as (
               insert into search_beginnings as b (beginning, kinds, texts)
               select * from now
               on conflict (beginning) do update
                   set kinds = excluded.kinds, texts = excluded.texts
                   where (b.kinds, b.texts) is distinct from (excluded.kinds, excluded.texts)
               returning 1
           )
           select (select count(*) from gone) + (select count(*) from put) as "changed!""#,
        low,
        high,
        &beginnings,
        &of,
        &kinds,
        &texts
    )
    .fetch_one(conn)
    .await?;
    Ok(changed.unsigned_abs())
}

/// How many seconds ago the last build ended, and how many it took.
pub(in crate::search) async fn last_build(
    conn: &mut PgConnection,
) -> sqlx::Result<Option<(f64, f64)>> {
    let row = sqlx::query!(
        r#"select extract(epoch from app_now() - ended_at)::float8 as "age!", seconds
           from search_vocabulary_builds"#
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| (row.age, row.seconds)))
}

pub(in crate::search) async fn record_build(
    conn: &mut PgConnection,
    took: Duration,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into search_vocabulary_builds (ended_at, seconds) values (app_now(), $1)
         on conflict (id) do update set ended_at = excluded.ended_at, seconds = excluded.seconds",
        took.as_secs_f64()
    )
    .execute(conn)
    .await?;
    Ok(())
}
