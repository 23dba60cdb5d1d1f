//! From named texts to checked settings.

use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::{
    Http, Live, Local, Log, LogFormat, Mail, RateLimits, Recommendations, Source, Trending, Worker,
    Wrong,
    addresses::{database_url, mail, postgres_url, redis_url},
    values::{self, Reader},
    variables::{self, Use, VARIABLES},
};

/// All that is configured, checked. What the all-in-one may provide itself can
/// be absent.
#[derive(Clone, Debug)]
pub struct Settings {
    pub database_url: Option<SecretString>,
    pub direct_url: Option<SecretString>,
    pub max_connections: u32,
    pub http: Http,
    pub metrics_addr: Option<SocketAddr>,
    pub health_max_age: Duration,
    pub secret_key: Option<SecretString>,
    pub access_token_lifetime: Duration,
    pub refresh_token_lifetime: Duration,
    pub redis_url: Option<SecretString>,
    pub redis_timeout: Duration,
    pub rate_limits: RateLimits,
    pub cache_bytes: Option<usize>,
    pub mail: Mail,
    pub live: Live,
    pub worker: Worker,
    pub recommendations: Recommendations,
    pub trending: Trending,
    pub log: Log,
    pub local: Local,
    /// Variables that are set and change nothing, each with the reason.
    pub without_effect: Vec<(&'static str, &'static str)>,
}

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);
const YEAR: Duration = Duration::from_secs(366 * 24 * 3600);

const SECRET_MIN_BYTES: usize = 32;
/// Values that examples carry, in ours and elsewhere.
const EXAMPLE_SECRETS: &[&str] = &[
    "your-secret-key-here-change-in-production",
    "your-jwt-secret-key",
];

impl Settings {
    /// What the process is told by its environment and files.
    pub fn load() -> Result<Self, Wrong> {
        Self::read(Source::of_process(), &[])
    }

    /// The same for a part that cannot run without a database.
    pub fn load_with_database() -> Result<Self, Wrong> {
        Self::read(Source::of_process(), &["DATABASE_URL"])
    }

    #[expect(clippy::expect_used, reason = "the table's defaults are tested")]
    pub(super) fn defaults() -> Self {
        Self::read(Source::default(), &[]).expect("the defaults are right")
    }

    /// Reads everything, then tells everything that is wrong.
    pub fn read(source: Source, required: &[&str]) -> Result<Self, Wrong> {
        let mut reader = Reader::new(source);
        let r = &mut reader;

        let database_url = database_url(r);
        let direct_url = r.parse("DATABASE_DIRECT_URL", postgres_url);
        let secret_key = secret_key(r);
        let http = http(r);
        let mail = mail(r);
        let settings = Self {
            direct_url,
            max_connections: or_default(r, "DATABASE_MAX_CONNECTIONS", values::whole(2, 1000)),
            http,
            metrics_addr: r.parse("JOBBOARD_METRICS_ADDR", |text| {
                text.parse()
                    .map_err(|_| "must be an address with a port, as 127.0.0.1:9100".to_owned())
            }),
            health_max_age: or_default(r, "JOBBOARD_HEALTH_MAX_AGE", values::duration(SECOND, DAY)),
            secret_key,
            access_token_lifetime: or_default(
                r,
                "JWT_ACCESS_TOKEN_LIFETIME",
                values::duration(SECOND, DAY),
            ),
            refresh_token_lifetime: or_default(
                r,
                "JWT_REFRESH_TOKEN_LIFETIME",
                values::duration(SECOND, YEAR),
            ),
            redis_url: redis_url(r),
            redis_timeout: or_default(
                r,
                "JOBBOARD_REDIS_TIMEOUT",
                values::duration(Duration::from_millis(10), Duration::from_secs(10)),
            ),
            rate_limits: rate_limits(r),
            cache_bytes: cache_bytes(r),
            mail,
            live: live(r),
            worker: Worker {
                queues: or_default(r, "JOBBOARD_QUEUES", values::queues),
                lease: or_default(r, "JOBBOARD_LEASE", values::duration(SECOND, HOUR)),
                shutdown_grace: or_default(
                    r,
                    "JOBBOARD_SHUTDOWN_GRACE",
                    values::duration(Duration::ZERO, HOUR),
                ),
            },
            recommendations: recommendations(r),
            trending: Trending {
                half_life: or_default(
                    r,
                    "JOBBOARD_TRENDING_HALF_LIFE",
                    values::duration(SECOND, YEAR),
                ),
            },
            log: log(r),
            local: local(r),
            without_effect: VARIABLES
                .iter()
                .filter_map(|variable| match variable.usage {
                    Use::NoEffect(why) if r.has(variable.name) => Some((variable.name, why)),
                    _ => None,
                })
                .collect(),
            database_url,
        };

        let mut wrong = reader.into_wrong();
        if required.contains(&"DATABASE_URL") && settings.database_url.is_none() {
            let database = |name: &str| name == "DATABASE_URL" || name.starts_with("DB_");
            if !wrong.iter().any(|wrong| database(&wrong.variable)) {
                wrong.push(super::WrongValue {
                    variable: "DATABASE_URL".to_owned(),
                    problem: "is needed: postgres://user:password@host:port/name".to_owned(),
                });
            }
        }
        if wrong.is_empty() {
            Ok(settings)
        } else {
            Err(Wrong(wrong))
        }
    }
}

