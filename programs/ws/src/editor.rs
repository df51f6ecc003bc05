//! Lines that are edited on a terminal, with a history, while messages are printed above them.

use crate::input::{Typed, of_line};
use crate::output::{Item, Printing};
use rustyline_async::{Readline, ReadlineEvent};
use std::collections::VecDeque;
use std::io::{self, IsTerminal, Write};
use tokio::sync::Notify;
use tokio::sync::mpsc::{Receiver, Sender};
#[cfg(unix)]
use unicode_width::UnicodeWidthStr;

/// The most lines that may wait for a server that does not read.
const LINES: usize = 1000;

const PROMPT: &str = "> ";

/// Whether the terminal obeys escape sequences.
pub fn knows_escapes() -> bool {
    std::env::var_os("TERM").is_some_and(|term| !term.is_empty() && term != "dumb")
}

/// The settings of the terminal.
pub struct Settings {
    #[cfg(unix)]
    terminal: rustix::termios::Termios,
}

impl Settings {
    /// Returns the settings, if lines can be edited on the terminal.
    pub fn of_a_terminal() -> Option<Self> {
        let (stdin, stdout) = (io::stdin(), io::stdout());
        if !stdin.is_terminal() || !stdout.is_terminal() || !knows_escapes() {
            return None;
        }
        #[cfg(unix)]
        {
            // without a width, nothing can be drawn again
            rustix::termios::tcgetwinsize(&stdout).ok().filter(|size| size.ws_col > 0)?;
            Some(Self { terminal: rustix::termios::tcgetattr(&stdin).ok()? })
        }
        #[cfg(not(unix))]
        Some(Self {})
    }

    /// Sets them again.
    pub fn restore(&self) {
        #[cfg(unix)]
        {
            use rustix::termios::{OptionalActions, tcsetattr};
            let _ = tcsetattr(io::stdin(), OptionalActions::Now, &self.terminal);
        }
    }
}

/// Returns how many rows of a line that is wider than the terminal the library leaves above the next one.
fn rows(line: &str) -> usize {
    #[cfg(unix)]
    if let Ok(size) = rustix::termios::tcgetwinsize(io::stdout()) {
        let width = PROMPT.width().saturating_add(line.width()).saturating_sub(1);
        return width.checked_div(size.ws_col.into()).unwrap_or(0);
    }
    let _ = line;
    0
}

/// Reads lines and prints items until there are no more of them.
pub fn run(printing: Printing, items: Receiver<Item>, typed: Sender<Typed>, interrupt: &Notify) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(edit(printing, items, typed, interrupt))
}

async fn edit(
    mut printing: Printing,
    mut items: Receiver<Item>,
    typed: Sender<Typed>,
    interrupt: &Notify,
) -> io::Result<()> {
    let (mut readline, mut above) = Readline::new(PROMPT.into()).map_err(io::Error::other)?;
    readline.should_print_line_on(true, false);
    let (mut lines, mut typed) = (VecDeque::new(), Some(typed));
    let mut reads = true;
    loop {
        if !reads && lines.is_empty() {
            // the end of the input
            typed = None;
        }
        let ready = async {
            match &typed {
                Some(typed) if !lines.is_empty() => typed.reserve().await,
                _ => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            // it also prints what is above the line
            event = readline.readline() => match event {
                Ok(ReadlineEvent::Line(line)) => {
                    let _ = readline.add_history_entry(line.clone());
                    let left = rows(&line);
                    if left > 0 {
                        // the cursor goes up, and back to the same place
                        writeln!(above, "\x1b[{left}A\x1b[J\x1b[A")?;
                    }
                    match lines.len() {
                        _ if !reads => writeln!(above, "not sent: the connection is closing")?,
                        LINES.. => writeln!(above, "not sent: the server does not read")?,
                        _ => lines.extend(of_line(line.into_bytes(), true)),
                    }
                }
                Ok(ReadlineEvent::Interrupted) => interrupt.notify_one(),
                Ok(ReadlineEvent::Eof) => reads = false,
                Err(error) => return Err(io::Error::other(error)),
            },
            permit = ready => {
                if let (Ok(permit), Some(line)) = (permit, lines.pop_front()) {
                    permit.send(line);
                } else {
                    // the connection is closing
                    lines.clear();
                    reads = false;
                }
            }
            item = items.recv() => {
                let Some(item) = item else { break };
                let mut text = Vec::new();
                printing.print(&item, &mut text)?;
                if !text.is_empty() {
                    above.write_all(&text)?;
                }
            }
        }
    }
    // prints what is left, and removes the line
    readline.flush().map_err(io::Error::other)
}
