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

/// How long connections may take.
#[derive(Clone, Copy)]
struct Limits {
    /// For the head of a request, counted from the end of the one before: an
    /// idle connection is closed after it too.
    head: Duration,
    /// What running requests get to finish at shutdown.
    grace: Duration,
    /// How long a client may take nothing of what was sent.
    unread: Duration,
}

const LIMITS: Limits = Limits {
    head: Duration::from_secs(30),
    grace: Duration::from_secs(25),
    unread: Duration::from_secs(30),
};

const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Serves until `shutdown` is cancelled; then accepts nothing more, lets running
/// requests finish for up to 25 seconds, and cuts off what is left.
pub async fn serve_endpoint(
    listener: TcpListener,
    endpoint: impl Endpoint<Output = Response> + 'static,
    shutdown: CancellationToken,
) -> io::Result<()> {
    serve_within(LIMITS, listener, endpoint, shutdown).await
}

async fn serve_within(
    limits: Limits,
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
                    limits,
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
    if tokio::time::timeout(limits.grace, connections.wait())
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
    limits: Limits,
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
        end_where_nothing_is_taken(&stream, self.limits.unread);
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
            .header_read_timeout(self.limits.head)
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

/// Without it a client that does not read holds its connection, and what waits for it,
/// as long as it likes. Other systems than Linux do not know it.
fn end_where_nothing_is_taken(stream: &TcpStream, after: Duration) {
    #[cfg(target_os = "linux")]
    {
        let millis = u32::try_from(after.as_millis()).unwrap_or(u32::MAX);
        if let Err(error) = rustix::net::sockopt::set_tcp_user_timeout(stream, millis) {
            warn!(%error, "clients that do not read are not cut off");
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (stream, after);
}

#[cfg(test)]
mod tests {
    use futures::stream;
    use poem::{Body, Request, http::StatusCode};
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        sync::Notify,
        task::JoinHandle,
    };

    use super::*;

    const SHORT: Duration = Duration::from_millis(50);
    const LONG: Duration = Duration::from_secs(60);

    /// Answers once it is let go.
    #[derive(Clone, Default)]
    struct Held {
        began: Arc<Notify>,
        go: Arc<Notify>,
    }

    impl Endpoint for Held {
        type Output = Response;

        async fn call(&self, _request: Request) -> poem::Result<Response> {
            self.began.notify_one();
            self.go.notified().await;
            Ok(StatusCode::NO_CONTENT.into())
        }
    }

    struct Served {
        address: SocketAddr,
        shutdown: CancellationToken,
        ended: JoinHandle<io::Result<()>>,
    }

    async fn serve(limits: Limits, endpoint: impl Endpoint<Output = Response> + 'static) -> Served {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shutdown = CancellationToken::new();
        let ended = tokio::spawn(serve_within(limits, listener, endpoint, shutdown.clone()));
        Served {
            address,
            shutdown,
            ended,
        }
    }

    async fn send(address: SocketAddr, text: &str) -> TcpStream {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(text.as_bytes()).await.unwrap();
        stream
    }

    /// What comes until the server closes.
    async fn rest(mut stream: TcpStream) -> String {
        let mut text = String::new();
        let _ = stream.read_to_string(&mut text).await;
        text
    }

    const REQUEST: &str = "GET / HTTP/1.1\r\nhost: x\r\n\r\n";

    #[tokio::test]
    async fn who_does_not_finish_a_head_is_cut_off() {
        let limits = Limits {
            head: SHORT,
            grace: LONG,
            unread: LONG,
        };
        let served = serve(limits, Held::default()).await;
        for begun in ["", "P", "GET / HTTP/1.1\r\nhost"] {
            let stream = send(served.address, begun).await;
            let answer = tokio::time::timeout(LONG, rest(stream)).await.unwrap();
            assert!(!answer.contains("204"), "{answer}");
        }
    }

    /// Sends without end, and tells when that is over.
    #[derive(Clone, Default)]
    struct Endless(Arc<Notify>);

    struct Told(Arc<Notify>);

    impl Drop for Told {
        fn drop(&mut self) {
            self.0.notify_one();
        }
    }

    impl Endpoint for Endless {
        type Output = Response;

        async fn call(&self, _request: Request) -> poem::Result<Response> {
            let told = Told(Arc::clone(&self.0));
            let chunks = stream::repeat_with(move || {
                let _until_dropped = &told;
                Ok::<_, io::Error>(vec![0_u8; 65_536])
            });
            Ok(Response::builder().body(Body::from_bytes_stream(chunks)))
        }
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn who_reads_nothing_is_cut_off() {
        let limits = Limits {
            head: LONG,
            grace: LONG,
            unread: Duration::from_secs(1),
        };
        let endless = Endless::default();
        let served = serve(limits, endless.clone()).await;
        let _unread = send(served.address, REQUEST).await;
        let cut_off = tokio::time::timeout(LONG, endless.0.notified()).await;
        assert!(cut_off.is_ok());
    }

    #[tokio::test]
    async fn a_running_request_is_answered_before_the_end() {
        let limits = Limits {
            head: LONG,
            grace: LONG,
            unread: LONG,
        };
        let held = Held::default();
        let served = serve(limits, held.clone()).await;
        let idle = send(served.address, "").await;
        let stream = send(served.address, REQUEST).await;
        held.began.notified().await;
        served.shutdown.cancel();
        assert_eq!(rest(idle).await, "");
        held.go.notify_one();
        let answer = rest(stream).await;
        assert!(answer.starts_with("HTTP/1.1 204"), "{answer}");
        served.ended.await.unwrap().unwrap();
        assert!(TcpStream::connect(served.address).await.is_err());
    }

    #[tokio::test]
    async fn a_request_that_never_ends_does_not_hold_the_server() {
        let limits = Limits {
            head: LONG,
            grace: SHORT,
            unread: LONG,
        };
        let held = Held::default();
        let served = serve(limits, held.clone()).await;
        let stream = send(served.address, REQUEST).await;
        held.began.notified().await;
        served.shutdown.cancel();
        served.ended.await.unwrap().unwrap();
        assert_eq!(rest(stream).await, "");
    }
}
