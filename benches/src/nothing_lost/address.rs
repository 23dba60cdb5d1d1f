//! A fixed address for a database that gets another port at each start.

use std::{
    net::Ipv4Addr,
    sync::{
        Arc,
        atomic::{AtomicU16, Ordering},
    },
};

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

use crate::Result;

pub(super) struct Address {
    pub(super) port: u16,
    target: Arc<AtomicU16>,
    serving: JoinHandle<()>,
}

impl Address {
    pub(super) async fn of(target: u16) -> Result<Self> {
        let target = Arc::new(AtomicU16::new(target));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let port = listener.local_addr()?.port();
        let to = Arc::clone(&target);
        let serving = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(pass(client, to.load(Ordering::Relaxed)));
            }
        });
        Ok(Self {
            port,
            target,
            serving,
        })
    }

    pub(super) fn moves_to(&self, target: u16) {
        self.target.store(target, Ordering::Relaxed);
    }
}

/// Whatever goes wrong ends the client's connection, as a server that is away does.
async fn pass(mut client: TcpStream, port: u16) {
    if let Ok(mut server) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await {
        let _ = client.set_nodelay(true);
        let _ = server.set_nodelay(true);
        let _ = copy_bidirectional(&mut client, &mut server).await;
    }
}

impl Drop for Address {
    fn drop(&mut self) {
        self.serving.abort();
    }
}
