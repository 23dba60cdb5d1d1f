//! Accepts connections and serves them, HTTP/1.1.
//!
//! The framework's own server has no time limit on a request's head and spins
//! when the process runs out of file descriptors, hence this one.

use std::{convert::Infallible, io, net::SocketAddr, sync::Arc, time::Duration};

use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use poem::{
    Addr, Endpoint, Response,
    http::uri::Scheme,
    web::{LocalAddr, RemoteAddr},
};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::{info, warn};

/// For the head of a request, counted from the end of the one before: an idle
/// connection is closed after it too.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// What running requests get to finish at shutdown.
const GRACE: Duration = Duration::from_secs(25);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Serves until `shutdown` is cancelled; then accepts nothing more, lets running
/// requests finish for up to 25 seconds, and cuts off what is left.
pub async fn serve_endpoint(
    listener: TcpListener,
    endpoint: impl Endpoint<Output = Response> + 'static,
    shutdown: CancellationToken,
) -> io::Result<()> {
    let local = listener.local_addr()?;
    info!(%local, "serving");
    let endpoint = Arc::new(endpoint);
    let connections = TaskTracker::new();
    let cut_off = CancellationToken::new();
    let mut pause = Duration::ZERO;
    loop {
        let accepted = tokio::select! {
            biased;
            () = shutdown.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, remote)) => {
                pause = Duration::ZERO;
                let connection = Connection {
                    local,
                    remote,
                    shutdown: shutdown.clone(),
                };
                let serving = connection.serve(stream, endpoint.clone());
                let cut_off = cut_off.clone();
                connections.spawn(async move {
                    tokio::select! {
                        () = serving => {}
                        () = cut_off.cancelled() => {}
                    }
                });
            }
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                // Out of descriptors or memory: others must finish first.
                pause = (pause * 2).clamp(Duration::from_millis(10), LONGEST_PAUSE);
                warn!(%error, pause_ms = pause.as_millis(), "cannot accept connections");
                tokio::time::sleep(pause).await;
            }
        }
    }
    drop(listener);
    connections.close();
    if tokio::time::timeout(GRACE, connections.wait())
        .await
        .is_err()
    {
        warn!(open = connections.len(), "cutting off what did not finish");
        cut_off.cancel();
        connections.wait().await;
    }
    Ok(())
}

fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::Interrupted
    )
}

struct Connection {
    local: SocketAddr,
    remote: SocketAddr,
    shutdown: CancellationToken,
}

impl Connection {
    async fn serve(
        self,
        stream: TcpStream,
        endpoint: Arc<impl Endpoint<Output = Response> + 'static>,
    ) {
        // Small answers must not wait for more; if it cannot be set, they do.
        let _ = stream.set_nodelay(true);
        let (local, remote) = (self.local, self.remote);
        let service = service_fn(move |request: hyper::Request<Incoming>| {
            let endpoint = endpoint.clone();
            async move {
                let request = (
                    request,
                    LocalAddr(Addr::from(local)),
                    RemoteAddr(Addr::from(remote)),
                    Scheme::HTTP,
                );
                let response = endpoint.get_response(request.into()).await;
                Ok::<hyper::Response<_>, Infallible>(response.into())
            }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIMEOUT)
            .serve_connection(TokioIo::new(stream), service)
            .with_upgrades();
        let mut connection = std::pin::pin!(connection);
        // Errors here are those of the client's side of the line.
        tokio::select! {
            _ = connection.as_mut() => {}
            () = self.shutdown.cancelled() => {
                connection.as_mut().graceful_shutdown();
                let _ = connection.await;
            }
        }
    }
}
