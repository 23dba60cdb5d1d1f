use std::collections::BTreeSet;

use secrecy::ExposeSecret;

use super::{
    Config, RateLimits, Recommendations, Settings, Source, Wrong,
    variables::{Use, VARIABLES},
};

fn read(values: &[(&str, &str)]) -> Result<Settings, Wrong> {
    Settings::read(Source::of(values.iter().copied()), &[])
}

fn refused(values: &[(&str, &str)]) -> Vec<String> {
    read(values)
        .unwrap_err()
        .0
        .into_iter()
        .map(|wrong| wrong.variable)
        .collect()
}

fn database_url(values: &[(&str, &str)]) -> String {
    read(values)
        .unwrap()
        .database_url
        .unwrap()
        .expose_secret()
        .to_owned()
}

#[test]
fn the_defaults_are_right() {
    let config = Config::for_tests("postgres://localhost/x");
    assert_eq!(config.worker.queues.len(), 5);
    assert_eq!(config.auth.access_token_lifetime.as_secs(), 3600);
    assert_eq!(config.recommendations, Recommendations::default());
    let settings = Settings::defaults();
    assert_eq!(settings.http.public_url.as_str(), "http://127.0.0.1:8000/");
    assert!(settings.local.sample_data);
}

#[test]
fn every_wrong_value_is_named_at_once_and_none_is_shown() {
    let values = [
        ("DATABASE_URL", "mysql://root:hunter2@db/x"),
        ("DATABASE_MAX_CONNECTIONS", "hunter2"),
        ("JOBBOARD_SECRET_KEY", "hunter2"),
        ("JOBBOARD_MAIL_REPORT_SECRET", "hunter2"),
        ("JOBBOARD_HTTP_ADDR", "hunter2"),
        ("SMTP_URL", "hunter2://x"),
        ("JOBBOARD_QUEUES", "hunter2"),
        ("JWT_ACCESS_TOKEN_LIFETIME", "hunter2"),
        ("ALLOWED_HOSTS", "https://hunter2/"),
        ("DEBUG", "hunter2"),
        ("JOBBOARD_MAIL_FROM", "hunter2"),
        ("JOBBOARD_RECOMMEND_DIVERSITY_LAMBDA", "2"),
    ];
    let wrong = read(&values).unwrap_err();
    let named: BTreeSet<_> = wrong.0.iter().map(|w| w.variable.as_str()).collect();
    assert_eq!(named, values.iter().map(|(name, _)| *name).collect());
    assert_eq!(wrong.0.len(), values.len());
    let text = wrong.to_string();
    assert!(text.starts_with("the configuration has 12 wrong values:\n  "));
    assert!(!text.contains("hunter2"), "{text}");
}

#[test]
fn secrets_do_not_show_in_debug_output() {
    let settings = read(&[
        ("DATABASE_URL", "postgres://u:hunter2@db/x"),
        ("DATABASE_DIRECT_URL", "postgres://u:hunter2@db/x"),
        ("SECRET_KEY", "hunter2 hunter2 hunter2 hunter2 hunter2"),
        (
            "JOBBOARD_MAIL_REPORT_SECRET",
            "hunter2 hunter2 hunter2 hunter2 hunter2",
        ),
        ("REDIS_URL", "redis://:hunter2@cache"),
        ("SMTP_URL", "smtp://u:hunter2@mail"),
        ("JOBBOARD_MAIL_FROM", "jobs@example.org"),
        ("SENTRY_DSN", "https://hunter2@errors/1"),
    ])
    .unwrap();
    assert!(!format!("{settings:?}").contains("hunter2"));
}

#[test]
fn a_needed_database_is_asked_for_by_name() {
    let wrong = Settings::read(Source::default(), &["DATABASE_URL"]).unwrap_err();
    assert_eq!(wrong.0[0].variable, "DATABASE_URL");
    let half = Settings::read(Source::of([("DB_HOST", "db")]), &["DATABASE_URL"]).unwrap_err();
    assert_eq!(half.0.len(), 1);
    assert_eq!(half.0[0].variable, "DB_NAME");
}

#[test]
fn db_variables_make_an_address() {
    let parts = [
        ("DB_NAME", "job/board"),
        ("DB_USER", "a@b"),
        ("DB_PASSWORD", "p:/?#%"),
        ("DB_HOST", "db.example"),
        ("DB_PORT", "5433"),
    ];
    let url = database_url(&parts);
    let options: sqlx::postgres::PgConnectOptions = url.parse().unwrap();
    assert_eq!(options.get_host(), "db.example");
    assert_eq!(options.get_port(), 5433);
    assert_eq!(options.get_username(), "a@b");
    assert_eq!(options.get_database(), Some("job/board"));
    assert_eq!(
        database_url(&[("DB_NAME", "jobs")]),
        "postgres://postgres@localhost:5432/jobs"
    );
    let mut both = parts.to_vec();
    both.push(("DATABASE_URL", "postgres://own/x"));
    assert_eq!(database_url(&both), "postgres://own/x");
    assert_eq!(refused(&[("DB_NAME", "x"), ("DB_PORT", "0")]), ["DB_PORT"]);
}

