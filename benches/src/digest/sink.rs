//! A mail server that counts who gets what.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

use crate::Result;

/// Mails by recipient.
type Received = BTreeMap<String, usize>;

pub(super) struct Sink {
    pub(super) url: String,
    received: Arc<Mutex<Received>>,
}

fn locked(received: &Mutex<Received>) -> MutexGuard<'_, Received> {
    received.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Sink {
    /// `pause` goes by between a mail and the answer to it.
    pub(super) async fn start(pause: Duration) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("smtp://{}?tls=none", listener.local_addr()?);
        let received = Arc::<Mutex<Received>>::default();
        let shared = Arc::clone(&received);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // A client that is killed ends its conversation, not the server.
                tokio::spawn(converse(stream, Arc::clone(&shared), pause));
            }
        });
        Ok(Self { url, received })
    }

    pub(super) fn deliveries(&self) -> usize {
        locked(&self.received).values().sum()
    }

    pub(super) fn received(&self) -> Received {
        locked(&self.received).clone()
    }
}

async fn converse(
    stream: TcpStream,
    received: Arc<Mutex<Received>>,
    pause: Duration,
) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    stream.write_all(b"220 sink.invalid ESMTP\r\n").await?;
    let (mut to, mut line) = (String::new(), String::new());
    loop {
        line.clear();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let command = line.trim_end();
        let answer: &[u8] = if let Some(address) = command.strip_prefix("RCPT TO:") {
            address.trim_matches(['<', '>']).clone_into(&mut to);
            b"250 recipient is fine\r\n"
        } else if command == "DATA" {
            stream.write_all(b"354 go on\r\n").await?;
            read_content(&mut stream).await?;
            // Whatever becomes of the client now, the mail is here.
            *locked(&received).entry(to.clone()).or_default() += 1;
            tokio::time::sleep(pause).await;
            b"250 taken\r\n"
        } else if command == "QUIT" {
            return stream.write_all(b"221 bye\r\n").await;
        } else {
            b"250 fine\r\n"
        };
        stream.write_all(answer).await?;
    }
}

async fn read_content(stream: &mut BufReader<TcpStream>) -> std::io::Result<()> {
    let mut line = Vec::new();
    loop {
        line.clear();
        if stream.read_until(b'\n', &mut line).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        if line == b".\r\n" {
            return Ok(());
        }
    }
}
