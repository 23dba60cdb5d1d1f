//! The one table of variables, from which the documentation is checked.

/// What becomes of a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// Named by this project.
    Own,
    /// Named by the product's specification and understood as written.
    Honoured,
    /// Named by the specification and turned into another variable, which wins
    /// where both are set.
    MappedTo(&'static str),
    /// Accepted and without effect, so that an environment made for another
    /// version can stay; a start says so.
    NoEffect(&'static str),
}

#[derive(Clone, Copy, Debug)]
pub struct Variable {
    pub name: &'static str,
    pub usage: Use,
    /// Empty where there is none.
    pub default: &'static str,
    pub meaning: &'static str,
}

const fn own(name: &'static str, default: &'static str, meaning: &'static str) -> Variable {
    Variable {
        name,
        usage: Use::Own,
        default,
        meaning,
    }
}

const fn honoured(name: &'static str, default: &'static str, meaning: &'static str) -> Variable {
    Variable {
        name,
        usage: Use::Honoured,
        default,
        meaning,
    }
}

const fn mapped(name: &'static str, to: &'static str, meaning: &'static str) -> Variable {
    Variable {
        name,
        usage: Use::MappedTo(to),
        default: "",
        meaning,
    }
}

const fn no_effect(name: &'static str, why: &'static str, meaning: &'static str) -> Variable {
    Variable {
        name,
        usage: Use::NoEffect(why),
        default: "",
        meaning,
    }
}

const QUEUE_IS_POSTGRES: &str = "tasks wait in PostgreSQL, not in a broker";
const NO_UPLOADS: &str = "this version stores no uploads";

#[rustfmt::skip]
pub const VARIABLES: &[Variable] = &[
    own("JOBBOARD_CONFIG", "", "a TOML file with these variables as top-level keys; the environment wins"),

    own("DATABASE_URL", "", "postgres://user:password@host:port/name; without it the all-in-one runs its own PostgreSQL"),
    own("DATABASE_DIRECT_URL", "", "the same database past a transaction pooler; without it the worker polls and does not listen, and the API keeps no answers"),
    own("DATABASE_MAX_CONNECTIONS", "16", "connections of the API and of the workers, in each process"),
    mapped("DB_NAME", "DATABASE_URL", "name of the database"),
    mapped("DB_USER", "DATABASE_URL", "its user"),
    mapped("DB_PASSWORD", "DATABASE_URL", "the user's password"),
    mapped("DB_HOST", "DATABASE_URL", "its host, localhost when only DB_NAME is set"),
    mapped("DB_PORT", "DATABASE_URL", "its port, 5432 when absent"),

    own("REDIS_URL", "", "redis://user:password@host:port/number, rediss:// for TLS; replicas share their rate limits and kept answers there; without it each has its own"),
    own("JOBBOARD_REDIS_TIMEOUT", "200ms", "what a request waits for Redis before it does without"),
    mapped("REDIS_HOST", "REDIS_URL", "host of Redis"),
    mapped("REDIS_PORT", "REDIS_URL", "its port, 6379 when absent"),
    mapped("REDIS_DB", "REDIS_URL", "its database number, 0 when absent"),

    own("JOBBOARD_HTTP_ADDR", "127.0.0.1:8000", "where to listen"),
    own("JOBBOARD_PUBLIC_URL", "", "what links begin with; http:// and the address when absent"),
    honoured("ALLOWED_HOSTS", "", "host names that requests may name, comma separated, .example.org with its subdomains; any when absent"),
    own("JOBBOARD_CORS_ORIGINS", "", "front ends on other hosts whose scripts may ask, comma separated, as https://jobs.example.org; none when absent"),
    own("JOBBOARD_TRUSTED_PROXIES", "", "addresses and networks whose X-Forwarded-For is believed, comma separated, as 10.0.0.0/8; none when absent"),
    own("JOBBOARD_MAX_BODY_BYTES", "1048576", "largest request body"),
    own("JOBBOARD_MAX_IMPORT_BYTES", "104857600", "largest file of an import"),

    own("JOBBOARD_RATE_LIMITS", "true", "false lifts all limits below"),
    own("JOBBOARD_RATE_ANONYMOUS", "1000/1h", "requests without an account that read, of each address; off lifts the limit"),
    own("JOBBOARD_RATE_SIGNED_IN", "1000/1h", "requests of each account that read"),
    own("JOBBOARD_RATE_WRITES", "300/1h", "requests that change something, of each account, or address without one"),
    own("JOBBOARD_RATE_AUTH", "100/1h", "requests to sign in, register and the like, of each address"),
    own("JOBBOARD_RATE_ACCOUNT", "30/1h", "attempts to sign in to each account from each address"),
    own("JOBBOARD_RATE_ACCOUNT_TOTAL", "300/1h", "attempts to sign in to each account from everywhere"),

    own("JOBBOARD_CACHE", "true", "false: every answer is made anew, and none is kept"),
    own("JOBBOARD_CACHE_BYTES", "67108864", "memory for kept answers, in each API process"),

    own("JOBBOARD_METRICS_ADDR", "", "where this process serves its metrics to a Prometheus, as 127.0.0.1:9100, under /metrics; nowhere when absent"),
    own("JOBBOARD_HEALTH_MAX_AGE", "5m", "/health/worker/ answers 503 when a due task has waited longer"),

    own("JOBBOARD_SECRET_KEY", "", "signs tokens and cursors, 32 bytes or more; without it one is made and kept in the data folder"),
    mapped("SECRET_KEY", "JOBBOARD_SECRET_KEY", "the application's secret"),
    mapped("JWT_SECRET_KEY", "JOBBOARD_SECRET_KEY", "the tokens' secret; wins over SECRET_KEY"),
    honoured("JWT_ACCESS_TOKEN_LIFETIME", "3600", "seconds, or a time as 1h"),
    honoured("JWT_REFRESH_TOKEN_LIFETIME", "604800", "seconds, or a time as 7d"),

    own("SMTP_URL", "", "smtp://user:password@host:port, smtps:// for TLS from the start, ?tls=required for STARTTLS; without it mail is kept in the outbox folder"),
    own("JOBBOARD_OUTBOX_DIR", "", "folder for mail as .eml files; not together with SMTP_URL"),
    own("JOBBOARD_MAIL_FROM", "Job Board <jobboard@example.invalid>", "sender of all mail; needed with SMTP_URL"),
    own("JOBBOARD_MAIL_TEMPLATES", "", "folder of templates that stand in for those of the program, named as there; checked at start"),
    own("JOBBOARD_MAIL_REPORT_SECRET", "", "secret with which the mail provider reports bounces and complaints, of 32 bytes or more; no reports are taken without"),
    own("JOBBOARD_SMTP_TIMEOUT", "5m", "how long the mail server may take to answer a mail; giving up earlier than it does makes for mails sent twice"),
    mapped("EMAIL_BACKEND", "SMTP_URL", "the name ends in smtp.EmailBackend (mail is sent) or in another backend's (mail goes to the outbox folder)"),
    mapped("EMAIL_HOST", "SMTP_URL", "host of the mail server"),
    mapped("EMAIL_PORT", "SMTP_URL", "its port; 587 with TLS, else 25, when absent"),
    mapped("EMAIL_USE_TLS", "SMTP_URL", "true: STARTTLS is required, false: no encryption; where the server can, when absent"),
    mapped("EMAIL_HOST_USER", "SMTP_URL", "its user; the sender too, when it is an address and JOBBOARD_MAIL_FROM is absent"),
    mapped("EMAIL_HOST_PASSWORD", "SMTP_URL", "the user's password"),

    own("JOBBOARD_LIVE_HEARTBEAT", "30s", "how often a live connection is asked for a sign of life; without one for twice as long it is closed"),
    own("JOBBOARD_LIVE_PATIENCE", "10s", "what a live client gets to take what it is sent before it is dropped"),
    own("JOBBOARD_LIVE_PER_ACCOUNT", "10", "live connections of one account to one process"),

    own("JOBBOARD_QUEUES", "default=4,imports=2,mail=8,recommendations=2,search=4", "queues that this worker serves and how many tasks of each run at once"),
    own("JOBBOARD_LEASE", "20s", "how long a task stays with a worker that gives no sign of life; it runs elsewhere a tenth of that later, 2 seconds at most"),
    own("JOBBOARD_SHUTDOWN_GRACE", "25s", "what running tasks get to finish when told to stop"),
    no_effect("CELERY_BROKER_URL", QUEUE_IS_POSTGRES, "Celery's broker"),
    no_effect("CELERY_RESULT_BACKEND", QUEUE_IS_POSTGRES, "Celery's results"),

    own("JOBBOARD_TRENDING_HALF_LIFE", "3d", "time in which a view or an application loses half its weight"),
    own("JOBBOARD_RECOMMEND_CONTENT_WEIGHT", "1", "share of likeness of profile and job in a recommendation"),
    own("JOBBOARD_RECOMMEND_COLLABORATIVE_WEIGHT", "0.1", "share of what similar people did"),
    own("JOBBOARD_RECOMMEND_TRENDING_WEIGHT", "0.05", "share of what trends"),
    own("JOBBOARD_RECOMMEND_RECENCY_WEIGHT", "0.2", "share of how lately a job was published"),
    own("JOBBOARD_RECOMMEND_ARMS", "hybrid=1", "arms under comparison and how many users get each: content, collaborative, hybrid, spec_weights, trending"),
    own("JOBBOARD_RECOMMEND_SALT", "1", "another one draws the users of the arms anew"),
    own("JOBBOARD_RECOMMEND_TITLE_WEIGHT", "1", "the title within the content"),
    own("JOBBOARD_RECOMMEND_DESCRIPTION_WEIGHT", "0.5", "the description within the content"),
    own("JOBBOARD_RECOMMEND_SKILLS_WEIGHT", "1", "the skills within the content"),
    own("JOBBOARD_RECOMMEND_LOCATION_WEIGHT", "1.5", "the location's words within the content"),
    own("JOBBOARD_RECOMMEND_VICINITY_WEIGHT", "2", "nearness on the map within the content"),
    own("JOBBOARD_RECOMMEND_CATEGORY_WEIGHT", "0.5", "the category within the content"),
    own("JOBBOARD_RECOMMEND_COMPANY_WEIGHT", "0.3", "the company within the content"),
    own("JOBBOARD_RECOMMEND_DIVERSITY_LAMBDA", "0.9", "1 ranks by score alone, less prefers variety"),
    own("JOBBOARD_RECOMMEND_MAX_PER_COMPANY", "3", "jobs of one company in each ten of a list"),
    own("JOBBOARD_RECOMMEND_PER_USER", "30", "recommendations kept per user"),
    own("JOBBOARD_RECOMMEND_LIFETIME", "7d", "after which a recommendation is no longer shown"),

    own("JOBBOARD_LOG", "info,sqlx::postgres::notice=warn", "filter, as info,sqlx=warn"),
    own("JOBBOARD_LOG_FORMAT", "auto", "text, json, or auto: text on a terminal, else JSON"),
    honoured("DEBUG", "false", "true: JOBBOARD_LOG is debug when absent; answers show no more than otherwise"),
    no_effect("SENTRY_DSN", "this version reports errors to its log alone", "address of an error tracker"),

    own("JOBBOARD_DATA_DIR", "", "folder of the all-in-one; /var/lib/jobboard for root, else ./.jobboard"),
    own("JOBBOARD_POSTGRES_BIN", "", "folder of the all-in-one's initdb and postgres; searched for when absent"),
    own("JOBBOARD_POSTGRES_USER", "", "whom the all-in-one runs PostgreSQL as when started as root; postgres, else nobody"),
    own("JOBBOARD_POSTGRES_RELEASES", "https://github.com/theseus-rs/postgresql-binaries/releases/download", "where the all-in-one downloads a PostgreSQL when none is installed"),
    own("JOBBOARD_SAMPLE_DATA", "true", "whether the all-in-one's first start loads sample data"),

    no_effect("AWS_ACCESS_KEY_ID", NO_UPLOADS, "key of the object store"),
    no_effect("AWS_SECRET_ACCESS_KEY", NO_UPLOADS, "its secret"),
    no_effect("AWS_STORAGE_BUCKET_NAME", NO_UPLOADS, "its bucket"),
    no_effect("AWS_S3_REGION_NAME", NO_UPLOADS, "its region"),
];

pub fn is_known(name: &str) -> bool {
    VARIABLES.iter().any(|variable| variable.name == name)
}

/// The default as it stands in the table.
pub(super) fn default_of(name: &str) -> &'static str {
    VARIABLES
        .iter()
        .find(|variable| variable.name == name)
        .map_or("", |variable| variable.default)
}
