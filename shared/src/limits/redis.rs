//! Buckets in Redis, shared by all replicas.

use std::sync::Arc;

use redis::Script;

use super::{
    BucketKey,
    quota::{Quota, Taken},
};
use crate::redis_connection::RedisConnection;

pub(super) struct RedisBuckets {
    redis: Arc<RedisConnection>,
    script: Script,
}

impl RedisBuckets {
    pub(super) fn new(redis: Arc<RedisConnection>) -> Self {
        Self {
            redis,
            script: Script::new(include_str!("bucket.lua")),
        }
    }

    /// `None` while Redis does not answer.
    pub(super) async fn take(&self, key: &BucketKey, quota: Quota) -> Option<Taken> {
        let mut name = b"jobboard:limit:".to_vec();
        name.extend(key);
        let (allowed, missing) = self
            .redis
            .ask(|mut connection| async move {
                self.script
                    .key(name)
                    .arg(quota.whole())
                    .arg(quota.token())
                    .invoke_async(&mut connection)
                    .await
            })
            .await?;
        Some(Taken {
            quota,
            allowed,
            missing,
        })
    }
}
