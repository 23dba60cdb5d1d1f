//! HTTP API of the job board.

mod admin;
mod alerts;
mod alone;
mod analytics;
mod answers;
mod applications;
pub mod auth;
pub mod body;
mod cached;
mod categories;
mod client_address;
mod companies;
mod cross_origin;
mod document;
mod edge;
mod employers;
mod etag;
mod exports;
mod framework_errors;
mod freelancers;
mod health;
mod idempotency;
mod imports;
mod jobs;
mod json;
mod limits;
mod live;
mod mail_reports;
mod messages;
mod methods;
mod notifications;
mod operations;
mod pages;
pub mod paging;
mod patch;
mod preconditions;
pub mod problem;
mod recommendations;
mod request_meter;
mod retries;
mod saved_jobs;
mod schema;
mod search;
mod server;
mod skills;
mod tags;
mod transaction;
mod users;
mod verification;

use std::sync::Arc;

use jobboard_shared::{
    Clock,
    auth::{MailedTokenKey, PageTokens, Passwords, TokenSigner},
    cache::Cache,
    config::Config,
    jobs::{Looks, VisitorKey},
    limits::Limiter,
    mail::Templates,
    metrics::{self, Metrics},
    notifications::UnsubscribeKey,
    pagination::CursorKey,
    redis_connection::RedisConnection,
    search::log::Recorder,
};
use poem::{
    Endpoint, EndpointExt, Response, Route,
    middleware::{Compression, NormalizePath, TrailingSlash},
    web::{CompressionAlgo, CompressionLevel},
};
use poem_openapi::{OpenApi, OpenApiService};
use sqlx::PgPool;

use crate::{edge::Edge, methods::get, operations::Guarded, request_meter::RequestMeter};

pub use alone::{listen, run_alone};
pub use edge::RequestId;
pub use server::serve_endpoint;

/// What handlers work with. Cheap to clone.
#[derive(Clone)]
pub struct App {
    pub db: PgPool,
    pub clock: Clock,
    pub config: Arc<Config>,
    pub cursors: CursorKey,
    pub tokens: TokenSigner,
    pub page_tokens: PageTokens,
    pub mailed_tokens: MailedTokenKey,
    pub unsubscribe: UnsubscribeKey,
    /// What mails are made from, for administrators to look at.
    pub mails: Arc<Templates>,
    pub passwords: Passwords,
    pub visitors: VisitorKey,
    /// Counts who looks at jobs.
    pub looks: Looks,
    /// Counts what is searched for.
    pub searches: Recorder,
    pub limiter: Arc<Limiter>,
    /// Absent where every answer is made anew.
    pub cache: Option<Arc<Cache>>,
    redis: Option<Arc<RedisConnection>>,
    live: Arc<live::Hub>,
    requests: Arc<RequestMeter>,
    worker_look: Arc<health::WorkerLook>,
}

impl App {
    /// Computes one password hash: call it at start-up.
    /// Requests are counted, and told where `metrics` are served.
    pub fn new(
        db: PgPool,
        clock: Clock,
        config: Arc<Config>,
        mails: Arc<Templates>,
        metrics: &Metrics,
    ) -> Self {
        let requests = Arc::<RequestMeter>::default();
        let redis = RedisConnection::configured(&config).map(Arc::new);
        let limiter = Arc::new(Limiter::new(&config, clock.clone(), redis.clone()));
        let cache = Cache::configured(&config, redis.as_ref()).map(Arc::new);
        let live = live::Hub::new(db.clone(), Arc::clone(&config), redis.clone());
        let live = Arc::new(live);
        let looks = Looks::new(db.clone());
        if config.metrics_addr.is_some() {
            let live = Arc::clone(&live);
            let (requests, db) = (Arc::clone(&requests), db.clone());
            let limiter = Arc::clone(&limiter);
            let (redis, cache, looks) = (redis.clone(), cache.clone(), looks.clone());
            metrics.add(move |out| {
                requests.expose(out);
                limiter.expose(out);
                live.expose(out);
                looks.expose(out);
                if let Some(redis) = &redis {
                    redis.expose(out);
                }
                if let Some(cache) = &cache {
                    cache.expose(out);
                }
                metrics::pool(out, "api", &db);
            });
        }
        // Half of the cores may hash passwords: the other half keeps answering.
        let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        Self {
            cursors: CursorKey::new(&config.auth.secret_key),
            tokens: TokenSigner::new(&config.auth.secret_key, config.auth.access_token_lifetime),
            page_tokens: PageTokens::new(&config.auth.secret_key),
            mailed_tokens: MailedTokenKey::new(&config.auth.secret_key),
            unsubscribe: UnsubscribeKey::new(&config.auth.secret_key),
            mails,
            passwords: Passwords::new(cores.div_ceil(2)),
            visitors: VisitorKey::new(&config.auth.secret_key),
            looks,
            searches: Recorder::new(db.clone(), clock.clone()),
            limiter,
            cache,
            redis,
            live,
            db,
            clock,
            config,
            requests,
            worker_look: Arc::default(),
        }
    }
}

