//! Every statement on messages. Those that take an asker give only what that one may
//! see; the others are for callers who have seen that.

mod reads;
pub mod reports;

use sqlx::PgConnection;
use uuid::Uuid;

pub(super) use reads::{is_mailed_and_unread, mark_read, read_notifications, take_unmailed};

use super::{Message, Thread};
use crate::{
    Result,
    applications::{Asker, Side, db::owners},
    pagination::{Paging, Slice, Start, TimeCursor},
};

pub(super) async fn threads(
    conn: &mut PgConnection,
    asker: Asker,
    paging: &Paging,
) -> Result<Slice<Thread>> {
    let rows = select(conn, asker, None, Some(paging)).await?;
    let total = match paging.start {
        Start::Page(_) => Some(count(conn, asker).await?),
        Start::After(_) => None,
    };
    Ok(Slice::cut(rows, paging.size, total, |row| TimeCursor {
        // Threads without messages are not listed.
        at: row.last_message_at.unwrap_or_default(),
        id: row.application_id,
    }))
}

pub(super) async fn thread(
    conn: &mut PgConnection,
    asker: Asker,
    id: Uuid,
) -> Result<Option<Thread>> {
    Ok(select(conn, asker, Some(id), None).await?.pop())
}

/// One thread, whether anything was written or not, or a page of those with messages.
async fn select(
    conn: &mut PgConnection,
    asker: Asker,
    id: Option<Uuid>,
    paging: Option<&Paging>,
) -> Result<Vec<Thread>> {
    let (applicant_id, employer_id) = owners(asker);
    let cursor = paging.and_then(Paging::cursor);
    Ok(sqlx::query_as!(
        Thread,
        r#"select a.id as application_id, a.job_id, j.title as job_title,
                  c.name as company_name,
                  coalesce(btrim(f.first_name || ' ' || f.last_name), '') as "applicant_name!",
                  coalesce(t.last_number, 0) as "last_number!", t.last_message_at,
                  (select count(*) from messages m
                   where m.application_id = a.id and m.side <> $3
                     and m.number > coalesce(r.read_up_to, 0)) as "unread!",
                  coalesce(r.read_up_to, 0) as "read_up_to!",
                  coalesce(o.read_up_to, 0) as "other_read_up_to!",
                  o.read_at as "other_read_at?",
                  coalesce(case $3 when 'applicant' then t.applicant_blocked_at
                                   else t.employer_blocked_at end is not null, false)
                      as "is_blocked!"
           from applications a
           join jobs j on j.id = a.job_id
           join companies c on c.id = j.company_id
           left join freelancer_profiles f on f.user_id = a.applicant_id
           left join message_threads t on t.application_id = a.id
           left join message_reads r on r.application_id = a.id and r.user_id = $4
           left join lateral (
               select o.read_up_to, o.read_at from message_reads o
               where o.application_id = a.id and o.side <> $3
               order by o.read_up_to desc limit 1) o on true
           where ($1::uuid is null or a.applicant_id = $1)
             and ($2::uuid is null or is_job_of(j, $2, (select companies_worked_for($2))))
             and case when $5::uuid is null then t.last_number > 0 else a.id = $5 end
             and ($6::timestamptz is null or (t.last_message_at, a.id) < ($6, $7))
           order by t.last_message_at desc, a.id desc
           limit $8 offset $9"#,
        applicant_id,
        employer_id,
        asker.side() as Side,
        asker.user_id(),
        id,
        cursor.map(|cursor| cursor.at),
        cursor.map(|cursor| cursor.id),
        paging.map_or(1, Paging::limit),
        paging.map_or(0, Paging::offset),
    )
    .fetch_all(conn)
    .await?)
}

async fn count(conn: &mut PgConnection, asker: Asker) -> Result<i64> {
    let (applicant_id, employer_id) = owners(asker);
    Ok(sqlx::query_scalar!(
        r#"select count(*) as "count!"
           from message_threads t
           join applications a on a.id = t.application_id
           join jobs j on j.id = a.job_id
           where t.last_number > 0
             and ($1::uuid is null or a.applicant_id = $1)
             and ($2::uuid is null or is_job_of(j, $2, (select companies_worked_for($2))))"#,
        applicant_id,
        employer_id,
    )
    .fetch_one(conn)
    .await?)
}

pub(super) async fn list(
    conn: &mut PgConnection,
    id: Uuid,
    paging: &Paging<i64>,
) -> Result<Slice<Message, i64>> {
    let total = match paging.start {
        Start::Page(_) => Some(
            sqlx::query_scalar!(
                r#"select count(*) as "count!" from messages where application_id = $1"#,
                id,
            )
            .fetch_one(&mut *conn)
            .await?,
        ),
        Start::After(_) => None,
    };
    let rows = read(
        conn,
        id,
        None,
        paging.cursor().copied(),
        paging.limit(),
        paging.offset(),
    )
    .await?;
    Ok(Slice::cut(rows, paging.size, total, |row| row.number))
}

pub(super) async fn get(
    conn: &mut PgConnection,
    id: Uuid,
    message_id: Uuid,
) -> Result<Option<Message>> {
    Ok(read(conn, id, Some(message_id), None, 1, 0).await?.pop())
}

