//! SQL that writes the search documents.

use sqlx::{AssertSqlSafe, PgConnection, Postgres, Row, postgres::PgArguments};
use uuid::Uuid;

use crate::{
    jobs::AdLanguage,
    search::{
        document::{Document, Source},
        tasks::Scope,
    },
};

/// Locks the refreshing of these jobs until the transaction ends, in one order,
/// so that two batches never wait for each other.
pub(in crate::search) async fn lock_jobs(
    conn: &mut PgConnection,
    job_ids: &[Uuid],
) -> sqlx::Result<()> {
    sqlx::query!(
        "select count(pg_advisory_xact_lock(hashtext('search.refresh'), key)) from (
             select distinct hashtext(id::text) as key from unnest($1::uuid[]) as id order by key
         ) t",
        job_ids
    )
    .fetch_one(conn)
    .await?;
    Ok(())
}

pub(in crate::search) async fn live_jobs(
    conn: &mut PgConnection,
    job_ids: &[Uuid],
) -> sqlx::Result<Vec<Source>> {
    sqlx::query_as!(
        Source,
        r#"select j.id as job_id, j.title, j.description, j.requirements, j.responsibilities,
                  j.benefits, j.location, j.is_remote, j.is_hybrid,
                  array_position(enum_range(null::job_type), j.job_type)::smallint as "job_type!",
                  array_position(enum_range(null::experience_level), j.experience_level)::smallint
                      as experience_level,
                  j.yearly_salary_min::real as yearly_salary_min,
                  j.yearly_salary_max::real as yearly_salary_max,
                  j.salary_currency, j.language as "language: AdLanguage", j.published_at as "published_at!", j.expires_at,
                  c.name as company, c.ordinal as company_ordinal,
                  category.name as "category?",
                  array(
                      with recursive up (id, parent_id, ordinal, depth) as (
                          select id, parent_id, ordinal, 1 from categories where id = j.category_id
                          union all
                          select above.id, above.parent_id, above.ordinal, depth + 1
                          from up join categories above on above.id = up.parent_id
                          where depth < 20
                      )
                      select ordinal from up order by depth
                  ) as "category_path!",
                  array(
                      select s.name from job_skills js join skills s on s.id = js.skill_id
                      where js.job_id = j.id
                      order by js.is_required desc, s.popularity_score desc, s.name
                      limit 100
                  ) as "skills!",
                  array(
                      select s.ordinal from job_skills js join skills s on s.id = js.skill_id
                      where js.job_id = j.id
                      order by js.is_required desc, s.popularity_score desc, s.name
                      limit 100
                  ) as "skill_ordinals!"
           from jobs j
           join companies c on c.id = j.company_id
           left join categories category on category.id = j.category_id
           where j.id = any($1) and is_live(j, (select app_now()))
           order by j.id"#,
        job_ids
    )
    .fetch_all(conn)
    .await
}

