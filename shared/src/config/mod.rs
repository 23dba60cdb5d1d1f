//! Configuration from the environment, a `.env` file and an optional TOML file
//! (`JOBBOARD_CONFIG`), in this order of precedence. [`variables::VARIABLES`] is
//! the one table of everything that can be set.

mod addresses;
mod read;
mod source;
#[cfg(test)]
mod tests;
mod values;
pub mod variables;

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    time::Duration,
};

use ipnet::IpNet;
use secrecy::SecretString;
use url::{Host, Url};

use crate::{limits::Quota, recommendations::hybrid::Arm};

pub use read::Settings;
pub use source::Source;

/// Everything that a part of the job board needs to run.
#[derive(Clone, Debug)]
pub struct Config {
    pub database: Database,
    pub http: Http,
    /// Where metrics are served. Absent: nowhere.
    pub metrics_addr: Option<SocketAddr>,
    /// The longest that a due task may wait while the workers count as healthy.
    pub health_max_age: Duration,
    pub auth: Auth,
    /// Shares limits and kept answers between replicas. Absent: each has its own.
    pub redis_url: Option<SecretString>,
    /// What a request waits for Redis at most.
    pub redis_timeout: Duration,
    pub rate_limits: RateLimits,
    /// What kept answers take at most. Absent: none are kept.
    pub cache_bytes: Option<usize>,
    pub mail: Mail,
    pub live: Live,
    pub worker: Worker,
    pub recommendations: Recommendations,
    pub trending: Trending,
    /// Opens the page of kept mails. Absent: there is no such page.
    pub outbox_key: Option<SecretString>,
}

#[derive(Clone, Debug)]
pub struct Database {
    pub url: SecretString,
    /// A connection past any transaction pooler, for `LISTEN`. Absent: the
    /// worker polls, and the API keeps no answers.
    pub direct_url: Option<SecretString>,
    /// Per process.
    pub max_connections: u32,
}

#[derive(Clone, Debug)]
pub struct Http {
    pub addr: SocketAddr,
    /// What links in emails and documents begin with, without a trailing slash
    /// in its path.
    pub public_url: Url,
    /// Host names that requests may name, without port; empty: any. An entry
    /// that begins with a dot covers the subdomains too.
    pub allowed_hosts: Vec<String>,
    /// Whose scripts may ask from a browser, as `Origin` names them.
    pub cors_origins: Vec<String>,
    /// Whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Of any request but uploads and imports.
    pub max_body_bytes: usize,
    pub max_import_bytes: usize,
}

impl Http {
    /// `host` as in the header, with or without a port.
    pub fn allows_host(&self, host: &str) -> bool {
        let name = match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
            _ => host,
        };
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        self.allowed_hosts.is_empty()
            || self.allowed_hosts.iter().any(|allowed| {
                allowed == "*"
                    || *allowed == name
                    || allowed
                        .strip_prefix('.')
                        .is_some_and(|base| name == base || name.ends_with(allowed.as_str()))
            })
    }
}

impl Http {
    pub fn trusts_proxy(&self, address: IpAddr) -> bool {
        self.trusted_proxies
            .iter()
            .any(|network| network.contains(&address))
    }
}

#[derive(Clone, Debug)]
pub struct Auth {
    /// At least 32 bytes. Signs access tokens and cursors.
    pub secret_key: SecretString,
    pub access_token_lifetime: Duration,
    pub refresh_token_lifetime: Duration,
}

/// What each class of requests may take; absent, it is not limited.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RateLimits {
    pub anonymous: Option<Quota>,
    pub signed_in: Option<Quota>,
    pub writes: Option<Quota>,
    pub auth: Option<Quota>,
    pub account: Option<Quota>,
    pub account_total: Option<Quota>,
}

#[derive(Clone, Debug)]
pub struct Mail {
    /// Holds the password. Absent: mail goes to `outbox_dir`.
    pub smtp_url: Option<SecretString>,
    /// Never set together with `smtp_url`; with neither, mail has no way out.
    pub outbox_dir: Option<PathBuf>,
    /// `Name <address>`.
    pub from: String,
    /// With which the mail provider reports bounces; absent: it does not.
    pub report_secret: Option<SecretString>,
    /// Templates that stand in for those of the program.
    pub templates_dir: Option<PathBuf>,
    /// What the mail server gets for the mail and the answer to it. Giving up
    /// earlier than it does makes for mails sent twice.
    pub answer_within: Duration,
}

/// Connections on which news is told as it comes.
#[derive(Clone, Debug)]
pub struct Live {
    /// A client that does not answer for twice as long is gone.
    pub heartbeat: Duration,
    /// What a client gets to take what it is sent.
    pub patience: Duration,
    /// Connections that one account may have in one process.
    pub per_account: usize,
}

