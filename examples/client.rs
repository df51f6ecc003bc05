//! Talks to a WebSocket server from the terminal: `cargo run --example client -- ws://127.0.0.1:9001/`.
//!
//! Prints the messages that it receives, sends the lines of standard input, and closes properly when the input ends.
//! One thread reads from the server, one reads standard input, and the main thread writes.

#[path = "common/linger.rs"]
mod linger;
#[path = "common/opening.rs"]
mod opening;

use lexopt::prelude::*;
use linger::linger;
use opening::{Opened, System, open, printable};
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::process::ExitCode;
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};
use upframe::connection::{
    Client, EndOfStream, Event, Limits, Place, Receiver, Reply, SendError, Settings, State, Transmitter,
};
use upframe::frame::{CloseCode, Header};
use upframe::handshake::{ClientRequest, Uri};

const USAGE: &str = "usage: client URL [--subprotocol NAME]... [--field 'NAME: VALUE']... [--origin ORIGIN] [--verbose]

Prints the messages of a WebSocket server and sends each line of standard input as a text message. Closes the connection
when standard input ends. Everything that is not a message goes to standard error.

  URL                    for example ws://127.0.0.1:9001/path?query
  --subprotocol NAME     offers a subprotocol; the first is preferred
  --field 'NAME: VALUE'  adds a field to the request, for example 'Cookie: id=1'
  --origin ORIGIN        sends an Origin field, as browsers do
  --verbose              reports each Ping and Pong that arrives";

/// How long the server may take for its half of the closing handshake and for closing the stream after it.
const FAREWELL: Duration = Duration::from_secs(5);

/// The number of lines of standard input that may wait to be written.
const READ_AHEAD: usize = 16;

/// The number of bytes shown of a binary message.
const SHOWN: usize = 32;

#[derive(Default)]
struct Options {
    url: String,
    subprotocols: Vec<String>,
    fields: Vec<(String, String)>,
    origin: Option<String>,
    verbose: bool,
}

/// What the main thread is to do next.
enum Todo {
    Send(String),
    /// The reply that is kept for it: a newer one takes its place, so Pings of the server do not pile up.
    Answer,
    /// Standard input has ended or cannot be read.
    Close(Result<(), String>),
    /// The connection has ended, cleanly or not.
    End(Result<(), String>),
}

fn main() -> ExitCode {
    let result = match options() {
        Ok(Some(options)) => run(&options),
        Ok(None) => {
            // The reader may have closed the pipe.
            let _ = writeln!(io::stdout(), "{USAGE}");
            Ok(())
        }
        Err(error) => Err(format!("{error}; try --help")),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("client: {problem}");
            ExitCode::FAILURE
        }
    }
}

/// Returns `None` if help was asked for.
fn options() -> Result<Option<Options>, lexopt::Error> {
    let mut options = Options::default();
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Short('h') | Long("help") => return Ok(None),
            Long("subprotocol") => options.subprotocols.push(parser.value()?.string()?),
            Long("origin") => options.origin = Some(parser.value()?.string()?),
            Long("verbose") => options.verbose = true,
            Long("field") => {
                let field = parser.value()?.string()?;
                let (name, value) = field.split_once(':').ok_or_else(|| format!("--field {field:?} has no colon"))?;
                options.fields.push((name.to_string(), value.trim().to_string()));
            }
            Value(url) if options.url.is_empty() => options.url = url.string()?,
            other => return Err(other.unexpected()),
        }
    }
    if options.url.is_empty() { Err("the URL is missing".into()) } else { Ok(Some(options)) }
}

