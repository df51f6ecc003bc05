//! The open connection of a client: what is typed goes out, what comes is printed, until one end closes.

use crate::failure::{CLOSED, Failure, INTERRUPTED, TIMEOUT, ended};
use crate::input::{self, Typed};
use crate::options::{Options, Wait};
use crate::output::{Item, Printer, reader_has_left};
use crate::signals::Signals;
use crate::text::printable;
use crate::transport::Watched;
use std::collections::VecDeque;
use std::io::{self, IsTerminal};
use std::pin::pin;
use std::time::Duration;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::time::{Instant, sleep_until};
use upframe_tokio::{CloseCode, Error, Message, SendError, WebSocket, WriteHalf};

/// How long the server may take to close after a signal.
const BRIEFLY: Duration = Duration::from_secs(2);

/// What the writing task tells.
enum Note {
    Sent(String),
    /// The connection was closed by a command.
    Closing(CloseCode),
    /// Standard input has ended, and all of it was sent.
    InputEnded,
    Show(String),
    Fault(String),
}

pub async fn talk(
    websocket: WebSocket<Watched>,
    options: &Options,
    printer: &mut Printer,
    signals: &mut Signals,
) -> Result<(), Failure> {
    match websocket.subprotocol() {
        Some(subprotocol) => printer.status(format!("open; the subprotocol is {subprotocol}")).await,
        None => printer.status("open").await,
    }
    let is_interactive = io::stdin().is_terminal();
    let sending = if is_interactive { Default::default() } else { options.sending };
    let typed = input::read(sending, options.commands || is_interactive);
    let activity = websocket.get_ref().activity();
    let (writer, mut reader) = websocket.split();
    let (close, closes) = channel(4);
    let (tell, mut notes) = channel(4);
    tokio::spawn(write(writer, typed, closes, tell));

    let mut session = Session { close, own: None, fault: None, is_quiet: false };
    let (mut to_print, mut left) = (VecDeque::new(), options.count);
    let mut counted_out = false;
    let (mut input_ended, mut give_up, mut printer_works) = (None::<Instant>, None::<Instant>, true);
    let mut reader_leaves = pin!(reader_has_left());
    let end = loop {
        let idle_until = || match (input_ended, options.wait(), session.own) {
            (Some(since), Wait::For(wait), None) => Some(activity.last().max(since) + wait),
            _ => None,
        };
        let wakes = idle_until();
        tokio::select! {
            message = reader.next(), if to_print.is_empty() => match message {
                Some(Ok(message)) => {
                    let is_data = message.is_data();
                    if !counted_out && !session.is_quiet {
                        to_print.extend(shown(message, options.verbose));
                    }
                    if is_data && let Some(count) = &mut left {
                        *count = count.saturating_sub(1);
                        if *count == 0 {
                            counted_out = true;
                            session.close(CloseCode::NORMAL);
                        }
                    }
                }
                Some(Err(error)) => break Err(error),
                None => break Ok(()),
            },
            permit = printer.ready(), if !to_print.is_empty() => {
                let item = to_print.pop_front();
                if let (Ok(permit), Some(item)) = (permit, item) {
                    permit.send(item);
                }
            }
            Some(note) = notes.recv(), if to_print.is_empty() => match note {
                Note::Sent(text) => to_print.push_back(Item::Sent(text)),
                Note::Closing(code) => session.own = Some(code),
                Note::InputEnded if is_interactive => session.close(CloseCode::NORMAL),
                Note::InputEnded => input_ended = Some(Instant::now()),
                Note::Show(text) => to_print.push_back(Item::Status(text)),
                Note::Fault(text) => {
                    session.fault = Some(Failure::usage(text));
                    session.close(CloseCode::NORMAL);
                }
            },
            () = sleep_until(wakes.unwrap_or_else(Instant::now)), if wakes.is_some() => {
                // bytes of a message may have come meanwhile
                if idle_until() <= Some(Instant::now()) {
                    session.close(CloseCode::NORMAL);
                }
            }
            () = &mut reader_leaves, if !session.is_quiet => {
                session.is_quiet = true;
                session.close(CloseCode::NORMAL);
            }
            () = printer.gone(), if printer_works => {
                (printer_works, session.is_quiet) = (false, true);
                session.close(CloseCode::NORMAL);
            }
            () = signals.next() => {
                if give_up.is_some() {
                    return Err(Failure::new(INTERRUPTED, ""));
                }
                give_up = Some(Instant::now() + BRIEFLY);
                session.close(CloseCode::GOING_AWAY);
            }
            () = sleep_until(give_up.unwrap_or_else(Instant::now)), if give_up.is_some() => {
                return Err(Failure::new(TIMEOUT, "the server did not close in time"));
            }
        }
    };
    printer.hurry |= give_up.is_some();
    let ending = async {
        // what the writer told while the connection ended
        while let Ok(note) = notes.try_recv() {
            match note {
                Note::Sent(text) => printer.print(Item::Sent(text)).await,
                Note::Closing(code) => session.own = Some(code),
                Note::InputEnded => input_ended = Some(Instant::now()),
                Note::Show(text) => printer.status(text).await,
                Note::Fault(text) => session.fault = Some(Failure::usage(text)),
            }
        }
        if !printer_works {
            session.fault = printer.broken().await.err();
        }
        let is_own = session.own == Some(CloseCode::NORMAL);
        let missing = left.filter(|_| !counted_out && is_own && input_ended.is_some());
        let reason = reader.close_frame().map(|frame| frame.reason.to_string());
        session.finish(end, reader.close_code(), reason, printer, missing).await
    };
    // nobody may read what is printed
    tokio::select! {
        result = ending => result,
        () = signals.next() => Err(Failure::new(INTERRUPTED, "")),
        () = sleep_until(give_up.unwrap_or_else(Instant::now)), if give_up.is_some() => Ok(()),
    }
}