async fn read(
    conn: &mut PgConnection,
    id: Uuid,
    message_id: Option<Uuid>,
    before: Option<i64>,
    limit: i64,
    offset: i64,
) -> Result<Vec<Message>> {
    Ok(sqlx::query_as!(
        Message,
        r#"select m.id, m.application_id, m.number, m.side as "side: Side", m.sender_id,
                  coalesce(btrim(e.first_name || ' ' || e.last_name),
                           btrim(f.first_name || ' ' || f.last_name), '') as "sender_name!",
                  case when m.removed_at is null then m.body else '' end as "body!",
                  m.removed_at is not null as "is_removed!", m.created_at
           from messages m
           left join employer_profiles e on e.user_id = m.sender_id
           left join freelancer_profiles f on f.user_id = m.sender_id
           where m.application_id = $1
             and ($2::uuid is null or m.id = $2)
             and ($3::int8 is null or m.number < $3)
           order by m.number desc
           limit $4 offset $5"#,
        id,
        message_id,
        before,
        limit,
        offset,
    )
    .fetch_all(conn)
    .await?)
}

/// A thread whose next message the transaction is about to write.
pub(super) struct Standing {
    pub(super) number: i64,
    applicant_blocked: bool,
    employer_blocked: bool,
}

impl Standing {
    pub(super) fn is_blocked_by(&self, side: Side) -> bool {
        match side {
            Side::Applicant => self.applicant_blocked,
            Side::Employer => self.employer_blocked,
        }
    }
}

/// Takes the next number. Nobody else writes or blocks before the transaction ends.
pub(super) async fn next_number(conn: &mut PgConnection, id: Uuid) -> Result<Standing> {
    Ok(sqlx::query_as!(
        Standing,
        r#"insert into message_threads as t (application_id, last_number, last_message_at)
           values ($1, 1, app_now())
           on conflict (application_id) do update
           set last_number = t.last_number + 1, last_message_at = excluded.last_message_at
           returning last_number as number, applicant_blocked_at is not null as "applicant_blocked!",
                     employer_blocked_at is not null as "employer_blocked!""#,
        id,
    )
    .fetch_one(conn)
    .await?)
}

pub(super) async fn insert(
    conn: &mut PgConnection,
    id: Uuid,
    number: i64,
    asker: Asker,
    body: &str,
) -> Result<Uuid> {
    Ok(sqlx::query_scalar!(
        "insert into messages (application_id, number, side, sender_id, body)
         values ($1, $2, $3, $4, $5)
         returning id",
        id,
        number,
        asker.side() as Side,
        asker.user_id(),
        body,
    )
    .fetch_one(conn)
    .await?)
}

/// The seconds until this account has written fewer than `most` messages within 24
/// hours; none, if that is so now.
pub(super) async fn full_for(
    conn: &mut PgConnection,
    user_id: Uuid,
    most: u32,
) -> Result<Option<f64>> {
    Ok(sqlx::query_scalar!(
        r#"select extract(epoch from created_at + interval '1 day' - app_now())::float8
                      as "seconds!"
           from messages
           where sender_id = $1 and created_at > app_now() - interval '1 day'
           order by created_at desc
           limit 1 offset $2"#,
        user_id,
        i64::from(most.max(1)) - 1,
    )
    .fetch_optional(conn)
    .await?)
}

/// The account, if it is active.
pub(super) async fn active(conn: &mut PgConnection, user_id: Uuid) -> Result<Vec<Uuid>> {
    Ok(
        sqlx::query_scalar!("select id from users where id = $1 and is_active", user_id)
            .fetch_all(conn)
            .await?,
    )
}

/// The accounts of the employer's side that are told of a message, in their order.
pub(super) async fn employer_readers(conn: &mut PgConnection, id: Uuid) -> Result<Vec<Uuid>> {
    Ok(sqlx::query_scalar!(
        r#"select t.user_id as "user_id!"
           from applications a
           join jobs j on j.id = a.job_id
           cross join employers_told(j, array(
               select m.sender_id from messages m
               where m.application_id = a.id and m.side = 'employer')) t
           where a.id = $1
           order by t.user_id"#,
        id,
    )
    .fetch_all(conn)
    .await?)
}

pub(super) async fn set_blocked(
    conn: &mut PgConnection,
    id: Uuid,
    side: Side,
    is_blocked: bool,
) -> Result<()> {
    sqlx::query!(
        "insert into message_threads as t (application_id, applicant_blocked_at, employer_blocked_at)
         values ($1, case when $2 = 'applicant'::message_side and $3 then app_now() end,
                 case when $2 = 'employer'::message_side and $3 then app_now() end)
         on conflict (application_id) do update
         set applicant_blocked_at = case when $2 <> 'applicant' then t.applicant_blocked_at
                 when $3 then coalesce(t.applicant_blocked_at, excluded.applicant_blocked_at) end,
             employer_blocked_at = case when $2 <> 'employer' then t.employer_blocked_at
                 when $3 then coalesce(t.employer_blocked_at, excluded.employer_blocked_at) end",
        id,
        side as Side,
        is_blocked,
    )
    .execute(conn)
    .await?;
    Ok(())
}
