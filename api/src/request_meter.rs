//! Counting requests.

use std::{
    collections::HashMap,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use jobboard_shared::{metrics::Exposition, queue::histogram::Histogram};
use poem::http::{Method, StatusCode};

/// The answers of one route to one method.
#[derive(Debug, Default)]
struct Answers {
    by_status: HashMap<u16, u64>,
    took: Histogram,
    seconds: f64,
}

/// By route, never by address: what clients make up must not fill the memory.
type ByRoute = HashMap<(&'static str, String), Answers>;

#[derive(Debug, Default)]
pub(crate) struct RequestMeter {
    in_flight: AtomicU64,
    answers: Mutex<ByRoute>,
}

/// A request that is being answered.
pub(crate) struct InFlight<'a>(&'a RequestMeter);

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

impl InFlight<'_> {
    pub(crate) fn end(self, method: &Method, route: &str, status: StatusCode, took: Duration) {
        let mut answers = self.0.answers();
        let answers = answers
            .entry((method_name(method), route.to_owned()))
            .or_default();
        *answers.by_status.entry(status.as_u16()).or_default() += 1;
        answers.took.record(took);
        answers.seconds += took.as_secs_f64();
    }
}

impl RequestMeter {
    pub(crate) fn begin(&self) -> InFlight<'_> {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        InFlight(self)
    }

    pub(crate) fn expose(&self, out: &mut Exposition) {
        out.gauge(
            "jobboard_http_requests_in_flight",
            "Requests that are being answered.",
            &[],
            self.in_flight.load(Ordering::Relaxed) as f64,
        );
        for ((method, route), answers) in self.answers().iter() {
            let labels = [("method", *method), ("route", route.as_str())];
            out.histogram(
                "jobboard_http_request_seconds",
                "From a request's head to its answer.",
                &labels,
                (&answers.took, answers.seconds),
            );
            for (status, number) in &answers.by_status {
                out.counter(
                    "jobboard_http_requests_total",
                    "Answered requests; the route is - where no route fits.",
                    &[labels[0], labels[1], ("status", &status.to_string())],
                    *number,
                );
            }
        }
    }

    fn answers(&self) -> MutexGuard<'_, ByRoute> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
