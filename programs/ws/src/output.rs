//! What is printed: messages to standard output or a file, the rest to standard error.
//!
//! A thread of its own prints, so that a slow reader of standard output does not keep signals waiting.

use crate::editor;
use crate::failure::{Failure, USAGE};
use crate::input::Typed;
use crate::options::{Options, Sending};
use crate::text::{dump, printable};
use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::thread;
use std::time::Duration;
use tokio::sync::mpsc::{Permit, Receiver, Sender, channel, error::SendError};
use tokio::sync::{Notify, oneshot};
use tokio::time::timeout;
use upframe_tokio::Message;

/// The number of items that may wait to be printed.
const WAITING: usize = 8;

/// How long the last items may take after a signal.
const FAREWELL: Duration = Duration::from_secs(2);

#[derive(Debug)]
pub enum Item {
    /// A message, and the number of the client that sent it, in a server.
    Received(Message, Option<u64>),
    /// A text that was sent, and not typed into a terminal.
    Sent(String),
    /// A line for standard error.
    Status(String),
    /// From now on, lines are edited on the terminal, and what is typed is sent here.
    Edit(Sender<Typed>),
}

/// The thread that prints.
pub struct Printer {
    items: Option<Sender<Item>>,
    ended: oneshot::Receiver<io::Result<()>>,
    result: Option<io::Result<()>>,
    /// The program was asked to end: it does not wait long for whoever reads standard output.
    pub hurry: bool,
    /// The terminal's settings before lines were edited. They are set again even if the thread does not end.
    before: Option<editor::Settings>,
}

impl Printer {
    /// `interrupt` is notified if Ctrl-C is typed while lines are edited.
    pub fn start(options: &Options, interrupt: Arc<Notify>) -> Result<Self, Failure> {
        let cannot =
            |file: &std::path::Path, error| Failure::usage(format!("cannot write {}: {error}", file.display()));
        let file = options.output.as_deref().map(|file| File::create(file).map_err(|error| cannot(file, error)));
        let (out, err) = (io::stdout().is_terminal(), io::stderr().is_terminal());
        let printing = Printing {
            file: file.transpose()?,
            raw: options.sending == Sending::Binary && !out,
            is_terminal: out,
            quiet: options.quiet,
            colours: (out && colours_are_wanted(), err && colours_are_wanted()),
            typed: if io::stdin().is_terminal() { Typing::Plain } else { Typing::Nothing },
        };
        let (items, waiting) = channel(WAITING);
        let (end, ended) = oneshot::channel();
        thread::spawn(move || {
            let _ = end.send(printing.run(waiting, interrupt));
        });
        Ok(Self { items: Some(items), ended, result: None, hurry: false, before: None })
    }

    /// Starts to edit lines on the terminal. `None`: it cannot do that.
    pub async fn edit(&mut self) -> Option<Receiver<Typed>> {
        let settings = editor::Settings::of_a_terminal()?;
        let (typed, reads) = channel(1);
        self.before = Some(settings);
        self.print(Item::Edit(typed)).await;
        Some(reads)
    }

    /// Waits until an item can be printed. An error: nothing can be printed any more.
    pub async fn ready(&self) -> Result<Permit<'_, Item>, SendError<()>> {
        match &self.items {
            Some(items) => items.reserve().await,
            None => Err(SendError(())),
        }
    }

    /// Prints an item. It is dropped if nothing can be printed any more.
    pub async fn print(&self, item: Item) {
        if let Ok(permit) = self.ready().await {
            permit.send(item);
        }
    }

    pub async fn status(&self, text: impl Into<String>) {
        self.print(Item::Status(text.into())).await;
    }

    /// Waits until nothing can be printed any more.
    pub async fn gone(&self) {
        if let Some(items) = &self.items {
            items.closed().await;
        }
    }

    /// Waits for the end, and tells why. `Ok`: all is printed, or whoever read standard output has left.
    pub async fn broken(&mut self) -> Result<(), Failure> {
        let result = match self.result.take() {
            Some(result) => result,
            None => (&mut self.ended).await.unwrap_or(Ok(())),
        };
        let told = judge(&result);
        self.result = Some(result);
        told
    }

    /// Waits until all is printed: if the program was asked to end, for a short time.
    pub async fn finish(mut self) -> Result<(), Failure> {
        self.items = None;
        match self.hurry {
            true => timeout(FAREWELL, self.broken()).await.unwrap_or(Ok(())),
            false => self.broken().await,
        }
    }
}

impl Drop for Printer {
    fn drop(&mut self) {
        if let Some(before) = &self.before {
            before.restore();
        }
    }
}