/// Every operation there is. A tuple holds 16 members at most: nest.
fn operations() -> impl OpenApi {
    (
        (auth::AuthApi, auth::RecoveryApi),
        (users::UsersApi, users::AccountsApi),
        (
            jobs::JobsApi,
            (
                jobs::JobMovesApi,
                jobs::LooksApi,
                jobs::QuestionsApi,
                saved_jobs::SavedJobsApi,
            ),
            (imports::ImportsApi, exports::ExportsApi),
            search::SearchApi,
            (
                recommendations::RecommendationsApi,
                recommendations::CandidatesApi,
                recommendations::HiddenJobsApi,
            ),
            categories::CategoriesApi,
            (companies::CompaniesApi, companies::MembersApi),
            employers::EmployersApi,
            skills::SkillsApi,
            (
                freelancers::FreelancersApi,
                freelancers::ConsentApi,
                freelancers::PortfolioApi,
                freelancers::ExperienceApi,
                freelancers::EducationApi,
                freelancers::CertificationsApi,
                freelancers::UserSkillsApi,
                freelancers::ReviewsApi,
            ),
        ),
        (
            applications::ApplicationsApi,
            applications::EmployerApplicationsApi,
        ),
        (
            (messages::MessagesApi, messages::MessageReportsApi),
            mail_reports::MailReportsApi,
            notifications::NotificationsApi,
            notifications::PreferencesApi,
            live::TicketApi,
            alerts::AlertsApi,
        ),
        (
            admin::categories::CategoriesApi,
            (
                admin::settings::SettingsApi,
                admin::searches::SearchesApi,
                admin::recommendations::RecommendationsApi,
                admin::synonyms::SynonymsApi,
            ),
            analytics::AnalyticsApi,
            admin::skills::SkillsApi,
            verification::AskApi,
            verification::EmployersApi,
            verification::CompaniesApi,
            admin::tasks::TasksApi,
            admin::tasks::QueuesApi,
            admin::tasks::FleetApi,
            admin::tasks::MailsApi,
            admin::tasks::SuppressionsApi,
        ),
        health::HealthApi,
    )
}

/// The whole application.
pub fn build_app(app: App) -> impl Endpoint<Output = Response> + 'static {
    build_app_with(app, pages::add_to)
}

/// The whole application with further pages, under the same protections.
pub fn build_app_with(
    app: App,
    pages: impl FnOnce(Route) -> Route,
) -> impl Endpoint<Output = Response> + 'static {
    let service = service(operations());
    let docs = document::Docs::new(&service);
    let operations: Arc<poem::endpoint::BoxEndpoint<'static>> =
        Arc::new(poem::IntoEndpoint::into_endpoint(service));
    let route = Route::new()
        .at("/api/docs", get(docs.swagger))
        .at("/api/redoc", get(docs.redoc))
        .at("/api/schema", get(docs.schema))
        .at("/api/schema/postman", get(docs.postman))
        .nest_no_strip("/api", operations.clone())
        .nest_no_strip("/health", operations);
    let compressed = pages(route).with(
        Compression::new()
            .algorithms([CompressionAlgo::GZIP])
            .with_quality(CompressionLevel::Fastest),
    );
    let inner = live::add_to(Route::new())
        .nest_no_strip("/", compressed)
        .data(app.clone())
        .with(NormalizePath::new(TrailingSlash::Trim))
        .boxed();
    Edge::new(inner, app)
}

/// The OpenAPI document, as it is served at `/api/schema/`.
pub fn openapi_document() -> serde_json::Value {
    document::complete(&service(operations()).spec())
}

/// The same as a Postman collection.
pub fn postman_collection() -> serde_json::Value {
    document::postman_collection(&openapi_document())
}

fn service<A: OpenApi>(operations: A) -> OpenApiService<Guarded<A>, ()> {
    OpenApiService::new(Guarded(operations), "Job board", env!("CARGO_PKG_VERSION"))
        .description(
            "Jobs, applications, companies and recommendations. Every address is served with \
             and without a trailing slash. Errors are `application/problem+json` (RFC 9457) \
             and name every field that is wrong.",
        )
        .server("/")
}

/// Serves until `shutdown` is cancelled, then finishes what is running.
pub async fn serve(
    listener: tokio::net::TcpListener,
    app: App,
    shutdown: tokio_util::sync::CancellationToken,
) -> std::io::Result<()> {
    let (live, looks) = (Arc::clone(&app.live), app.looks.clone());
    let closing = async {
        shutdown.cancelled().await;
        live.close().await;
    };
    let serving = serve_endpoint(listener, build_app(app), shutdown.clone());
    let (served, ()) = tokio::join!(
        async {
            let served = serving.await;
            // Also where it ended by itself.
            shutdown.cancel();
            served
        },
        closing
    );
    // Those of the last requests.
    looks.write().await;
    served
}
