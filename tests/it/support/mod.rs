//! `TestApp` and what tests say with it.

mod app;
mod browser;
mod client;
mod database;
mod emails;
mod live;
mod locks;
mod process;
mod proxy;
mod redis;
mod server;
mod smtp;
mod until;

pub(crate) use app::{PASSWORD, TestApp};
pub(crate) use browser::Browser;
pub(crate) use client::{Client, Response};
pub(crate) use database::TestDatabase;
pub(crate) use emails::Email;
pub(crate) use live::{Socket, ids, ticket};
pub(crate) use locks::wait_for_a_waiter;
pub(crate) use process::{WorkerProcess, free_address, part};
pub(crate) use proxy::{Fate, Proxy};
pub(crate) use redis::RedisServer;
pub(crate) use server::{Durable, PostgresServer, program};
pub(crate) use smtp::{SmtpServer, Verdict};
pub(crate) use until::until;