/// Returns what is shown of a message or a control frame.
fn shown(message: Message, verbose: bool) -> Option<Item> {
    let control = |name: &str, bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        let colon = if text.is_empty() { "" } else { ": " };
        Item::Status(format!("received a {name}{colon}{text}"))
    };
    match message {
        Message::Text(_) | Message::Binary(_) => Some(Item::Received(message, None)),
        Message::Ping(bytes) if verbose => Some(control("Ping", &bytes)),
        Message::Pong(bytes) => Some(control("Pong", &bytes)),
        _ => None,
    }
}

struct Session {
    close: Sender<CloseCode>,
    /// The code of our Close, once it is sent or will be.
    own: Option<CloseCode>,
    /// What went wrong here.
    fault: Option<Failure>,
    /// Nobody reads what is printed.
    is_quiet: bool,
}

impl Session {
    /// Asks for a Close. The first one counts.
    fn close(&mut self, code: CloseCode) {
        if self.own.is_none() {
            self.own = Some(code);
            let _ = self.close.try_send(code);
        }
    }

    async fn finish(
        self,
        end: Result<(), Error>,
        code: Option<CloseCode>,
        reason: Option<String>,
        printer: &Printer,
        missing: Option<u64>,
    ) -> Result<(), Failure> {
        if self.is_quiet {
            return self.fault.map_or(Ok(()), Err);
        }
        if let Err(error) = end {
            return Err(self.fault.unwrap_or_else(|| ended(&error, "server")));
        }
        let code = code.unwrap_or(CloseCode::NO_STATUS);
        let reason = reason.filter(|reason| !reason.is_empty()).map(|reason| format!(": {}", printable(&reason)));
        let told = format!("closed with {code}{}", reason.unwrap_or_default());
        let is_normal = matches!(code, CloseCode::NORMAL | CloseCode::GOING_AWAY | CloseCode::NO_STATUS);
        if !is_normal && self.own != Some(code) {
            return Err(Failure::new(CLOSED, format!("the server {told}{}", meaning(code))));
        }
        printer.status(told).await;
        match (self.fault, missing) {
            (Some(fault), _) => Err(fault),
            (None, Some(missing)) => Err(Failure::new(
                TIMEOUT,
                format!("{missing} more messages were asked for with --count, and none came"),
            )),
            _ => Ok(()),
        }
    }
}

fn meaning(code: CloseCode) -> &'static str {
    match code {
        CloseCode::PROTOCOL_ERROR => " (it takes what was sent for an error of protocol)",
        CloseCode::UNSUPPORTED_DATA => " (it does not accept this kind of message)",
        CloseCode::INVALID_PAYLOAD => " (it could not read the message)",
        CloseCode::POLICY_VIOLATION => " (against its policy)",
        CloseCode::MESSAGE_TOO_BIG => " (the message is too long for it)",
        CloseCode::INTERNAL_ERROR => " (an error inside the server)",
        CloseCode::SERVICE_RESTART => " (it restarts)",
        CloseCode::TRY_AGAIN_LATER => " (try again later)",
        _ => "",
    }
}

/// Sends what is typed, until a Close is asked for.
async fn write(
    mut writer: WriteHalf<Watched>,
    mut typed: Receiver<Typed>,
    mut closes: Receiver<CloseCode>,
    tell: Sender<Note>,
) {
    let mut has_ended = false;
    let (code, reason) = loop {
        let item = tokio::select! {
            biased;
            Some(code) = closes.recv() => break (code, String::new()),
            item = typed.recv(), if !has_ended => item,
            else => return,
        };
        let note = match item {
            Some(Typed::Send(message)) => {
                let text = message.to_text().map(str::to_string);
                // a server that does not read keeps neither a Close nor the end waiting
                let sent = tokio::select! {
                    biased;
                    Some(code) = closes.recv() => break (code, String::new()),
                    sent = writer.send(message) => sent,
                };
                match (sent, text) {
                    (Ok(()), Some(text)) => Note::Sent(text),
                    // the reader tells why
                    (Err(Error::Io(_)), _) | (Ok(()), None) => continue,
                    (Err(Error::Send(SendError::Closing)), _) => continue,
                    (Err(error), _) => Note::Fault(error.to_string()),
                }
            }
            Some(Typed::Close(code, reason)) => {
                let _ = tell.send(Note::Closing(code)).await;
                break (code, reason);
            }
            Some(Typed::Note(text)) => Note::Show(text),
            Some(Typed::Fault(text)) => Note::Fault(text),
            None => {
                has_ended = true;
                Note::InputEnded
            }
        };
        tokio::select! {
            biased;
            Some(code) = closes.recv() => break (code, String::new()),
            told = tell.send(note) => if told.is_err() { return },
        }
    };
    // the reader finishes it, and tells what went wrong
    let _ = writer.close(code, &reason).await;
}
