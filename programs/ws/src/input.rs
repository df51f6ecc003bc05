//! Standard input: lines, commands, or all of it as one message.

use crate::options::Sending;
use crate::output::Printer;
use crate::text::bytes_of_hex;
use std::io::{self, BufRead, Read};
use std::thread;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use upframe_tokio::{CloseCode, Message};

/// The number of messages that may wait to be sent.
const READ_AHEAD: usize = 4;

/// The most bytes of a line.
const LINE: usize = 64 << 20;

const HELP: &str = "/ping [TEXT]  /pong [TEXT]  /binary HEX  /binary @FILE  /close [CODE [REASON]]\n\
    //text sends /text  Up and Down recall lines  Ctrl-D closes the connection";

/// What was typed.
#[derive(Debug, Eq, PartialEq)]
pub enum Typed {
    Send(Message),
    Close(CloseCode, String),
    /// To be shown: help, or what was wrong with a command.
    Note(String),
    /// Input that cannot be sent: the end.
    Fault(String),
}

/// Starts to read standard input: lines that are edited on the terminal, if it can do that. Else a thread of its own
/// reads, since nothing else can wait for it; it ends with the program.
pub async fn read(sending: Sending, commands: bool, printer: &mut Printer) -> Receiver<Typed> {
    if let Some(reads) = printer.edit().await {
        return reads;
    }
    let (typed, reads) = channel(READ_AHEAD);
    thread::spawn(move || {
        let stdin = io::stdin().lock();
        match sending {
            Sending::Lines => lines(stdin, commands, &typed),
            whole => {
                let _ = typed.blocking_send(all(stdin, whole));
            }
        }
    });
    reads
}

fn all(mut input: impl Read, sending: Sending) -> Typed {
    let mut bytes = vec![];
    if let Err(error) = input.read_to_end(&mut bytes) {
        return Typed::Fault(format!("cannot read standard input: {error}"));
    }
    match sending {
        Sending::Binary => Typed::Send(Message::binary(bytes)),
        _ => match String::from_utf8(bytes) {
            Ok(text) => Typed::Send(Message::text(text)),
            Err(_) => Typed::Fault("standard input is not UTF-8, so it cannot be sent as text; --binary can".into()),
        },
    }
}

fn lines(mut input: impl BufRead, commands: bool, typed: &Sender<Typed>) {
    for number in 1_u64.. {
        let mut line = vec![];
        let most = u64::try_from(LINE).unwrap_or(u64::MAX).saturating_add(1);
        let item = match input.by_ref().take(most).read_until(b'\n', &mut line) {
            Ok(0) => break,
            Ok(_) if line.len() > LINE => Typed::Fault(format!("line {number} is longer than {LINE} bytes")),
            Ok(_) => of_line(line, commands)
                .unwrap_or_else(|| Typed::Fault(format!("line {number} is not UTF-8; --binary sends bytes"))),
            Err(error) => Typed::Fault(format!("cannot read standard input: {error}")),
        };
        let is_last = matches!(item, Typed::Fault(_));
        // the receiver has left: the program ends
        if typed.blocking_send(item).is_err() || is_last {
            break;
        }
    }
}

/// Returns what a line means; `None` if it is not UTF-8.
pub fn of_line(mut line: Vec<u8>, commands: bool) -> Option<Typed> {
    for end in [b'\n', b'\r'] {
        if line.last() == Some(&end) {
            line.pop();
        }
    }
    let line = String::from_utf8(line).ok()?;
    match line.strip_prefix('/') {
        Some(rest) if commands && rest.starts_with('/') => Some(Typed::Send(Message::text(rest))),
        Some(command) if commands => Some(of_command(command).unwrap_or_else(Typed::Note)),
        _ => Some(Typed::Send(Message::text(line))),
    }
}

