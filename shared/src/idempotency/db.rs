//! SQL of keys and their answers.

use sqlx::{PgConnection, postgres::types::PgInterval, types::Json};
use uuid::Uuid;

use super::{Answer, Claim, Found, HELD_FOR, Header, KEPT_FOR, Key};
use crate::Result;

/// Claims a key, or tells why it cannot be claimed. Never waits for another
/// request: outside of a transaction.
pub async fn claim(conn: &mut PgConnection, key: &Key, fingerprint: &[u8; 32]) -> Result<Found> {
    let claim = Claim {
        key: key.clone(),
        attempt: Uuid::new_v4(),
    };
    // Twice, because what is in the way may vanish after the first look.
    for _ in 0..2 {
        if insert(conn, &claim, fingerprint).await? {
            return Ok(Found::Claimed(claim));
        }
        let Some(row) = find(conn, key).await? else {
            continue;
        };
        if row.is_over || (row.state == "running" && row.is_late && row.fingerprint == fingerprint)
        {
            return Ok(
                match take_over(conn, &claim, fingerprint, row.attempt).await? {
                    true => Found::Claimed(claim),
                    false => Found::Running,
                },
            );
        }
        if row.fingerprint != fingerprint {
            return Ok(Found::Different);
        }
        return Ok(match (row.answer, row.state == "applied" && row.is_late) {
            (Some(answer), _) => Found::Answered(answer),
            (None, true) => Found::AnswerLost,
            (None, false) => Found::Running,
        });
    }
    Ok(Found::Running)
}

async fn insert(conn: &mut PgConnection, claim: &Claim, fingerprint: &[u8; 32]) -> Result<bool> {
    let inserted = sqlx::query!(
        "insert into idempotency_keys (owner_id, key_hash, fingerprint, attempt, held_until, expires_at)
         values ($1, $2, $3, $4, app_now() + $5, app_now() + $6)
         on conflict do nothing",
        claim.key.owner_id,
        &claim.key.hash[..],
        &fingerprint[..],
        claim.attempt,
        interval(HELD_FOR),
        interval(KEPT_FOR),
    )
    .execute(conn)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

struct Row {
    attempt: Uuid,
    fingerprint: Vec<u8>,
    state: String,
    is_late: bool,
    is_over: bool,
    answer: Option<Answer>,
}

async fn find(conn: &mut PgConnection, key: &Key) -> Result<Option<Row>> {
    let row = sqlx::query!(
        r#"select attempt, fingerprint, state,
             held_until <= app_now() as "is_late!", expires_at <= app_now() as "is_over!",
             status, headers as "headers: Json<Vec<Header>>", body
           from idempotency_keys
           where owner_id = $1 and key_hash = $2"#,
        key.owner_id,
        &key.hash[..],
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| {
        let answer = row.status.zip(row.headers).zip(row.body);
        Row {
            attempt: row.attempt,
            fingerprint: row.fingerprint,
            state: row.state,
            is_late: row.is_late,
            is_over: row.is_over,
            answer: answer.map(|((status, headers), body)| Answer {
                status: status.unsigned_abs(),
                headers: headers.0,
                body,
            }),
        }
    }))
}

/// False where somebody else was first, or the late attempt has just finished.
async fn take_over(
    conn: &mut PgConnection,
    claim: &Claim,
    fingerprint: &[u8; 32],
    from: Uuid,
) -> Result<bool> {
    let taken = sqlx::query!(
        "update idempotency_keys
         set fingerprint = $3, attempt = $4, state = 'running', held_until = app_now() + $5,
             expires_at = app_now() + $6, status = null, headers = null, body = null
         where owner_id = $1 and key_hash = $2 and attempt = $7
           and (expires_at <= app_now() or state = 'running')",
        claim.key.owner_id,
        &claim.key.hash[..],
        &fingerprint[..],
        claim.attempt,
        interval(HELD_FOR),
        interval(KEPT_FOR),
        from,
    )
    .execute(conn)
    .await?;
    Ok(taken.rows_affected() == 1)
}

/// Belongs in the transaction of the request's change, last: then the change is
/// made at most once for the key. False if another attempt has taken over, which
/// means: roll back.
pub async fn mark_applied(conn: &mut PgConnection, claim: &Claim) -> Result<bool> {
    let marked = sqlx::query!(
        "update idempotency_keys set state = 'applied'
         where owner_id = $1 and key_hash = $2 and attempt = $3 and state <> 'answered'",
        claim.key.owner_id,
        &claim.key.hash[..],
        claim.attempt,
    )
    .execute(conn)
    .await?;
    Ok(marked.rows_affected() == 1)
}

/// Keeps the answer for equal requests.
pub async fn store(conn: &mut PgConnection, claim: &Claim, answer: &Answer) -> Result<()> {
    sqlx::query!(
        "update idempotency_keys set state = 'answered', status = $4, headers = $5, body = $6
         where owner_id = $1 and key_hash = $2 and attempt = $3",
        claim.key.owner_id,
        &claim.key.hash[..],
        claim.attempt,
        i16::try_from(answer.status).unwrap_or(i16::MAX),
        Json(&answer.headers) as _,
        answer.body,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Gives up a claim under which nothing was changed; where something was, it stays.
pub async fn release(conn: &mut PgConnection, claim: &Claim) -> Result<()> {
    sqlx::query!(
        "delete from idempotency_keys
         where owner_id = $1 and key_hash = $2 and attempt = $3 and state = 'running'",
        claim.key.owner_id,
        &claim.key.hash[..],
        claim.attempt,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Deletes what has expired, at most `limit` of them.
pub async fn delete_expired(conn: &mut PgConnection, limit: i64) -> Result<u64> {
    let deleted = sqlx::query!(
        "delete from idempotency_keys where ctid = any(array(
             select ctid from idempotency_keys
             where expires_at <= (select app_now())
             order by expires_at limit $1))",
        limit
    )
    .execute(conn)
    .await?;
    Ok(deleted.rows_affected())
}

fn interval(duration: std::time::Duration) -> PgInterval {
    PgInterval {
        months: 0,
        days: 0,
        microseconds: i64::try_from(duration.as_micros()).unwrap_or(i64::MAX),
    }
}