fn run(options: &Options) -> Result<(), String> {
    let uri = Uri::parse(&options.url).map_err(|error| format!("{}: {error}", options.url))?;
    let subprotocols: Vec<_> = options.subprotocols.iter().map(String::as_str).collect();
    let fields: Vec<_> = options.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let mut request = ClientRequest::new(uri).with_subprotocols(&subprotocols).with_fields(&fields);
    if let Some(origin) = &options.origin {
        request = request.with_origin(origin);
    }
    // Messages are printed piece by piece, so they may be long.
    let limits = Limits::SERVER.with_message(u64::MAX).with_frame(u64::MAX).with_fragments(u32::MAX);
    let Opened { mut stream, connection, rest, subprotocol } = open(request, Settings::new().with_limits(limits))?;
    match subprotocol {
        Some(subprotocol) => eprintln!("open; the subprotocol is {subprotocol}"),
        None => eprintln!("open"),
    }

    let (receiver, transmitter) = connection.split();
    let ((todo, todos), (written, may_read_on)) = (mpsc::channel(), mpsc::channel());
    let from_server = stream.try_clone().map_err(|error| error.to_string())?;
    let verbose = options.verbose;
    let reader = todo.clone();
    let reply = Arc::new(Mutex::new(None));
    let kept = Arc::clone(&reply);
    thread::spawn(move || {
        let answer = |reply| {
            if lock(&kept).replace(reply).is_none() {
                let _ = reader.send(Todo::Answer);
            }
        };
        let end = read(receiver, from_server, &rest, answer, verbose);
        let _ = reader.send(Todo::End(end));
    });
    thread::spawn(move || {
        let end = forward_lines(&todo, &may_read_on);
        let _ = todo.send(Todo::Close(end));
    });
    write(transmitter, &mut stream, &todos, &reply, &written)
}

fn lock(reply: &Mutex<Option<Reply>>) -> MutexGuard<'_, Option<Reply>> {
    reply.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Passes on the lines of standard input. Few of them wait to be written, so they do not pile up while the server is
/// slow.
fn forward_lines(todo: &Sender<Todo>, may_read_on: &mpsc::Receiver<()>) -> Result<(), String> {
    for line in io::stdin().lines() {
        let line = line.map_err(|error| format!("cannot read standard input: {error}"))?;
        // Not an error: the main thread has ended, and the program with it.
        if may_read_on.recv().is_err() || todo.send(Todo::Send(line)).is_err() {
            break;
        }
    }
    Ok(())
}

/// Writes what the two other threads ask for, until the connection has ended.
fn write(
    mut transmitter: Transmitter<Client<System>>,
    stream: &mut TcpStream,
    todos: &mpsc::Receiver<Todo>,
    reply: &Mutex<Option<Reply>>,
    written: &Sender<()>,
) -> Result<(), String> {
    for _ in 0..READ_AHEAD {
        let _ = written.send(());
    }
    let mut out = vec![];
    let (mut deadline, mut input, mut output) = (None::<Instant>, Ok(()), Ok(()));
    loop {
        let todo = match deadline {
            None => todos.recv().map_err(|_| "the reading thread has ended")?,
            Some(end) => match todos.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(todo) => todo,
                Err(_) => {
                    output?;
                    // With a Close each way the end is clean, even if the server leaves the stream open (RFC 6455
                    // §7.1.4).
                    let clean = transmitter.state() == State::Closed;
                    return if clean { input } else { Err("the server did not close in time".into()) };
                }
            },
        };
        out.resize(200, 0);
        let sent = match &todo {
            Todo::Send(line) => {
                out.resize(line.len() + Header::MAX_LEN, 0);
                transmitter.send(line.as_str(), &mut out).map(<[u8]>::len)
            }
            Todo::Answer => {
                let reply = lock(reply).take();
                reply.map_or(Ok(()), |reply| transmitter.answer(&reply)).map(|()| transmitter.poll_transmit(&mut out))
            }
            Todo::Close(end) => {
                input = end.clone();
                // Do not wait for a server that no longer reads.
                let _ = stream.set_write_timeout(Some(FAREWELL));
                transmitter.close(CloseCode::NORMAL, "").map(|()| transmitter.poll_transmit(&mut out))
            }
            Todo::End(end) => {
                // The Close with the reason of the failure should arrive.
                if transmitter.state() == State::Failed {
                    let _ = linger(stream);
                }
                return end.clone().and(input);
            }
        };
        match sent {
            Ok(n) => {
                if let Err(error) = stream.write_all(&out[..n]) {
                    // What came before this counts, and the reader reports it.
                    output = Err(format!("cannot send: {error}"));
                    transmitter.end_stream();
                }
            }
            Err(SendError::Closing) => {}
            Err(error) => return Err(error.to_string()),
        }
        if matches!(todo, Todo::Send(_)) {
            let _ = written.send(());
        }
        if transmitter.state() != State::Open {
            deadline.get_or_insert_with(|| Instant::now() + FAREWELL);
        }
    }
}