/// Reads a command. The error is a sentence.
fn of_command(command: &str) -> Result<Typed, String> {
    let (name, argument) = command.split_once(' ').unwrap_or((command, ""));
    let control = || match argument.len() {
        0..=125 => Ok(argument.to_string().into_bytes()),
        len => Err(format!("/{name} carries up to 125 bytes, and these are {len}")),
    };
    Ok(match name {
        "ping" => Typed::Send(Message::Ping(control()?.into())),
        "pong" => Typed::Send(Message::Pong(control()?.into())),
        "binary" => Typed::Send(Message::binary(binary(argument.trim())?)),
        "close" => close(argument.trim())?,
        "help" => Typed::Note(HELP.into()),
        _ => return Err(format!("/{name} is not a command: /help lists them, //{command} sends the line /{command}")),
    })
}

fn binary(argument: &str) -> Result<Vec<u8>, String> {
    match argument.strip_prefix('@') {
        Some(file) => std::fs::read(file).map_err(|error| format!("cannot read {file}: {error}")),
        None => bytes_of_hex(argument)
            .ok_or_else(|| format!("/binary {argument}: pairs of hexadecimal digits are needed, or @FILE")),
    }
}

fn close(argument: &str) -> Result<Typed, String> {
    let (code, reason) = argument.split_once(' ').unwrap_or((argument, ""));
    let code = match code {
        "" => CloseCode::NORMAL,
        code => match code.parse().map(CloseCode) {
            Ok(code) if code.may_be_sent() => code,
            _ => return Err(format!("/close {code}: codes are 1000 to 1003, 1007 to 1014, and 3000 to 4999")),
        },
    };
    match reason.trim() {
        reason if reason.len() <= 123 => Ok(Typed::Close(code, reason.to_string())),
        reason => Err(format!("a close reason has up to 123 bytes, and these are {}", reason.len())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Typed {
        Typed::Send(Message::text(text))
    }

    #[test]
    fn a_line_is_a_text_without_its_end() {
        for (line, sent) in
            [("a\n", "a"), ("a\r\n", "a"), ("a", "a"), ("\n", ""), ("a\n\n", "a\n"), ("/ping\n", "/ping")]
        {
            assert_eq!(of_line(line.into(), false), Some(text(sent)), "{line:?}");
        }
        assert_eq!(of_line(vec![0xff], true), None);
    }

    #[test]
    fn commands_are_obeyed() {
        let file = std::env::temp_dir().join(format!("ws-{}", std::process::id()));
        std::fs::write(&file, b"\0\x01").unwrap();
        for (line, typed) in [
            ("/ping", Typed::Send(Message::Ping("".into()))),
            ("/ping a b", Typed::Send(Message::Ping("a b".into()))),
            ("/pong x", Typed::Send(Message::Pong("x".into()))),
            ("/binary 00 ff", Typed::Send(Message::binary(vec![0, 255]))),
            (&format!("/binary @{}", file.display()), Typed::Send(Message::binary(vec![0, 1]))),
            ("/close", Typed::Close(CloseCode(1000), String::new())),
            ("/close 4001", Typed::Close(CloseCode(4001), String::new())),
            ("/close 4001 good bye", Typed::Close(CloseCode(4001), "good bye".into())),
            ("//ping", text("/ping")),
            ("//", text("/")),
            ("a /ping", text("a /ping")),
        ] {
            assert_eq!(of_line(line.into(), true), Some(typed), "{line}");
        }
        std::fs::remove_file(file).unwrap();
    }

    #[test]
    fn wrong_commands_are_told() {
        let long = format!("/ping {}", "x".repeat(126));
        let reason = format!("/close 1000 {}", "x".repeat(124));
        for (line, told) in [
            ("/frobnicate", "//frobnicate sends"),
            ("/binary 0", "hexadecimal"),
            ("/binary @/nowhere/at/all", "/nowhere/at/all"),
            ("/close 1005", "1000 to 1003"),
            ("/close x", "1000 to 1003"),
            ("/close 70000", "1000 to 1003"),
            (&long, "125 bytes"),
            (&reason, "123 bytes"),
            ("/help", "/close"),
        ] {
            match of_line(line.into(), true) {
                Some(Typed::Note(note)) => assert!(note.contains(told), "{line}: {note}"),
                other => panic!("{line}: {other:?}"),
            }
        }
    }
}