#[test]
fn email_variables_make_a_mail_server() {
    let parts = [
        ("EMAIL_HOST", "smtp.example.org"),
        ("EMAIL_PORT", "2525"),
        ("EMAIL_USE_TLS", "True"),
        ("EMAIL_HOST_USER", "me@example.org"),
        ("EMAIL_HOST_PASSWORD", "p@ss"),
        (
            "EMAIL_BACKEND",
            "django.core.mail.backends.smtp.EmailBackend",
        ),
    ];
    let mail = read(&parts).unwrap().mail;
    assert_eq!(
        mail.smtp_url.unwrap().expose_secret(),
        "smtp://me%40example.org:p%40ss@smtp.example.org:2525?tls=required"
    );
    assert_eq!(mail.from, "me@example.org");

    let mut plain = parts;
    plain[2].1 = "False";
    let url = read(&plain).unwrap().mail.smtp_url.unwrap();
    assert!(url.expose_secret().ends_with(":2525?tls=none"));

    let mut kept = parts;
    kept[5].1 = "django.core.mail.backends.filebased.EmailBackend";
    assert!(read(&kept).unwrap().mail.smtp_url.is_none());

    assert_eq!(refused(&[("EMAIL_HOST", "mail")]), ["JOBBOARD_MAIL_FROM"]);
    assert_eq!(refused(&[("SMTP_URL", "smtp://mail?tls=no")]), ["SMTP_URL"]);
    let mut half = parts.to_vec();
    half.retain(|(name, _)| *name != "EMAIL_HOST_PASSWORD");
    assert_eq!(refused(&half), ["EMAIL_HOST_PASSWORD"]);
    for half in ["smtp://user@mail", "smtps://user:@mail"] {
        assert_eq!(
            refused(&[("SMTP_URL", half), ("JOBBOARD_MAIL_FROM", "a@b.example")]),
            ["SMTP_URL"]
        );
    }
    assert_eq!(
        refused(&[
            ("SMTP_URL", "smtp://mail"),
            ("JOBBOARD_OUTBOX_DIR", "/x"),
            ("JOBBOARD_MAIL_FROM", "a@b.example"),
        ]),
        ["JOBBOARD_OUTBOX_DIR"]
    );
}

#[test]
fn the_secret_comes_from_one_of_three_and_is_no_example() {
    let long = |letter: char| letter.to_string().repeat(32);
    let (own, jwt, app) = (long('o'), long('j'), long('a'));
    let chosen = |values: &[(&str, &str)]| {
        read(values)
            .unwrap()
            .secret_key
            .unwrap()
            .expose_secret()
            .to_owned()
    };
    let all = [
        ("SECRET_KEY", app.as_str()),
        ("JWT_SECRET_KEY", jwt.as_str()),
        ("JOBBOARD_SECRET_KEY", own.as_str()),
    ];
    assert_eq!(chosen(&all), own);
    assert_eq!(chosen(&all[..2]), jwt);
    assert_eq!(chosen(&all[..1]), app);
    assert_eq!(
        refused(&[("SECRET_KEY", "your-secret-key-here-change-in-production")]),
        ["SECRET_KEY"]
    );
}

#[test]
fn what_changes_nothing_is_told() {
    let settings = read(&[
        ("CELERY_BROKER_URL", "redis://x"),
        ("SENTRY_DSN", "https://x"),
        ("AWS_STORAGE_BUCKET_NAME", "files"),
    ])
    .unwrap();
    let names: Vec<_> = settings
        .without_effect
        .iter()
        .map(|(name, _)| *name)
        .collect();
    assert_eq!(
        names,
        ["CELERY_BROKER_URL", "SENTRY_DSN", "AWS_STORAGE_BUCKET_NAME"]
    );
}

#[test]
fn redis_variables_make_an_address() {
    let url = |values: &[(&str, &str)]| {
        let url = read(values).unwrap().redis_url;
        url.map(|url| url.expose_secret().to_owned())
    };
    assert_eq!(url(&[]), None);
    assert_eq!(url(&[("REDIS_PORT", "6380")]), None);
    let parts = [
        ("REDIS_HOST", "cache"),
        ("REDIS_PORT", "6380"),
        ("REDIS_DB", "2"),
    ];
    assert_eq!(url(&parts).as_deref(), Some("redis://cache:6380/2"));
    assert_eq!(url(&parts[..1]).as_deref(), Some("redis://cache/0"));
    let own = [
        ("REDIS_HOST", "cache"),
        ("REDIS_URL", "rediss://:p@own:1/3"),
    ];
    assert_eq!(url(&own).as_deref(), Some("rediss://:p@own:1/3"));
    assert_eq!(refused(&[("REDIS_URL", "http://cache")]), ["REDIS_URL"]);
}

