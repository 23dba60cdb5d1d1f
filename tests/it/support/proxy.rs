//! A network between a program and its server that fails as it is told.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use sqlx::postgres::PgConnectOptions;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream, UnixStream},
    sync::watch,
    task::JoinHandle,
};

/// What happens to a connection, to what it carries from now on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Pass,
    /// Bytes are taken and thrown away, nothing is closed: as when a cable is
    /// pulled. Never ends, even when the network is whole again.
    Swallow,
    Cut,
}

#[derive(Default)]
struct State {
    connections: Vec<watch::Sender<Fate>>,
    /// Of connections to come.
    next: Option<Fate>,
}

/// Listens on a port of its own and passes on to a Postgres.
pub(crate) struct Proxy {
    addr: SocketAddr,
    state: Arc<Mutex<State>>,
    accepted: Arc<AtomicUsize>,
    delay: watch::Sender<Duration>,
    accepting: JoinHandle<()>,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Proxy {
    /// In front of the server of this address.
    pub(crate) async fn before(url: &str) -> Self {
        let server: PgConnectOptions = url.parse().expect("an address");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let addr = listener.local_addr().expect("its number");
        let state = Arc::<Mutex<State>>::default();
        let accepted = Arc::<AtomicUsize>::default();
        let (delay, delays) = watch::channel(Duration::ZERO);
        let (all, count) = (Arc::clone(&state), Arc::clone(&accepted));
        let accepting = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::Relaxed);
                let fates = {
                    let mut all = all.lock().expect("state");
                    let (fate, fates) = watch::channel(all.next.unwrap_or(Fate::Pass));
                    all.connections.retain(|fate| !fate.is_closed());
                    all.connections.push(fate);
                    fates
                };
                tokio::spawn(carry(client, server.clone(), fates, delays.clone()));
            }
        });
        Self {
            addr,
            state,
            accepted,
            delay,
            accepting,
        }
    }

    /// The address of a database on the server, through this proxy.
    pub(crate) fn url(&self, direct: &str) -> String {
        let server: PgConnectOptions = direct.parse().expect("an address");
        format!(
            "postgres://{}@{}/{}",
            server.get_username(),
            self.addr,
            server.get_database().expect("a database")
        )
    }

    /// Decides over the connections that stand now.
    pub(crate) fn present(&self, fate: Fate) {
        for connection in &self.state.lock().expect("state").connections {
            // One that has ended needs no more.
            let _ = connection.send(fate);
        }
    }

    /// Decides over the connections to come.
    pub(crate) fn future(&self, fate: Fate) {
        self.state.lock().expect("state").next = Some(fate);
    }

    /// Every piece of data waits so long, in both directions.
    pub(crate) fn delay(&self, by: Duration) {
        self.delay.send_replace(by);
    }

    /// Connections ever accepted.
    pub(crate) fn accepted(&self) -> usize {
        self.accepted.load(Ordering::Relaxed)
    }
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

async fn open(server: &PgConnectOptions) -> std::io::Result<Box<dyn Stream>> {
    let (host, port) = (server.get_host(), server.get_port());
    let folder = server
        .get_socket()
        .map(|folder| folder.to_string_lossy().into_owned())
        .or_else(|| host.starts_with('/').then(|| host.to_owned()));
    Ok(match folder {
        Some(folder) => Box::new(UnixStream::connect(format!("{folder}/.s.PGSQL.{port}")).await?),
        None => {
            let stream = TcpStream::connect((host, port)).await?;
            stream.set_nodelay(true)?;
            Box::new(stream)
        }
    })
}

async fn carry(
    client: TcpStream,
    server: PgConnectOptions,
    fates: watch::Receiver<Fate>,
    delays: watch::Receiver<Duration>,
) {
    if *fates.borrow() == Fate::Cut {
        return;
    }
    // The server is gone: so is the connection.
    let Ok(server) = open(&server).await else {
        return;
    };
    let _ = client.set_nodelay(true);
    let mut cut = fates.clone();
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = tokio::io::split(server);
    let both = async {
        tokio::select! {
            () = pump(from_client, to_server, fates.clone(), delays.clone()) => {}
            () = pump(from_server, to_client, fates.clone(), delays) => {}
        }
    };
    tokio::select! {
        () = both => {}
        _ = cut.wait_for(|fate| *fate == Fate::Cut) => {}
    }
}

/// Ends with either end, but never once swallowing: no news of an end passes.
async fn pump(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    fates: watch::Receiver<Fate>,
    delays: watch::Receiver<Duration>,
) {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let read = from.read(&mut buffer).await.unwrap_or(0);
        let delay = *delays.borrow();
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        if *fates.borrow() == Fate::Swallow {
            if read == 0 {
                std::future::pending::<()>().await;
            }
            continue;
        }
        if read == 0 || to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
}