fn judge(result: &io::Result<()>) -> Result<(), Failure> {
    match result {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::new(USAGE, format!("cannot write what was received: {error}")))
        }
        _ => Ok(()),
    }
}

/// <https://no-color.org>
fn colours_are_wanted() -> bool {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !is_set("NO_COLOR") && editor::knows_escapes()
}

pub struct Printing {
    file: Option<File>,
    raw: bool,
    is_terminal: bool,
    quiet: bool,
    /// On standard output, and on standard error.
    colours: (bool, bool),
    typed: Typing,
}

/// What is typed on a terminal, and is on the screen already.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Typing {
    Nothing,
    /// Lines, edited by the terminal itself.
    Plain,
    /// Lines, edited by the program.
    Edited,
}

const GREEN: &str = "\x1b[32m";
const CYAN: &str = "\x1b[36m";
const DIM: &str = "\x1b[2m";

impl Printing {
    fn run(mut self, mut items: Receiver<Item>, interrupt: Arc<Notify>) -> io::Result<()> {
        let mut out = io::BufWriter::with_capacity(64 << 10, io::stdout().lock());
        while let Some(item) = items.blocking_recv() {
            if let Item::Edit(typed) = item {
                out.flush()?;
                drop(out);
                // what is typed gives way by itself
                self.typed = Typing::Edited;
                return editor::run(self, items, typed, &interrupt);
            }
            self.print(&item, &mut out)?;
            // what waits is written at once
            if items.is_empty() {
                out.flush()?;
            }
        }
        out.flush()
    }

    /// Prints an item: what is for a terminal to `out`.
    pub fn print(&mut self, item: &Item, out: &mut impl Write) -> io::Result<()> {
        match item {
            Item::Received(Message::Text(text), client) => self.line(out, "<", *client, text, GREEN),
            Item::Received(Message::Binary(bytes), client) => {
                if let Some(file) = &mut self.file {
                    file.write_all(bytes)?;
                } else if self.raw {
                    return out.write_all(bytes);
                }
                if self.file.is_none() || self.is_terminal {
                    self.line(out, "<", *client, &dump(bytes), GREEN)
                } else {
                    Ok(())
                }
            }
            Item::Sent(text) if self.is_terminal && self.typed == Typing::Nothing => {
                self.line(out, ">", None, text, CYAN)
            }
            Item::Status(text) if !self.quiet => {
                let shown = printable(text);
                let shown = if self.colours.1 { format!("{DIM}{shown}\x1b[0m") } else { shown.into_owned() };
                if self.typed == Typing::Edited && io::stderr().is_terminal() {
                    return writeln!(out, "{shown}");
                }
                out.flush()?;
                // not the reason to end
                let _ = writeln!(io::stderr(), "{shown}");
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Marks a message on a terminal. Elsewhere, it is the text and nothing else.
    fn line(&self, out: &mut impl Write, mark: &str, client: Option<u64>, text: &str, colour: &str) -> io::Result<()> {
        let client = client.map(|client| client.to_string()).unwrap_or_default();
        if !self.is_terminal {
            let space = if client.is_empty() { "" } else { " " };
            return writeln!(out, "{client}{space}{text}");
        }
        // what is being typed gives way; the terminal shows it again after Ctrl-R
        let clear = if self.typed == Typing::Plain { "\r\x1b[K" } else { "" };
        // a line of a message does not pass for another message
        let text = printable(text).replace('\n', "\n  ");
        match self.colours.0 {
            true => writeln!(out, "{clear}{colour}{mark}{client}\x1b[0m {text}"),
            false => writeln!(out, "{clear}{mark}{client} {text}"),
        }
    }
}

/// Waits until whoever read standard output has left, if the system can tell.
pub async fn reader_has_left() {
    #[cfg(unix)]
    if !io::stdout().is_terminal() {
        use rustix::event::{PollFd, PollFlags, poll};
        let (left, leaves) = oneshot::channel();
        thread::spawn(move || {
            let stdout = io::stdout();
            loop {
                let mut watched = [PollFd::new(&stdout, PollFlags::empty())];
                match poll(&mut watched, None) {
                    Ok(_) if watched[0].revents().intersects(PollFlags::ERR | PollFlags::HUP) => break,
                    Err(rustix::io::Errno::INTR) => {}
                    // not something that can be watched
                    _ => return std::mem::forget(left),
                }
            }
            let _ = left.send(());
        });
        if leaves.await.is_ok() {
            return;
        }
    }
    std::future::pending().await
}
