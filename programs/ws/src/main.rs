//! `ws`: a WebSocket client for the terminal. `ws --help` lists what it can do.
#![forbid(unsafe_code)]

mod address;
mod editor;
mod failure;
mod input;
mod listen;
mod opening;
mod options;
mod output;
mod signals;
mod talk;
mod text;
mod tls;
mod transport;

use failure::{Failure, INTERRUPTED, TIMEOUT};
use options::{Asked, Options};
use output::Printer;
use signals::Signals;
use std::io::{self, Write};

fn main() {
    let result = match options::parse(std::env::args_os().skip(1)) {
        Ok(Asked::Run(options)) => run(&options),
        Ok(Asked::Help) => print(options::HELP),
        Ok(Asked::Version) => print(concat!("ws ", env!("CARGO_PKG_VERSION"))),
        Err(failure) => Err(failure),
    };
    let code = match result {
        Ok(()) => 0,
        Err(failure) => {
            if !failure.text.is_empty() {
                let _ = writeln!(io::stderr(), "ws: {}", failure.text);
            }
            failure.code
        }
    };
    // at once: a thread may wait for standard input
    std::process::exit(code.into());
}

/// Prints to standard output. The reader may have closed the pipe.
fn print(text: &str) -> Result<(), Failure> {
    let _ = writeln!(io::stdout(), "{text}");
    Ok(())
}

fn run(options: &Options) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Failure::usage)?;
    let result = runtime.block_on(async {
        let mut signals = Signals::new().map_err(Failure::usage)?;
        let mut printer = Printer::start(options, signals.key())?;
        let result = if options.listen {
            listen::serve(options, &mut printer, &mut signals).await
        } else {
            let opened = tokio::select! {
                opened = opening::open(options) => opened,
                () = signals.next() => Err(Failure::new(INTERRUPTED, "")),
            };
            match opened {
                Ok(websocket) => talk::talk(websocket, options, &mut printer, &mut signals).await,
                Err(failure) => Err(failure),
            }
        };
        printer.hurry |= matches!(&result, Err(failure) if matches!(failure.code, INTERRUPTED | TIMEOUT));
        tokio::select! {
            printed = printer.finish() => result.and(printed),
            () = signals.next() => Err(Failure::new(INTERRUPTED, "")),
        }
    });
    // not waited for: it may still look for the name of a host
    runtime.shutdown_background();
    result
}
