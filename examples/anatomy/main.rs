//! One session with every byte explained, for people who are learning the protocol: `cargo run --example anatomy`.
//!
//! A client and a server talk in memory. [`session`] lets them say something, [`explain`] says what each byte of it is for.

mod explain;
mod session;

use lexopt::prelude::*;
use std::io::{self, Write};
use std::process::ExitCode;

const USAGE: &str = "usage: anatomy

Prints one WebSocket session, from the opening handshake to the close, and explains each of its bytes. Takes no arguments.
";

fn main() -> ExitCode {
    let text = match lexopt::Parser::from_env().next() {
        Ok(None) => session::session().text,
        Ok(Some(Short('h') | Long("help"))) => USAGE.into(),
        other => {
            let error = other.map_or_else(|error| error, |argument| argument.map_or("".into(), |a| a.unexpected()));
            eprintln!("anatomy: {error}; --help says more");
            return ExitCode::FAILURE;
        }
    };
    // who reads may have read enough
    let _ = io::stdout().write_all(text.as_bytes());
    ExitCode::SUCCESS
}
