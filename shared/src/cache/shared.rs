//! Answers in Redis, for all replicas.
//!
//! Beside them stands, as in each process, what changed when. Every process notes
//! there what it hears, before it counts as heard: so a process never takes an answer
//! that is older than what it knows, whoever put it there and whatever became of
//! whoever did. Where noting fails, nothing is taken any more until everything has
//! been forgotten, by a new era.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    time::Duration,
};

use redis::Script;
use uuid::Uuid;

use super::{Answer, Key, topics::Change};
use crate::redis_connection::RedisConnection;

const CHANGES: &str = "jobboard:cache:changes";

pub(super) struct SharedAnswers {
    redis: Arc<RedisConnection>,
    find: Script,
    change: Script,
    /// Whether all that this process heard is noted there.
    is_noted: AtomicBool,
}

/// A moment in Redis: what was made after it may be kept under it.
pub(super) struct Moment {
    era: String,
    count: u64,
}

pub(super) enum Found {
    Answer {
        answer: Answer,
        topics: Vec<u16>,
        age: Duration,
        left: Duration,
    },
    Nothing(Moment),
}

type Reply = (
    String,
    u64,
    Option<String>,
    Option<String>,
    Option<Vec<u8>>,
    Option<i64>,
    Option<i64>,
);

impl SharedAnswers {
    pub(super) fn new(redis: Arc<RedisConnection>) -> Self {
        Self {
            redis,
            find: Script::new(include_str!("find.lua")),
            change: Script::new(include_str!("change.lua")),
            is_noted: AtomicBool::new(false),
        }
    }

    pub(super) async fn change(&self, change: &Change) {
        let topics = match change {
            Change::Everything => None,
            Change::Of(topics) if self.is_noted.load(SeqCst) => Some(topics),
            // Something was missed: now everything is forgotten.
            Change::Of(_) => None,
        };
        let era = Uuid::new_v4().simple().to_string();
        let noted = self.redis.ask(|mut connection| async move {
            let Some(topics) = topics else {
                return redis::pipe()
                    .atomic()
                    .cmd("DEL")
                    .arg(CHANGES)
                    .ignore()
                    .cmd("HSET")
                    .arg(CHANGES)
                    .arg(&[("era", era.as_str()), ("count", "0")])
                    .ignore()
                    .query_async::<()>(&mut connection)
                    .await;
            };
            let mut script = self.change.key(CHANGES);
            script.arg(era).arg(&topics[..]);
            script.invoke_async::<()>(&mut connection).await
        });
        self.is_noted.store(noted.await.is_some(), SeqCst);
    }

    /// `None` while Redis cannot be used.
    pub(super) async fn find(&self, key: &Key) -> Option<Found> {
        if !self.is_noted.load(SeqCst) {
            // Redis may be back: then the next answers are shared again.
            self.change(&Change::Everything).await;
            if !self.is_noted.load(SeqCst) {
                return None;
            }
        }
        let era = Uuid::new_v4().simple().to_string();
        let reply: Reply = self
            .redis
            .ask(|mut connection| async move {
                self.find
                    .key(CHANGES)
                    .key(name(key))
                    .arg(era)
                    .invoke_async(&mut connection)
                    .await
            })
            .await?;
        let (era, count, topics, headers, body, age, left) = reply;
        let kept = topics
            .and_then(|topics| numbers(&topics))
            .zip(headers.and_then(|headers| serde_json::from_str(&headers).ok()))
            .zip(body)
            .zip(millis(age).zip(millis(left)));
        Some(match kept {
            Some((((topics, headers), body), (age, left))) => Found::Answer {
                answer: Answer {
                    headers,
                    body: body.into(),
                },
                topics,
                age,
                left,
            },
            None => Found::Nothing(Moment { era, count }),
        })
    }

    pub(super) async fn keep(
        &self,
        key: &Key,
        moment: &Moment,
        answer: &Answer,
        topics: &[u16],
        life: Duration,
    ) {
        let topics: Vec<String> = topics.iter().map(u16::to_string).collect();
        let life = u64::try_from(life.as_millis()).unwrap_or(u64::MAX);
        let Ok(headers) = serde_json::to_string(&answer.headers) else {
            return;
        };
        let name = name(key);
        // Lost: it is made once more by whoever asks.
        let _: Option<()> = self
            .redis
            .ask(|mut connection| async move {
                redis::pipe()
                    .atomic()
                    .cmd("HSET")
                    .arg(&name)
                    .arg("era")
                    .arg(&moment.era)
                    .arg("made")
                    .arg(moment.count)
                    .arg("topics")
                    .arg(topics.join(","))
                    .arg("headers")
                    .arg(headers)
                    .arg("body")
                    .arg(&answer.body[..])
                    .arg("life")
                    .arg(life)
                    .ignore()
                    .cmd("PEXPIRE")
                    .arg(&name)
                    .arg(life)
                    .ignore()
                    .query_async(&mut connection)
                    .await
            })
            .await;
    }
}

fn numbers(topics: &str) -> Option<Vec<u16>> {
    topics.split(',').map(|topic| topic.parse().ok()).collect()
}

fn name(key: &Key) -> Vec<u8> {
    let mut name = b"jobboard:cache:answer:".to_vec();
    name.extend(key.0);
    name
}

fn millis(number: Option<i64>) -> Option<Duration> {
    Some(Duration::from_millis(u64::try_from(number?).ok()?))
}
