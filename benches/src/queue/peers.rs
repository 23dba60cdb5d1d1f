//! Other queues, each at its best settings, installed into a folder of their own.

use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::contender::{Contender, Left};
use crate::{
    Result,
    install::{python, run},
    postgres::Postgres,
};

const SCRIPTS: &[(&str, &str)] = &[
    ("report.mjs", include_str!("../../peers/report.mjs")),
    (
        "graphile_worker.mjs",
        include_str!("../../peers/graphile_worker.mjs"),
    ),
    ("pg_boss.mjs", include_str!("../../peers/pg_boss.mjs")),
    ("report.py", include_str!("../../peers/report.py")),
    (
        "celery_queue.py",
        include_str!("../../peers/celery_queue.py"),
    ),
    (
        "procrastinate_queue.py",
        include_str!("../../peers/procrastinate_queue.py"),
    ),
];

/// A Redis that ends with this.
pub(super) struct Redis(std::process::Child);

impl Drop for Redis {
    fn drop(&mut self) {
        // It keeps nothing.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub(super) struct Peers {
    pub(super) contenders: Vec<Contender>,
    _redis: Option<Redis>,
}

impl Peers {
    /// Those that can be installed; says which cannot.
    pub(super) async fn install(folder: &Path, server: &Postgres) -> Result<Self> {
        fs::create_dir_all(folder)?;
        for (name, text) in SCRIPTS {
            fs::write(folder.join(name), text)?;
        }
        let mut contenders = Vec::new();
        let node = ["graphile-worker@0.18", "pg-boss@12", "pg@8"];
        match run(
            folder,
            "npm",
            &[&["install", "--no-audit", "--no-fund"], &node[..]].concat(),
        ) {
            Ok(()) => {
                contenders.push(graphile_worker(folder, server).await?);
                contenders.push(pg_boss(folder, server).await?);
            }
            Err(error) => println!("without graphile-worker and pg-boss: {error}"),
        }
        let mut redis = None;
        match python(
            folder,
            &[
                "celery==5.*",
                "redis",
                "procrastinate==3.*",
                "psycopg[binary,pool]",
            ],
        ) {
            Ok(python) => {
                contenders.push(procrastinate(folder, &python, server).await?);
                match start_redis() {
                    Ok((server, port)) => {
                        contenders.push(celery(folder, &python, &server, port));
                        redis = Some(server);
                    }
                    Err(error) => println!("without celery: redis-server (apt): {error}"),
                }
            }
            Err(error) => println!("without celery and procrastinate: {error}"),
        }
        let mut able = Vec::new();
        for contender in contenders {
            match contender.call(&["setup"]).await {
                Ok(_) => able.push(contender),
                Err(error) => println!("without {}: {error}", contender.name),
            }
        }
        Ok(Self {
            contenders: able,
            _redis: redis,
        })
    }
}

fn start_redis() -> Result<(Redis, u16)> {
    let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
    let redis = Command::new("redis-server")
        .args([
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--port",
            &port.to_string(),
        ])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()?;
    Ok((Redis(redis), port))
}

fn script(
    name: &'static str,
    program: impl Into<PathBuf>,
    path: PathBuf,
    url: String,
    settings: &[(&'static str, &str)],
) -> Contender {
    let settings = settings
        .iter()
        .map(|(name, value)| (*name, (*value).to_owned()));
    Contender {
        name,
        program: program.into(),
        arguments: vec![path.into()],
        environment: [("BENCH_URL", url)].into_iter().chain(settings).collect(),
        settings: Vec::new(),
        idle: Vec::new(),
        slowness: 1,
        left: None,
        store: None,
    }
}

async fn graphile_worker(folder: &Path, server: &Postgres) -> Result<Contender> {
    let url = server.database("bench_graphile_worker").await?;
    let settings = [("CONCURRENT_JOBS", "100"), ("LOCAL_QUEUE", "500")];
    let path = folder.join("graphile_worker.mjs");
    let mut contender = script("graphile-worker", "node", path, url.clone(), &settings);
    contender.idle = vec![
        ("CONCURRENT_JOBS", "10".to_owned()),
        ("LOCAL_QUEUE", String::new()),
    ];
    contender.left = Some(Left {
        url,
        sql: "select count(*) from (select from graphile_worker._private_jobs limit 1) t",
        table: "graphile_worker._private_jobs",
    });
    Ok(contender)
}

async fn pg_boss(folder: &Path, server: &Postgres) -> Result<Contender> {
    let url = server.database("bench_pg_boss").await?;
    let settings = [("BATCH_SIZE", "2000"), ("WORKERS", "4")];
    let path = folder.join("pg_boss.mjs");
    let mut contender = script("pg-boss", "node", path, url.clone(), &settings);
    contender.left = Some(Left {
        url,
        sql: "select count(*) from pgboss.job where name = 'noop' and state < 'completed'",
        table: "pgboss.job",
    });
    Ok(contender)
}

async fn procrastinate(folder: &Path, python: &Path, server: &Postgres) -> Result<Contender> {
    let url = server.database("bench_procrastinate").await?;
    let path = folder.join("procrastinate_queue.py");
    let settings = [("CONCURRENCY", "50")];
    let mut contender = script("procrastinate", python, path, url.clone(), &settings);
    contender.slowness = 25;
    contender.left = Some(Left {
        url,
        sql: "select count(*) from procrastinate_jobs where status in ('todo', 'doing')",
        table: "procrastinate_jobs",
    });
    Ok(contender)
}

fn celery(folder: &Path, python: &Path, redis: &Redis, port: u16) -> Contender {
    let url = format!("redis://127.0.0.1:{port}/0");
    let mut contender = script("celery", python, folder.join("celery_queue.py"), url, &[]);
    contender.slowness = 25;
    contender.store = Some(redis.0.id());
    contender
}
