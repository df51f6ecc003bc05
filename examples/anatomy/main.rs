//! Explains every byte of one session, for people who are learning the protocol: `cargo run --example anatomy`.
//!
//! A client and a server talk in memory. [`session`] is their conversation, [`explain`] explains its bytes. It opens
//! no connection, so it needs no timeouts. A program that does needs them: see `drivers/`.

mod explain;
mod session;

use lexopt::prelude::*;
use std::io::{self, Write};
use std::process::ExitCode;

const USAGE: &str = "usage: anatomy

Prints one WebSocket session, from the opening handshake to the close, and explains each of its bytes. It takes no arguments.
";

fn main() -> ExitCode {
    let text = match lexopt::Parser::from_env().next() {
        Ok(None) => session::session().text,
        Ok(Some(Short('h') | Long("help"))) => USAGE.into(),
        other => {
            let error = other.map_or_else(|error| error, |argument| argument.map_or("".into(), |a| a.unexpected()));
            eprintln!("anatomy: {error}; try --help");
            return ExitCode::FAILURE;
        }
    };
    // The reader may have closed the pipe.
    let _ = io::stdout().write_all(text.as_bytes());
    ExitCode::SUCCESS
}
