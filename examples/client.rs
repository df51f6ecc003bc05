//! Talks to a WebSocket server from the terminal: `cargo run --example client -- ws://127.0.0.1:9001/`.
//!
//! Prints what comes, sends the lines of standard input, and closes properly at their end. One thread reads from the server, one from
//! standard input, and the main thread writes.

#[path = "common/opening.rs"]
mod opening;

use lexopt::prelude::*;
use opening::{Opened, System, open, printable};
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::process::ExitCode;
use std::sync::mpsc::{self, Sender};
use std::thread;
use std::time::{Duration, Instant};
use upframe::connection::{
    Client, ClientSide, Event, Limits, Place, Receiver, Reply, SendError, Settings, State, Transmitter,
};
use upframe::frame::{CloseCode, Header};
use upframe::handshake::{Request, Uri};

const USAGE: &str = "usage: client URL [--subprotocol NAME]... [--field 'NAME: VALUE']... [--origin ORIGIN] [--verbose]

Prints the messages of a WebSocket server, and sends each line of standard input as a text message. Closes at the end of
standard input. What is not a message goes to standard error.

  URL                    such as ws://127.0.0.1:9001/path?query
  --subprotocol NAME     offers a subprotocol; the first is preferred
  --field 'NAME: VALUE'  adds a field to the request, such as 'Cookie: id=1'
  --origin ORIGIN        says which page asks, as browsers do
  --verbose              says when a Ping or a Pong comes";

/// How long the server has for its half of the closing handshake, and for closing the stream behind it.
const FAREWELL: Duration = Duration::from_secs(5);

/// As much of a binary message is shown, in bytes.
const SHOWN: usize = 32;

#[derive(Default)]
struct Options {
    url: String,
    subprotocols: Vec<String>,
    fields: Vec<(String, String)>,
    origin: Option<String>,
    verbose: bool,
}

/// What the main thread is to do.
enum Todo {
    Send(String),
    Answer(Reply),
    /// Standard input has ended.
    Close,
    /// The connection has ended: well or not.
    End(Result<(), String>),
}

fn main() -> ExitCode {
    let result = match options() {
        Ok(Some(options)) => run(&options),
        Ok(None) => {
            println!("{USAGE}");
            Ok(())
        }
        Err(error) => Err(format!("{error}; --help says more")),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("client: {problem}");
            ExitCode::FAILURE
        }
    }
}

/// None where help was asked for.
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
    if options.url.is_empty() { Err("there is no URL".into()) } else { Ok(Some(options)) }
}

fn run(options: &Options) -> Result<(), String> {
    let uri = Uri::parse(&options.url).map_err(|error| format!("{}: {error}", options.url))?;
    let subprotocols: Vec<_> = options.subprotocols.iter().map(String::as_str).collect();
    let fields: Vec<_> = options.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let mut request = Request::new(uri).with_subprotocols(&subprotocols).with_fields(&fields);
    if let Some(origin) = &options.origin {
        request = request.with_origin(origin);
    }
    // what streams by may be long
    let limits = Limits::SERVER.with_message(u64::MAX).with_frame(u64::MAX).with_fragments(u32::MAX);
    let Opened { mut stream, connection, rest, subprotocol } = open(request, Settings::new().with_limits(limits))?;
    match subprotocol {
        Some(subprotocol) => eprintln!("open; the subprotocol is {subprotocol}"),
        None => eprintln!("open"),
    }

    let (receiver, transmitter) = connection.split();
    let (todo, todos) = mpsc::channel();
    let from_server = stream.try_clone().map_err(|error| error.to_string())?;
    let verbose = options.verbose;
    let reader = todo.clone();
    thread::spawn(move || {
        let end = read(receiver, from_server, &rest, &reader, verbose);
        let _ = reader.send(Todo::End(end));
    });
    thread::spawn(move || {
        for line in io::stdin().lines().map_while(Result::ok) {
            if todo.send(Todo::Send(line)).is_err() {
                return;
            }
        }
        let _ = todo.send(Todo::Close);
    });
    write(transmitter, &mut stream, &todos)
}

/// Writes what the two other threads ask for, until the connection has ended.
fn write(
    mut transmitter: Transmitter<Client<System>>,
    stream: &mut TcpStream,
    todos: &mpsc::Receiver<Todo>,
) -> Result<(), String> {
    let mut out = vec![];
    let mut deadline = None::<Instant>;
    loop {
        let todo = match deadline {
            None => todos.recv().map_err(|_| "the reading thread is gone")?,
            Some(end) => todos
                .recv_timeout(end.saturating_duration_since(Instant::now()))
                .map_err(|_| "the server did not close in time")?,
        };
        let frame = match &todo {
            Todo::Send(line) => {
                out.resize(line.len() + Header::MAX_LEN, 0);
                transmitter.send(line.as_str(), &mut out)
            }
            Todo::Answer(reply) => {
                out.resize(200, 0);
                transmitter.answer(reply, &mut out)
            }
            Todo::Close => {
                out.resize(200, 0);
                transmitter.close(CloseCode::NORMAL, "", &mut out)
            }
            Todo::End(end) => return end.clone(),
        };
        match frame {
            Ok(frame) => stream.write_all(frame).map_err(|error| format!("cannot send: {error}"))?,
            // the reader says what has come
            Err(SendError::Closing) => {}
            Err(error) => return Err(error.to_string()),
        }
        if transmitter.state() != State::Open {
            deadline.get_or_insert_with(|| Instant::now() + FAREWELL);
        }
    }
}

/// Prints what comes, until the stream has ended.
fn read(
    mut receiver: Receiver<ClientSide>,
    mut stream: TcpStream,
    rest: &[u8],
    todo: &Sender<Todo>,
    verbose: bool,
) -> Result<(), String> {
    let mut buf = vec![0; (64 << 10).max(rest.len())];
    buf[..rest.len()].copy_from_slice(rest);
    let (mut n, mut binary) = (rest.len(), Dump::default());
    loop {
        let mut input = &mut buf[..n];
        while let Some(event) = receiver.receive(&mut input) {
            match event {
                Event::Text(piece) => show(&printable(piece.as_str()), piece.is_last())?,
                Event::Binary(piece) => binary.push(piece.as_bytes(), piece.place())?,
                Event::Ping if verbose => eprintln!("a Ping came"),
                Event::Pong if verbose => eprintln!("a Pong came"),
                Event::Close(code) => match receiver.close_reason() {
                    "" => eprintln!("closed with {code}"),
                    reason => eprintln!("closed with {code}: {}", printable(reason)),
                },
                Event::Ping | Event::Pong | Event::Compressed(_) | Event::Failed(_) => {}
            }
        }
        if let Some(reply) = receiver.take_reply() {
            let _ = todo.send(Todo::Answer(reply));
        }
        // §7.1.1: it is the server who closes the stream
        n = match stream.read(&mut buf) {
            Ok(0) | Err(_) => break,
            Ok(n) => n,
        };
    }
    receiver.receive_eof();
    match (receiver.failure(), receiver.close_code()) {
        (Some(failure), _) => Err(format!("the server broke the protocol: {failure}")),
        (None, None | Some(CloseCode::ABNORMAL)) => Err("the server is gone without a Close".into()),
        (None, Some(_)) => Ok(()),
    }
}

/// Prints a piece of a text message.
fn show(text: &str, last: bool) -> Result<(), String> {
    let mut out = io::stdout().lock();
    let end = if last { "\n" } else { "" };
    write!(out, "{text}{end}").and_then(|()| out.flush()).map_err(|error| format!("cannot print: {error}"))
}

/// A binary message: its length, and how it begins.
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