/// The value, or the table's default where it is absent or wrong.
#[expect(clippy::expect_used, reason = "the table's defaults are tested")]
pub(super) fn or_default<T, P>(r: &mut Reader, name: &str, parse: P) -> T
where
    P: Fn(&str) -> Result<T, String>,
{
    r.parse(name, &parse)
        .unwrap_or_else(|| parse(variables::default_of(name)).expect("a right default"))
}

fn secret_key(r: &mut Reader) -> Option<SecretString> {
    let name = ["JOBBOARD_SECRET_KEY", "JWT_SECRET_KEY", "SECRET_KEY"]
        .into_iter()
        .find(|name| r.has(name))?;
    secret_of(r, name)
}

/// One that nobody guesses.
pub(super) fn secret_of(r: &mut Reader, name: &'static str) -> Option<SecretString> {
    let secret = r.secret(name)?;
    if EXAMPLE_SECRETS.contains(&secret.expose_secret()) {
        r.refuse(name, "is still the example's");
        return None;
    }
    if secret.expose_secret().len() < SECRET_MIN_BYTES {
        r.refuse(
            name,
            format!("must have {SECRET_MIN_BYTES} bytes or more, as `openssl rand -base64 48` makes them"),
        );
        return None;
    }
    Some(secret)
}

fn http(r: &mut Reader) -> Http {
    let addr: SocketAddr = or_default(r, "JOBBOARD_HTTP_ADDR", |text: &str| {
        text.parse()
            .map_err(|_| "must be an address with a port, as 127.0.0.1:8000".to_owned())
    });
    let public_url = r.parse("JOBBOARD_PUBLIC_URL", |text| {
        let url = values::url_of(&["http", "https"])(text)?;
        if url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() {
            return Err("must have no user, query or fragment".to_owned());
        }
        Ok(url)
    });
    Http {
        addr,
        public_url: public_url.unwrap_or_else(|| default_public_url(addr)),
        allowed_hosts: r.parse("ALLOWED_HOSTS", values::hosts).unwrap_or_default(),
        cors_origins: r
            .parse("JOBBOARD_CORS_ORIGINS", values::origins)
            .unwrap_or_default(),
        trusted_proxies: r
            .parse("JOBBOARD_TRUSTED_PROXIES", values::networks)
            .unwrap_or_default(),
        max_body_bytes: or_default(r, "JOBBOARD_MAX_BODY_BYTES", values::whole(1024, 1 << 30)),
        max_import_bytes: or_default(r, "JOBBOARD_MAX_IMPORT_BYTES", values::whole(1024, 1 << 30)),
    }
}

/// A browser on this machine cannot open "every address".
#[expect(clippy::expect_used, reason = "an address makes a URL")]
fn default_public_url(addr: SocketAddr) -> Url {
    let host = match addr.ip() {
        ip if ip.is_unspecified() => "localhost".to_owned(),
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("[{ip}]"),
    };
    Url::parse(&format!("http://{host}:{}", addr.port())).expect("a URL of an address")
}

fn rate_limits(r: &mut Reader) -> RateLimits {
    let mut quota = |name: &str| or_default(r, name, values::quota);
    let limits = RateLimits {
        anonymous: quota("JOBBOARD_RATE_ANONYMOUS"),
        signed_in: quota("JOBBOARD_RATE_SIGNED_IN"),
        writes: quota("JOBBOARD_RATE_WRITES"),
        auth: quota("JOBBOARD_RATE_AUTH"),
        account: quota("JOBBOARD_RATE_ACCOUNT"),
        account_total: quota("JOBBOARD_RATE_ACCOUNT_TOTAL"),
    };
    match or_default(r, "JOBBOARD_RATE_LIMITS", values::boolean) {
        true => limits,
        false => RateLimits::default(),
    }
}

