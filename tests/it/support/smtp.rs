//! A mail server that does as it is told.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

/// What the server does with one mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Accept,
    /// Answers `MAIL FROM` with this code.
    RefuseSender(u16),
    /// Answers `RCPT TO` with this code.
    RefuseRecipient(u16),
    /// Answers `RCPT TO` with these words.
    AnswerRecipient(&'static str),
    /// Answers `DATA` with this code.
    RefuseData(u16),
    /// Answers the final dot with this code.
    RefuseMail(u16),
    /// Has the mail, and hangs up instead of saying so.
    HangUpAfterDot,
    /// Hangs up when asked for the recipient.
    HangUpBeforeData,
    /// Never answers `RCPT TO`.
    StallBeforeData,
    /// Has the mail, and never says so.
    StallAfterDot,
    /// Takes this long for each answer.
    Slow(Duration),
}

/// A mail whose final dot the server has seen and not refused.
#[derive(Clone, Debug)]
pub(crate) struct Delivery {
    pub(crate) to: String,
    pub(crate) content: String,
}

impl Delivery {
    pub(crate) fn message_id(&self) -> &str {
        self.content
            .lines()
            .find_map(|line| line.strip_prefix("Message-ID: "))
            .expect("a mail with a Message-ID")
    }
}

#[derive(Default)]
struct State {
    verdicts: VecDeque<Verdict>,
    deliveries: Vec<Delivery>,
    connections: usize,
    /// What the next connections are greeted with; those after them are welcome.
    greetings: VecDeque<&'static str>,
    /// What the next passwords are answered; those after them are right.
    password_answers: VecDeque<&'static str>,
}

pub(crate) struct SmtpServer {
    pub(crate) url: String,
    state: Arc<Mutex<State>>,
}

impl SmtpServer {
    pub(crate) async fn start() -> Self {
        Self::start_at("127.0.0.1:0").await
    }

    pub(crate) async fn start_at(address: &str) -> Self {
        let listener = TcpListener::bind(address).await.expect("a free port");
        let url = format!(
            "smtp://{}?tls=none",
            listener.local_addr().expect("address")
        );
        let state = Arc::<Mutex<State>>::default();
        let shared = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                shared.lock().expect("state").connections += 1;
                // A client that goes away ends its conversation, not the server.
                tokio::spawn(converse(stream, Arc::clone(&shared)));
            }
        });
        Self { url, state }
    }

    /// What happens to the next mails; those after them are accepted.
    pub(crate) fn will(&self, verdicts: impl IntoIterator<Item = Verdict>) {
        self.state.lock().expect("state").verdicts.extend(verdicts);
    }

    /// How many mails have not been asked for that it has been told about.
    pub(crate) fn verdicts_left(&self) -> usize {
        self.state.lock().expect("state").verdicts.len()
    }

    /// What the next connections hear first.
    pub(crate) fn will_greet(&self, greetings: impl IntoIterator<Item = &'static str>) {
        self.state
            .lock()
            .expect("state")
            .greetings
            .extend(greetings);
    }

    /// What the next passwords are answered.
    pub(crate) fn will_answer_passwords(&self, answers: impl IntoIterator<Item = &'static str>) {
        let mut state = self.state.lock().expect("state");
        state.password_answers.extend(answers);
    }

    /// Its address for a client with a password.
    pub(crate) fn url_with_password(&self) -> String {
        self.url.replace("smtp://", "smtp://user:secret@")
    }

    pub(crate) fn deliveries(&self) -> Vec<Delivery> {
        self.state.lock().expect("state").deliveries.clone()
    }

    pub(crate) fn connections(&self) -> usize {
        self.state.lock().expect("state").connections
    }
}

async fn converse(stream: TcpStream, state: Arc<Mutex<State>>) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let greeting = state.lock().expect("state").greetings.pop_front();
    let greeting = greeting.unwrap_or("220 sink.invalid ESMTP");
    stream
        .write_all(format!("{greeting}\r\n").as_bytes())
        .await?;
    let (mut verdict, mut to) = (Verdict::Accept, String::new());
    let mut line = String::new();
    loop {
        line.clear();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let command = line.trim_end();
        let answer = if command.starts_with("EHLO") {
            "250-sink.invalid\r\n250 AUTH PLAIN".to_owned()
        } else if command.starts_with("AUTH PLAIN") {
            let answer = state.lock().expect("state").password_answers.pop_front();
            answer.unwrap_or("235 welcome").to_owned()
        } else if command.starts_with("MAIL FROM:") {
            let mut state = state.lock().expect("state");
            verdict = state.verdicts.pop_front().unwrap_or(Verdict::Accept);
            match verdict {
                Verdict::RefuseSender(code) => format!("{code} no mail from you"),
                _ => "250 sender is fine".to_owned(),
            }
        } else if let Some(address) = command.strip_prefix("RCPT TO:") {
            to = address.trim_matches(['<', '>']).to_owned();
            match verdict {
                Verdict::RefuseRecipient(code) => format!("{code} no mailbox {address} here"),
                Verdict::AnswerRecipient(answer) => answer.to_owned(),
                Verdict::HangUpBeforeData => return Ok(()),
                Verdict::StallBeforeData => return stall(stream).await,
                _ => "250 recipient is fine".to_owned(),
            }
        } else if command == "DATA" {
            if let Verdict::RefuseData(code) = verdict {
                format!("{code} no data")
            } else {
                stream.write_all(b"354 go on\r\n").await?;
                let content = read_content(&mut stream).await?;
                let delivery = Delivery {
                    to: to.clone(),
                    content,
                };
                match verdict {
                    Verdict::RefuseMail(code) => format!("{code} the mail is not wanted"),
                    _ => {
                        state.lock().expect("state").deliveries.push(delivery);
                        match verdict {
                            Verdict::HangUpAfterDot => return Ok(()),
                            Verdict::StallAfterDot => return stall(stream).await,
                            _ => "250 taken".to_owned(),
                        }
                    }
                }
            }
        } else if command == "QUIT" {
            stream.write_all(b"221 bye\r\n").await?;
            return Ok(());
        } else {
            "250 fine".to_owned()
        };
        if let Verdict::Slow(pause) = verdict {
            tokio::time::sleep(pause).await;
        }
        stream.write_all(format!("{answer}\r\n").as_bytes()).await?;
    }
}

/// Says nothing until the client has gone away.
async fn stall(mut stream: BufReader<TcpStream>) -> std::io::Result<()> {
    tokio::io::copy(&mut stream, &mut tokio::io::sink()).await?;
    Ok(())
}

async fn read_content(stream: &mut BufReader<TcpStream>) -> std::io::Result<String> {
    let mut content = String::new();
    loop {
        let start = content.len();
        if stream.read_line(&mut content).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        if &content[start..] == ".\r\n" {
            content.truncate(start);
            return Ok(content);
        }
    }
}
