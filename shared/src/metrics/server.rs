//! The port that metrics are read from.

use std::{convert::Infallible, io, net::SocketAddr, time::Duration};

use hyper::{
    Method, Request, Response, StatusCode,
    body::Incoming,
    header::{CONTENT_TYPE, HeaderValue},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{net::TcpListener, task::JoinSet};
use tokio_util::task::AbortOnDropHandle;

use super::Metrics;
use crate::startup::StartError;

const TEXT: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
const HEAD_WITHIN: Duration = Duration::from_secs(30);
const CONNECTIONS: usize = 16;
const PAUSE: Duration = Duration::from_millis(200);

/// Answers `GET /metrics` at this address, if any, until the handle is dropped.
pub async fn serve(
    addr: Option<SocketAddr>,
    metrics: &Metrics,
) -> Result<Option<AbortOnDropHandle<()>>, StartError> {
    let Some(addr) = addr else { return Ok(None) };
    let listener = TcpListener::bind(addr)
        .await
        .map_err(|source| match source.kind() {
            io::ErrorKind::AddrInUse => StartError::MetricsAddressInUse { addr },
            _ => StartError::ListenForMetrics { addr, source },
        })?;
    tracing::info!(%addr, "metrics are served");
    let accepting = tokio::spawn(accept(listener, metrics.clone()));
    Ok(Some(AbortOnDropHandle::new(accepting)))
}

async fn accept(listener: TcpListener, metrics: Metrics) {
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        if connections.len() >= CONNECTIONS {
            connections.join_next().await;
        }
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection for metrics");
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        let metrics = metrics.clone();
        connections.spawn(async move {
            let service = service_fn(|request| answer(request, &metrics));
            let served = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEAD_WITHIN)
                .serve_connection(TokioIo::new(stream), service)
                .await;
            if let Err(error) = served {
                tracing::debug!(%error, "a reader of metrics went away");
            }
        });
    }
}

async fn answer(
    request: Request<Incoming>,
    metrics: &Metrics,
) -> Result<Response<String>, Infallible> {
    let path = request.uri().path().trim_end_matches('/');
    let found = path == "/metrics" && matches!(*request.method(), Method::GET | Method::HEAD);
    let mut response = Response::new(if found {
        metrics.render()
    } else {
        "GET /metrics\n".to_owned()
    });
    if !found {
        *response.status_mut() = StatusCode::NOT_FOUND;
    }
    response.headers_mut().insert(CONTENT_TYPE, TEXT);
    Ok(response)
}
