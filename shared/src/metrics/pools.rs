use sqlx::PgPool;

use super::Exposition;

/// How a pool of connections is used.
pub fn pool(out: &mut Exposition, name: &'static str, pool: &PgPool) {
    let idle = pool.num_idle();
    let in_use = (pool.size() as usize).saturating_sub(idle);
    connections(
        out,
        name,
        idle,
        in_use,
        pool.options().get_max_connections(),
    );
}

/// The same of connections that no such pool keeps.
pub fn connections(out: &mut Exposition, name: &'static str, idle: usize, in_use: usize, max: u32) {
    for (state, number) in [("idle", idle), ("in_use", in_use)] {
        out.gauge(
            "jobboard_db_connections",
            "Open connections to the database, by pool.",
            &[("pool", name), ("state", state)],
            number as f64,
        );
    }
    out.gauge(
        "jobboard_db_connections_max",
        "The most connections that a pool opens.",
        &[("pool", name)],
        f64::from(max),
    );
}