#[test]
fn limits_are_set_one_by_one_and_lifted_together() {
    let limits = |values: &[(&str, &str)]| read(values).unwrap().rate_limits;
    let own = limits(&[
        ("JOBBOARD_RATE_AUTH", "5/1m"),
        ("JOBBOARD_RATE_WRITES", "off"),
    ]);
    assert_eq!(own.auth, "5/1m".parse().ok());
    assert_eq!(own.writes, None);
    assert_eq!(own.anonymous, "1000/1h".parse().ok());
    let lifted = limits(&[
        ("JOBBOARD_RATE_LIMITS", "false"),
        ("JOBBOARD_RATE_AUTH", "5/1m"),
    ]);
    assert_eq!(lifted, RateLimits::default());
    assert_eq!(
        refused(&[("JOBBOARD_RATE_AUTH", "many")]),
        ["JOBBOARD_RATE_AUTH"]
    );
}

#[test]
fn debug_only_widens_the_log() {
    assert_eq!(read(&[("DEBUG", "True")]).unwrap().log.filter, "debug");
    let own = [("DEBUG", "True"), ("JOBBOARD_LOG", "warn")];
    assert_eq!(read(&own).unwrap().log.filter, "warn");
}

#[test]
fn origins_are_as_browsers_name_them() {
    let origins = |text| read(&[("JOBBOARD_CORS_ORIGINS", text)]).map(|s| s.http.cors_origins);
    let right = origins("https://jobs.example.org, http://localhost:3000/").unwrap();
    assert_eq!(right, ["https://jobs.example.org", "http://localhost:3000"]);
    for wrong in [
        "*",
        "jobs.example.org",
        "https://a.org/path",
        "https://a.org:443",
        "null",
        "ftp://a.org",
    ] {
        assert!(origins(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn hosts_match_by_name_without_port() {
    let http = read(&[("ALLOWED_HOSTS", "localhost,.example.org,[::1]")])
        .unwrap()
        .http;
    for right in [
        "localhost",
        "LOCALHOST:8000",
        "example.org",
        "a.example.org:1",
        "[::1]:80",
    ] {
        assert!(http.allows_host(right), "{right}");
    }
    for wrong in ["", "badexample.org", "localhost.evil", "example.org.evil"] {
        assert!(!http.allows_host(wrong), "{wrong}");
    }
    assert!(Settings::defaults().http.allows_host("anything"));
}

#[test]
fn mapped_variables_lead_to_a_variable() {
    for variable in VARIABLES {
        if let Use::MappedTo(target) = variable.usage {
            let found = VARIABLES.iter().find(|other| other.name == target).unwrap();
            assert_eq!(found.usage, Use::Own, "{}", variable.name);
        }
    }
    let names: BTreeSet<_> = VARIABLES.iter().map(|variable| variable.name).collect();
    assert_eq!(names.len(), VARIABLES.len(), "a variable stands twice");
}

/// `NAME=` at the start of a line, or behind `# ` where a variable is off.
#[test]
fn the_example_file_and_the_table_name_the_same_variables() {
    let example = include_str!("../../../.env.example");
    let in_example: Vec<&str> = example
        .lines()
        .filter_map(|line| line.strip_prefix("# ").unwrap_or(line).split_once('='))
        .map(|(name, _)| name)
        .filter(|name| {
            name.bytes()
                .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
        })
        .collect();
    let in_table: BTreeSet<_> = VARIABLES.iter().map(|variable| variable.name).collect();
    assert_eq!(
        in_example.iter().copied().collect::<BTreeSet<_>>(),
        in_table
    );
    assert_eq!(in_example.len(), in_table.len(), "a variable stands twice");
}

/// The specification's sample environment, value by value, is understood.
#[test]
fn the_example_file_can_be_used_as_it_stands() {
    let example = include_str!("../../../.env.example");
    let set: Vec<(&str, &str)> = example
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once('='))
        .collect();
    read(&set).unwrap();
}

fn table() -> String {
    let rows = VARIABLES.iter().map(|variable| {
        let usage = match variable.usage {
            Use::Own => "ours".to_owned(),
            Use::Honoured => "the specification's, as written".to_owned(),
            Use::MappedTo(target) => format!("the specification's, part of `{target}`"),
            Use::NoEffect(why) => format!("accepted, without effect: {why}"),
        };
        let default = match variable.default {
            "" => String::new(),
            default => format!("`{default}`"),
        };
        format!(
            "| `{}` | {} | {default} | {usage} |\n",
            variable.name, variable.meaning
        )
    });
    let head = "| Variable | Meaning | Default | Whose |\n| --- | --- | --- | --- |\n";
    head.to_owned() + &rows.collect::<String>()
}

/// On a failure: the table that belongs there is in the message.
#[test]
fn the_documented_table_is_the_one_in_the_code() {
    let document = include_str!("../../../docs/CONFIGURATION.md");
    assert!(document.contains(&table()), "\n{}", table());
}
