//! Shows news from a server in three ways, side by side.
#![allow(dead_code, reason = "the server follows")]

mod board;
mod id;
mod log;
mod news;
#[cfg(feature = "redis")]
mod shared;

fn main() {}