/// Removes the documents of `job_ids` that are not in `live`.
pub(in crate::search) async fn remove_others(
    conn: &mut PgConnection,
    job_ids: &[Uuid],
    live: &[Uuid],
) -> sqlx::Result<u64> {
    let done = sqlx::query!(
        "delete from job_search_documents where job_id = any($1) and job_id <> all($2)",
        job_ids,
        live
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// `select` of the rows that documents become: the columns of the table in its
/// order. What `title_vec` has of the title stands in it a second time, marked. `vec` has
/// the marks of `lexemes.rs` for what is in title, skills and company, and `neighbours`
/// for what stands side by side: one index finds by them, without reading any row,
/// what has its words where.
const STEMMED: &str = "
    select job_id, published_at, expires_at, job_type, experience_level, is_remote,
           category_ordinal, company_ordinal, yearly_salary_min, yearly_salary_max,
           salary_currency, lats, lons, quality, language,
           title || names || array_to_tsvector(title_marks) as title_vec, tokens,
           whole || array_to_tsvector(title_marks || array(
               select '=' || lexeme from unnest(names)
           ) || array(
               select '~' || left(encode(sha256(convert_to(
                          lexeme || ' ' || next || ' ' || gap, 'UTF8')), 'hex'), 4)
               from (
                   select lexeme, lead(lexeme) over by_place as next,
                          lead(place) over by_place - place as gap
                   from unnest(whole) as u (lexeme, places, weights), unnest(places) as place
                   window by_place as (order by place, lexeme)
               ) neighbours
               where gap between 1 and 4
           )) as vec
    from (
        select *,
               title || names || setweight(to_tsvector(language, place), 'C')
                   || setweight(to_tsvector(language, body), 'D') as whole,
               array(select '^' || lexeme from unnest(title)) as title_marks
        from (
            select *,
                   setweight(to_tsvector(language, title_words), 'A') as title,
                   setweight(to_tsvector(language, skills), 'B')
                       || setweight(to_tsvector(language, company), 'C') as names
            from (
                select *, language_name::regconfig as language,
                       token_text::integer[] as tokens,
                       lat_text::real[] as lats, lon_text::real[] as lons
                from unnest(
                    $1::uuid[], $2::timestamptz[], $3::timestamptz[], $4::smallint[],
                    $5::smallint[], $6::boolean[], $7::integer[], $8::integer[], $9::real[],
                    $10::real[], $11::text[], $12::text[], $13::text[], $14::real[],
                    $15::text[], $16::text[], $17::text[], $18::text[], $19::text[],
                    $20::text[], $21::text[]
                ) as given (
                    job_id, published_at, expires_at, job_type, experience_level, is_remote,
                    category_ordinal, company_ordinal, yearly_salary_min, yearly_salary_max,
                    salary_currency, lat_text, lon_text, quality, language_name, token_text,
                    title_words, skills, company, place, body)
            ) read
        ) titled
    ) stemmed";

/// Writes documents; one that is the same already is left alone, for a rewrite
/// costs every index entry of its words.
pub(in crate::search) async fn upsert(
    conn: &mut PgConnection,
    documents: &[Document],
) -> sqlx::Result<Written> {
    let mut written = Written::default();
    if documents.is_empty() {
        return Ok(written);
    }
    let statement = format!(
        "insert into job_search_documents as d (
             job_id, published_at, expires_at, job_type, experience_level, is_remote,
             category_ordinal, company_ordinal, yearly_salary_min, yearly_salary_max,
             salary_currency, lats, lons, quality, language, title_vec, tokens, vec)
         {STEMMED}
         on conflict (job_id) do update set
             published_at = excluded.published_at,
             expires_at = excluded.expires_at,
             job_type = excluded.job_type,
             experience_level = excluded.experience_level,
             is_remote = excluded.is_remote,
             category_ordinal = excluded.category_ordinal,
             company_ordinal = excluded.company_ordinal,
             yearly_salary_min = excluded.yearly_salary_min,
             yearly_salary_max = excluded.yearly_salary_max,
             salary_currency = excluded.salary_currency,
             lats = excluded.lats,
             lons = excluded.lons,
             quality = excluded.quality,
             language = excluded.language,
             tokens = excluded.tokens,
             title_vec = excluded.title_vec,
             vec = excluded.vec
         where (d.*) is distinct from (excluded.*)
         returning job_id, xmax = 0"
    );
    let rows = with_documents(&statement, documents)
        .fetch_all(conn)
        .await?;
    for row in rows {
        written.documents += 1;
        // A row version that locks nothing was not there before.
        if row.try_get(1)? {
            written.new.push(row.try_get(0)?);
        }
    }
    Ok(written)
}

/// What a write of documents changed.
#[derive(Clone, Debug, Default)]
pub(in crate::search) struct Written {
    pub(in crate::search) documents: u64,
    /// The jobs that had none before.
    pub(in crate::search) new: Vec<Uuid>,
}

/// Those of the jobs whose documents are not what they should be, which is
/// `documents` and none for the rest. Of a job that expired the document may stay
/// until it is swept.
pub(in crate::search) async fn differing(
    conn: &mut PgConnection,
    job_ids: &[Uuid],
    documents: &[Document],
) -> sqlx::Result<Vec<Uuid>> {
    let live: Vec<_> = documents.iter().map(|document| document.job_id).collect();
    let mut differing = sqlx::query_scalar!(
        "select job_id from job_search_documents
         where job_id = any($1) and job_id <> all($2)
           and (expires_at is null or expires_at > app_now())",
        job_ids,
        &live
    )
    .fetch_all(&mut *conn)
    .await?;
    if !documents.is_empty() {
        let statement = format!(
            "select s.job_id from ({STEMMED}) s
             left join job_search_documents d on d.job_id = s.job_id
             where (d.*) is distinct from (s.*)"
        );
        let rows = with_documents(&statement, documents)
            .fetch_all(conn)
            .await?;
        for row in rows {
            differing.push(row.try_get(0)?);
        }
    }
    Ok(differing)
}

/// A statement over [`STEMMED`].
fn with_documents(
    statement: &str,
    documents: &[Document],
) -> sqlx::query::Query<'static, Postgres, PgArguments> {
    let column = Columns(documents);
    sqlx::query(AssertSqlSafe(statement.to_owned()))
        .bind(column.of(|d| d.job_id))
        .bind(column.of(|d| d.published_at))
        .bind(column.of(|d| d.expires_at))
        .bind(column.of(|d| d.job_type))
        .bind(column.of(|d| d.experience_level))
        .bind(column.of(|d| d.is_remote))
        .bind(column.of(|d| d.category_ordinal))
        .bind(column.of(|d| d.company_ordinal))
        .bind(column.of(|d| d.yearly_salary_min))
        .bind(column.of(|d| d.yearly_salary_max))
        .bind(column.of(|d| d.salary_currency.clone()))
        .bind(column.of(|d| array_text(d.points.iter().map(|point| point.0))))
        .bind(column.of(|d| array_text(d.points.iter().map(|point| point.1))))
        .bind(column.of(|d| d.quality))
        .bind(column.of(|d| d.language.configuration().to_owned()))
        .bind(column.of(|d| array_text(&d.tokens)))
        .bind(column.of(|d| d.title_words.clone()))
        .bind(column.of(|d| d.skill_words.clone()))
        .bind(column.of(|d| d.company_words.clone()))
        .bind(column.of(|d| d.place_words.clone()))
        .bind(column.of(|d| d.body_words.clone()))
}