/// Prints what the server sends, until the stream has ended.
fn read(
    mut receiver: Receiver<Client>,
    mut stream: TcpStream,
    rest: &[u8],
    mut answer: impl FnMut(Reply),
    verbose: bool,
) -> Result<(), String> {
    let mut buf = vec![0; (64 << 10).max(rest.len())];
    buf[..rest.len()].copy_from_slice(rest);
    let (mut n, mut binary, mut in_line) = (rest.len(), Dump::default(), false);
    loop {
        let mut input = &mut buf[..n];
        while let Some(event) = receiver.receive(&mut input) {
            match event {
                Event::Text(piece) => {
                    in_line = !piece.is_last();
                    show(&printable(piece.as_str()), piece.is_last())?;
                }
                Event::Binary(piece) => binary.push(piece.as_bytes(), piece.place())?,
                Event::Ping if verbose => eprintln!("received a Ping"),
                Event::Pong if verbose => eprintln!("received a Pong"),
                Event::Close(code) => match receiver.close_reason() {
                    "" => eprintln!("closed with {code}"),
                    reason => eprintln!("closed with {code}: {}", printable(reason)),
                },
                _ => {}
            }
            if let Some(reply) = receiver.take_reply() {
                answer(reply);
            }
        }
        if receiver.failure().is_some() {
            break;
        }
        // The server closes the stream (RFC 6455 §7.1.1).
        n = match stream.read(&mut buf) {
            Ok(0) | Err(_) => break,
            Ok(n) => n,
        };
    }
    if in_line {
        show("", true)?;
    }
    if let Some(failure) = receiver.failure() {
        return Err(format!("the server broke the protocol: {failure}"));
    }
    let problem = match receiver.receive_eof() {
        EndOfStream::Expected => return Ok(()),
        EndOfStream::WithoutClose => "the server disconnected without a Close",
        _ => "the server disconnected in the middle of a message or a frame",
    };
    // The server is owed nothing: this ends a write that is still waiting.
    let _ = stream.shutdown(Shutdown::Both);
    Err(problem.into())
}

/// Prints a piece of a text message.
fn show(text: &str, last: bool) -> Result<(), String> {
    let mut out = io::stdout().lock();
    let end = if last { "\n" } else { "" };
    write!(out, "{text}{end}").and_then(|()| out.flush()).map_err(|error| format!("cannot print: {error}"))
}

/// A binary message: its length, and its first bytes.
#[derive(Default)]
struct Dump {
    len: usize,
    start: Vec<u8>,
}

impl Dump {
    fn push(&mut self, bytes: &[u8], place: Place) -> Result<(), String> {
        self.len += bytes.len();
        self.start.extend(bytes.iter().take(SHOWN - self.start.len()));
        if !place.is_last() {
            return Ok(());
        }
        let Self { len, start } = std::mem::take(self);
        let hex: String = start.iter().map(|byte| format!(" {byte:02x}")).collect();
        let more = if len > start.len() { " ..." } else { "" };
        show(&format!("{len} bytes:{hex}{more}"), true)
    }
}