fn cache_bytes(r: &mut Reader) -> Option<usize> {
    let bytes = or_default(
        r,
        "JOBBOARD_CACHE_BYTES",
        values::whole(1 << 20, 1_usize << 36),
    );
    or_default(r, "JOBBOARD_CACHE", values::boolean).then_some(bytes)
}

fn live(r: &mut Reader) -> Live {
    Live {
        heartbeat: or_default(r, "JOBBOARD_LIVE_HEARTBEAT", values::duration(SECOND, HOUR)),
        patience: or_default(r, "JOBBOARD_LIVE_PATIENCE", values::duration(SECOND, HOUR)),
        per_account: or_default(r, "JOBBOARD_LIVE_PER_ACCOUNT", values::whole(1, 10_000)),
    }
}

fn recommendations(r: &mut Reader) -> Recommendations {
    Recommendations {
        content_weight: or_default(r, "JOBBOARD_RECOMMEND_CONTENT_WEIGHT", values::weight),
        collaborative_weight: or_default(
            r,
            "JOBBOARD_RECOMMEND_COLLABORATIVE_WEIGHT",
            values::weight,
        ),
        trending_weight: or_default(r, "JOBBOARD_RECOMMEND_TRENDING_WEIGHT", values::weight),
        recency_weight: or_default(r, "JOBBOARD_RECOMMEND_RECENCY_WEIGHT", values::weight),
        arms: or_default(r, "JOBBOARD_RECOMMEND_ARMS", values::arms),
        salt: or_default(r, "JOBBOARD_RECOMMEND_SALT", |text: &str| {
            Ok(text.to_owned())
        }),
        title_weight: or_default(r, "JOBBOARD_RECOMMEND_TITLE_WEIGHT", values::weight),
        description_weight: or_default(r, "JOBBOARD_RECOMMEND_DESCRIPTION_WEIGHT", values::weight),
        skills_weight: or_default(r, "JOBBOARD_RECOMMEND_SKILLS_WEIGHT", values::weight),
        location_weight: or_default(r, "JOBBOARD_RECOMMEND_LOCATION_WEIGHT", values::weight),
        vicinity_weight: or_default(r, "JOBBOARD_RECOMMEND_VICINITY_WEIGHT", values::weight),
        category_weight: or_default(r, "JOBBOARD_RECOMMEND_CATEGORY_WEIGHT", values::weight),
        company_weight: or_default(r, "JOBBOARD_RECOMMEND_COMPANY_WEIGHT", values::weight),
        diversity_lambda: or_default(r, "JOBBOARD_RECOMMEND_DIVERSITY_LAMBDA", values::fraction),
        max_per_company: or_default(
            r,
            "JOBBOARD_RECOMMEND_MAX_PER_COMPANY",
            values::whole(1, 1000),
        ),
        per_user: or_default(r, "JOBBOARD_RECOMMEND_PER_USER", values::whole(1, 1000)),
        lifetime: or_default(
            r,
            "JOBBOARD_RECOMMEND_LIFETIME",
            values::duration(SECOND, YEAR),
        ),
    }
}

fn log(r: &mut Reader) -> Log {
    let debug = r.parse("DEBUG", values::boolean).unwrap_or(false);
    let filter = r.parse("JOBBOARD_LOG", |text| {
        tracing_subscriber::EnvFilter::try_new(text)
            .map(|_| text.to_owned())
            .map_err(|_| "must be a filter, as info,sqlx=warn".to_owned())
    });
    let default = if debug {
        "debug"
    } else {
        variables::default_of("JOBBOARD_LOG")
    };
    Log {
        format: or_default(r, "JOBBOARD_LOG_FORMAT", |text: &str| match text {
            "auto" => Ok(LogFormat::Auto),
            "text" => Ok(LogFormat::Text),
            "json" => Ok(LogFormat::Json),
            _ => Err("must be auto, text or json".to_owned()),
        }),
        filter: filter.unwrap_or_else(|| default.to_owned()),
    }
}

fn local(r: &mut Reader) -> Local {
    Local {
        data_dir: r.text("JOBBOARD_DATA_DIR").map(PathBuf::from),
        postgres_bin: r.text("JOBBOARD_POSTGRES_BIN").map(PathBuf::from),
        postgres_user: r.text("JOBBOARD_POSTGRES_USER"),
        postgres_releases: or_default(
            r,
            "JOBBOARD_POSTGRES_RELEASES",
            values::url_of(&["http", "https"]),
        ),
        sample_data: or_default(r, "JOBBOARD_SAMPLE_DATA", values::boolean),
    }
}