/// Rows turned into the arrays that one statement unnests.
struct Columns<'a>(&'a [Document]);

impl<'a> Columns<'a> {
    fn of<T>(&self, field: impl Fn(&'a Document) -> T) -> Vec<T> {
        self.0.iter().map(field).collect()
    }
}

/// Arrays of arrays must be square in SQL, so each goes as its text.
fn array_text(numbers: impl IntoIterator<Item = impl ToString>) -> String {
    let numbers: Vec<_> = numbers
        .into_iter()
        .map(|number| number.to_string())
        .collect();
    format!("{{{}}}", numbers.join(","))
}

/// Removes up to `most` documents of jobs that have expired. One that a refresh
/// holds is left to it.
pub async fn remove_expired(conn: &mut PgConnection, most: u64) -> sqlx::Result<u64> {
    let done = sqlx::query!(
        "delete from job_search_documents where job_id in (
             select job_id from job_search_documents where expires_at <= app_now()
             order by expires_at limit $1 for update skip locked
         )",
        i64::try_from(most).unwrap_or(i64::MAX)
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// The next jobs of a scope in the order of their ids, after `after`.
pub async fn jobs_of_scope(
    conn: &mut PgConnection,
    scope: Scope,
    after: Option<Uuid>,
    most: usize,
) -> sqlx::Result<Vec<Uuid>> {
    let after = after.unwrap_or_default();
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    match scope {
        Scope::All => {
            sqlx::query_scalar!(
                "select id from jobs j
                 where id > $1 and (status = 'published'
                     or exists (select from job_search_documents d where d.job_id = j.id))
                 order by id limit $2",
                after,
                most
            )
            .fetch_all(conn)
            .await
        }
        Scope::Company(company) => {
            sqlx::query_scalar!(
                "select id from jobs where company_id = $1 and id > $2 order by id limit $3",
                company,
                after,
                most
            )
            .fetch_all(conn)
            .await
        }
        Scope::Category(category) => {
            sqlx::query_scalar!(
                "with recursive down (id) as (
                     select $1::uuid union select c.id from down join categories c on c.parent_id = down.id
                 )
                 select j.id from jobs j where category_id in (select id from down) and j.id > $2
                 order by j.id limit $3",
                category,
                after,
                most
            )
            .fetch_all(conn)
            .await
        }
        Scope::Skill(skill) => {
            sqlx::query_scalar!(
                "select job_id from job_skills where skill_id = $1 and job_id > $2
                 order by job_id limit $3",
                skill,
                after,
                most
            )
            .fetch_all(conn)
            .await
        }
    }
}
