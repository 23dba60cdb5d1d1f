//! The transaction of a change, with what must hold when it is committed.

use std::ops::{Deref, DerefMut};

use jobboard_shared::{
    idempotency::{self, Claim},
    versions,
};
use sqlx::{Postgres, Transaction};

use crate::{
    App,
    preconditions::{self, Expected},
    problem::{Problem, Result},
};

/// What a request's headers ask of its change.
#[derive(Clone, Debug, Default)]
pub(crate) struct Conditions {
    /// The change is to be made once for this key.
    pub(crate) claim: Option<Claim>,
    /// The change is to be made to this version.
    pub(crate) expected: Option<Expected>,
}

tokio::task_local! {
    static CONDITIONS: Conditions;
}

/// Has every [`App::begin`] within `work` keep these conditions.
pub(crate) async fn under<T>(conditions: Conditions, work: impl Future<Output = T>) -> T {
    CONDITIONS.scope(conditions, work).await
}

/// A transaction that is committed only if the request's conditions hold. Dropped,
/// it is rolled back.
pub(crate) struct Tx {
    transaction: Transaction<'static, Postgres>,
    claim: Option<Claim>,
    /// Whether what is to be changed has been changed by somebody else.
    is_stale: bool,
}

impl App {
    /// Begins the transaction of a handler's change. Handlers use this and never
    /// the pool's own `begin`, which knows of no conditions.
    #[expect(clippy::disallowed_methods, reason = "the one place")]
    pub(crate) async fn begin(&self) -> Result<Tx> {
        let conditions = CONDITIONS.try_with(Conditions::clone).unwrap_or_default();
        let mut transaction = self.db.begin().await?;
        let is_stale = match conditions.expected {
            Some(Expected {
                thing,
                names,
                versions,
            }) => versions::db::lock(&mut transaction, thing, &names)
                .await?
                .is_some_and(|version| !versions.contains(&version)),
            None => false,
        };
        Ok(Tx {
            transaction,
            claim: conditions.claim,
            is_stale,
        })
    }
}

impl Tx {
    pub(crate) async fn commit(mut self) -> Result<()> {
        // Here and not at the beginning, so that whoever may not see the thing is told
        // that and not what version it has.
        if self.is_stale {
            return Err(preconditions::failed());
        }
        if let Some(claim) = &self.claim
            && !idempotency::db::mark_applied(&mut self.transaction, claim).await?
        {
            return Err(Problem::conflict(
                "idempotency_key_taken_over",
                "the request took too long and another one with its key has taken over",
            ));
        }
        self.transaction.commit().await?;
        Ok(())
    }
}

impl Deref for Tx {
    type Target = Transaction<'static, Postgres>;

    fn deref(&self) -> &Self::Target {
        &self.transaction
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.transaction
    }
}
