//! The task queue: transactional enqueue, leases, outcomes.