#[derive(Clone, Debug)]
pub struct Worker {
    /// Queue -> tasks that this process runs at once. A queue not named is left
    /// to other processes.
    pub queues: BTreeMap<String, usize>,
    pub lease: Duration,
    /// What running tasks get to finish after SIGTERM.
    pub shutdown_grace: Duration,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Recommendations {
    pub content_weight: f64,
    pub collaborative_weight: f64,
    pub trending_weight: f64,
    pub recency_weight: f64,
    /// Arms and how many of all users get each, in relation to the others.
    pub arms: Vec<(Arm, u32)>,
    /// Another one draws the users of the arms anew.
    pub salt: String,
    pub title_weight: f64,
    pub description_weight: f64,
    pub skills_weight: f64,
    pub location_weight: f64,
    pub vicinity_weight: f64,
    pub category_weight: f64,
    pub company_weight: f64,
    /// 1 ranks by score alone, 0 by difference from what stands above.
    pub diversity_lambda: f64,
    pub max_per_company: usize,
    /// Kept per user.
    pub per_user: usize,
    pub lifetime: Duration,
}

impl Default for Recommendations {
    fn default() -> Self {
        Self {
            content_weight: 1.0,
            collaborative_weight: 0.1,
            trending_weight: 0.05,
            recency_weight: 0.2,
            arms: vec![(Arm::Hybrid, 1)],
            salt: "1".to_owned(),
            title_weight: 1.0,
            description_weight: 0.5,
            skills_weight: 1.0,
            location_weight: 1.5,
            vicinity_weight: 2.0,
            category_weight: 0.5,
            company_weight: 0.3,
            diversity_lambda: 0.9,
            max_per_company: 3,
            per_user: 30,
            lifetime: Duration::from_secs(7 * 24 * 3600),
        }
    }
}

#[derive(Clone, Debug)]
pub struct Trending {
    pub half_life: Duration,
}

/// Of the all-in-one alone.
#[derive(Clone, Debug)]
pub struct Local {
    /// Absent: by whether the process is root.
    pub data_dir: Option<PathBuf>,
    /// The folder of `initdb` and `postgres`. Absent: searched for.
    pub postgres_bin: Option<PathBuf>,
    /// The user to run Postgres as when started as root. Absent: by rule.
    pub postgres_user: Option<String>,
    /// Where a Postgres is downloaded from when none is installed.
    pub postgres_releases: Url,
    pub sample_data: bool,
}

#[derive(Clone, Debug)]
pub struct Log {
    pub format: LogFormat,
    /// Directives of tracing-subscriber's `EnvFilter`.
    pub filter: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// Text on a terminal, JSON elsewhere.
    Auto,
    Text,
    Json,
}

/// Every value that cannot be used, by variable name. Shows no value.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the configuration has {}:{}", count(.0), list(.0))]
pub struct Wrong(pub Vec<WrongValue>);

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrongValue {
    pub variable: String,
    pub problem: String,
}

fn count(wrong: &[WrongValue]) -> String {
    match wrong.len() {
        1 => "a wrong value".to_owned(),
        n => format!("{n} wrong values"),
    }
}

fn list(wrong: &[WrongValue]) -> String {
    wrong
        .iter()
        .map(|wrong| format!("\n  {}: {}", wrong.variable, wrong.problem))
        .collect()
}

impl Config {
    /// Completes the settings; `secret_key` serves where none is configured.
    pub fn new(settings: Settings, database_url: SecretString, secret_key: SecretString) -> Self {
        Self {
            database: Database {
                url: database_url,
                direct_url: settings.direct_url,
                max_connections: settings.max_connections,
            },
            http: settings.http,
            metrics_addr: settings.metrics_addr,
            health_max_age: settings.health_max_age,
            auth: Auth {
                secret_key: settings.secret_key.unwrap_or(secret_key),
                access_token_lifetime: settings.access_token_lifetime,
                refresh_token_lifetime: settings.refresh_token_lifetime,
            },
            redis_url: settings.redis_url,
            redis_timeout: settings.redis_timeout,
            rate_limits: settings.rate_limits,
            cache_bytes: settings.cache_bytes,
            mail: settings.mail,
            live: settings.live,
            worker: settings.worker,
            recommendations: settings.recommendations,
            trending: settings.trending,
            outbox_key: None,
        }
    }

    /// The folder of kept mails and the key to their page, where there is such a
    /// page: only on a board that is meant for this machine alone.
    pub fn outbox_page(&self) -> Option<(&Path, &SecretString)> {
        let public = match self.http.public_url.host() {
            Some(Host::Domain(name)) => name != "localhost",
            Some(Host::Ipv4(ip)) => !ip.is_loopback(),
            Some(Host::Ipv6(ip)) => !ip.is_loopback(),
            None => true,
        };
        if public || !self.http.addr.ip().is_loopback() || self.mail.smtp_url.is_some() {
            return None;
        }
        Some((self.mail.outbox_dir.as_deref()?, self.outbox_key.as_ref()?))
    }

    /// Good defaults for a test on this database: any port, no mail server.
    pub fn for_tests(database_url: &str) -> Self {
        let settings = Settings::defaults();
        let mut config = Self::new(
            settings,
            SecretString::from(database_url),
            SecretString::from("a secret that only tests share, of 32 bytes and more"),
        );
        config.database.direct_url = Some(config.database.url.clone());
        config.database.max_connections = 8;
        config.http.addr = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        config.rate_limits = RateLimits::default();
        // Tests change the database behind the API's back and look at once.
        config.cache_bytes = None;
        // However busy the machine is that tests run on.
        config.redis_timeout = Duration::from_secs(10);
        // Tests say themselves from where they ask.
        config.http.trusted_proxies = vec![IpNet::from(IpAddr::from(Ipv4Addr::LOCALHOST))];
        config.mail.report_secret = Some(SecretString::from(
            "mail report secret of tests, of 32 bytes",
        ));
        config.outbox_key = Some(SecretString::from("outbox key of tests"));
        config
    }
}
