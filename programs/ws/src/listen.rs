//! The server of `--listen`: prints what clients send, and sends what is typed to all of them.

use crate::failure::{CONNECT, Failure, INTERRUPTED, ended};
use crate::input::{self, Typed};
use crate::opening::config;
use crate::options::Options;
use crate::output::{Item, Printer, reader_has_left};
use crate::signals::Signals;
use crate::text::printable;
use crate::tls;
use crate::transport::Io;
use std::collections::{BTreeMap, VecDeque};
use std::io::{self, IsTerminal};
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_rustls::TlsAcceptor;
use upframe_tokio::{CloseCode, CloseFrame, Error, Incoming, Message, OriginPolicy, ServerOptions, WebSocket};

/// The most clients at once.
const CLIENTS: usize = 1000;

/// How long a client may keep a typed line waiting before it is closed.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long clients may take to close after a signal.
const BRIEFLY: Duration = Duration::from_secs(2);

/// The number of messages that may wait for a client.
const WAITING: usize = 16;

/// The code and the reason of a Close.
type Closing = (CloseCode, String);

fn with(code: CloseCode) -> Closing {
    (code, String::new())
}

/// What all clients are closed with, or else this code.
fn asked(close: &tokio::sync::watch::Receiver<Option<Closing>>, code: CloseCode) -> Closing {
    close.borrow().clone().unwrap_or_else(|| with(code))
}

/// What the task of a client tells.
enum Note {
    Open(u64, Sender<Message>, String),
    Received(u64, Message),
    Ended(u64, String),
}

pub async fn serve(options: &Options, printer: &mut Printer, signals: &mut Signals) -> Result<(), Failure> {
    let acceptor = match (&options.cert, &options.key) {
        (Some(cert), Some(key)) => Some(tls::acceptor(cert, key)?),
        _ => None,
    };
    let shared = Arc::new(Shared::new(options, acceptor)?);
    let address = address(&options.url);
    let listener = TcpListener::bind(&address)
        .await
        .map_err(|error| Failure::new(CONNECT, format!("cannot listen at {address}: {error}")))?;
    let local = listener.local_addr().map_err(|error| Failure::new(CONNECT, error))?;
    let scheme = if shared.acceptor.is_some() { "wss" } else { "ws" };
    printer.status(format!("listening at {scheme}://{local}/")).await;

    let is_interactive = io::stdin().is_terminal();
    let mut typed = input::read(Default::default(), options.commands || is_interactive, printer).await;
    let (tell, mut notes) = channel(WAITING);
    let (mut clients, mut last, mut open) = (BTreeMap::<u64, Sender<Message>>::new(), 0, 0_usize);
    let (mut left, mut has_input) = (options.count, true);
    let (mut closing, mut give_up, mut is_signalled) = (None::<Closing>, None::<Instant>, false);
    let mut to_print = VecDeque::new();
    let mut reader_leaves = pin!(reader_has_left());
    loop {
        if let Some(closing) = &closing {
            // each task sends its Close when nobody can send to its client any more
            shared.close.send_replace(Some(closing.clone()));
            clients.clear();
            give_up.get_or_insert(Instant::now() + BRIEFLY);
            printer.hurry |= is_signalled;
            if open == 0 && to_print.is_empty() {
                return Ok(());
            }
        }
        tokio::select! {
            accepted = listener.accept(), if closing.is_none() && open < CLIENTS => match accepted {
                Ok((stream, remote)) => {
                    (last, open) = (last + 1, open + 1);
                    tokio::spawn(visit(shared.clone(), stream, remote, last, tell.clone()));
                }
                // out of descriptors, for example: the next client may be luckier
                Err(error) => {
                    to_print.push_back(Item::Status(format!("cannot accept a client: {error}")));
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            },
            permit = printer.ready(), if !to_print.is_empty() => {
                let item = to_print.pop_front();
                if let (Ok(permit), Some(item)) = (permit, item) {
                    permit.send(item);
                }
            }
            Some(note) = notes.recv(), if to_print.is_empty() => match note {
                Note::Open(client, sender, told) => {
                    to_print.push_back(Item::Status(format!("client {client} {told}")));
                    clients.insert(client, sender);
                }
                Note::Received(client, message) => {
                    if let Some(0) = left {
                        continue;
                    }
                    if let Some(item) = shown(client, message, options.verbose) {
                        let is_data = matches!(item, Item::Received(..));
                        to_print.push_back(item);
                        if is_data && let Some(count) = &mut left {
                            *count -= 1;
                            if *count == 0 {
                                closing = Some(with(CloseCode::NORMAL));
                            }
                        }
                    }
                }
                Note::Ended(client, told) => {
                    open -= 1;
                    clients.remove(&client);
                    to_print.push_back(Item::Status(format!("client {client} {told}")));
                }
            },
            item = typed.recv(), if has_input && closing.is_none() && to_print.is_empty() => match item {
                Some(Typed::Send(message)) => to_print.extend(send_all(&mut clients, &message).await),
                Some(Typed::Close(code, reason)) => closing = Some((code, reason)),
                Some(Typed::Note(text)) => to_print.push_back(Item::Status(text)),
                Some(Typed::Fault(text)) => return Err(Failure::usage(text)),
                None if is_interactive => closing = Some(with(CloseCode::GOING_AWAY)),
                // a server goes on without input
                None => has_input = false,
            },
            () = &mut reader_leaves, if closing.is_none() => closing = Some(with(CloseCode::GOING_AWAY)),
            () = printer.gone(), if closing.is_none() => closing = Some(with(CloseCode::GOING_AWAY)),
            () = signals.next() => {
                if is_signalled {
                    return Err(Failure::new(INTERRUPTED, ""));
                }
                is_signalled = true;
                closing.get_or_insert(with(CloseCode::GOING_AWAY));
            }
            () = sleep_until(give_up.unwrap_or_else(Instant::now)), if give_up.is_some() => {
                if is_signalled || to_print.is_empty() {
                    return Ok(());
                }
                give_up = Some(Instant::now() + BRIEFLY);
            }
        }
    }
}

/// Sends a message to all clients. One that does not read for some time is left behind.
async fn send_all(clients: &mut BTreeMap<u64, Sender<Message>>, message: &Message) -> Vec<Item> {
    let (mut slow, mut told) = (vec![], vec![]);
    for (client, sender) in &*clients {
        if timeout(PATIENCE, sender.send(message.clone())).await.is_err() {
            slow.push(*client);
        }
    }
    for client in slow {
        clients.remove(&client);
        told.push(Item::Status(format!("client {client} does not read: it is closed with 1008")));
    }
    told
}

fn shown(client: u64, message: Message, verbose: bool) -> Option<Item> {
    match message {
        Message::Text(_) | Message::Binary(_) => Some(Item::Received(message, Some(client))),
        Message::Ping(_) if verbose => Some(Item::Status(format!("client {client} sent a Ping"))),
        Message::Pong(_) => Some(Item::Status(format!("client {client} sent a Pong"))),
        _ => None,
    }
}

/// What all clients share.
struct Shared {
    acceptor: Option<TlsAcceptor>,
    config: upframe_tokio::Config,
    subprotocols: Vec<String>,
    origin: Option<String>,
    echo: bool,
    close: tokio::sync::watch::Sender<Option<Closing>>,
}

impl Shared {
    fn new(options: &Options, acceptor: Option<TlsAcceptor>) -> Result<Self, Failure> {
        let shared = Self {
            acceptor,
            config: config(options),
            subprotocols: options.subprotocols.clone(),
            origin: options.origin.clone(),
            echo: options.echo,
            close: tokio::sync::watch::Sender::new(None),
        };
        if let Some(origin) = &options.origin {
            OriginPolicy::list(&[origin])
                .map_err(|_| Failure::usage(format!("--origin {origin:?}: an origin is like https://example.com")))?;
        }
        Ok(shared)
    }
}

/// Serves one client. Its last note is that it has ended.
async fn visit(shared: Arc<Shared>, stream: TcpStream, remote: SocketAddr, client: u64, tell: Sender<Note>) {
    // a failure only costs time
    let _ = stream.set_nodelay(true);
    let told = match accept(&shared, stream, remote, client, &tell).await {
        Ok(told) => told,
        Err(Error::Refusal(refusal)) => format!("from {remote} was refused: {refusal}"),
        Err(Error::OpenTimedOut) => format!("from {remote} did not finish the opening handshake in time"),
        Err(error) => match ended(&error, "client").text {
            text if matches!(error, Error::Protocol(_) | Error::Ended(_)) => format!("ended: {text}"),
            text => format!("from {remote} ended: {text}"),
        },
    };
    let _ = tell.send(Note::Ended(client, told)).await;
}

async fn accept(
    shared: &Shared,
    stream: TcpStream,
    remote: SocketAddr,
    client: u64,
    tell: &Sender<Note>,
) -> Result<String, Error> {
    let stream: Box<dyn Io> = match &shared.acceptor {
        Some(acceptor) => match timeout(shared.config.open_within, acceptor.accept(stream)).await {
            Ok(stream) => Box::new(stream?),
            Err(_) => return Err(Error::OpenTimedOut),
        },
        None => Box::new(stream),
    };
    let subprotocols: Vec<_> = shared.subprotocols.iter().map(String::as_str).collect();
    let origins: Vec<_> = shared.origin.iter().map(String::as_str).collect();
    let origins = match OriginPolicy::list(&origins) {
        Ok(list) if !origins.is_empty() => list,
        _ => OriginPolicy::any(),
    };
    let options = ServerOptions::new().with_subprotocols(&subprotocols).with_origins(origins);
    let incoming = Incoming::receive(stream, options, shared.config).await?;
    let text = |bytes: &[u8]| printable(&String::from_utf8_lossy(bytes)).into_owned();
    let origin = incoming.request().field("origin").map(|origin| format!(", origin {}", text(origin)));
    let path = text(incoming.request().path().as_bytes());
    let subprotocol = incoming.subprotocol().map(|name| format!(", subprotocol {name}"));
    let mut told =
        format!("from {remote} opened {path}{}{}", origin.unwrap_or_default(), subprotocol.unwrap_or_default());
    let websocket = incoming.accept().await?;
    if websocket.deflate_params().is_some() {
        told.push_str(", compressed");
    }
    let (sender, messages) = channel(WAITING);
    let _ = tell.send(Note::Open(client, sender, told)).await;
    let frame = exchange(shared, websocket, client, tell, messages).await?;
    Ok(match frame {
        Some(frame) if frame.reason.is_empty() => format!("closed with {}", frame.code),
        Some(frame) => format!("closed with {}: {}", frame.code, printable(&frame.reason)),
        None => "closed with 1005".to_string(),
    })
}

/// Passes messages both ways, until one end closes.
async fn exchange(
    shared: &Shared,
    websocket: WebSocket<Box<dyn Io>>,
    client: u64,
    tell: &Sender<Note>,
    mut messages: Receiver<Message>,
) -> Result<Option<CloseFrame>, Error> {
    let (mut writer, mut reader) = websocket.split();
    let (echo, mut echoes) = channel(1);
    let mut close = shared.close.subscribe();
    let writing = async move {
        let (code, reason) = loop {
            let message = tokio::select! {
                biased;
                Ok(()) = close.changed() => break asked(&close, CloseCode::GOING_AWAY),
                Some(message) = echoes.recv() => message,
                message = messages.recv() => match message {
                    Some(message) => message,
                    // it was too slow, or all are closed
                    None => break asked(&close, CloseCode::POLICY_VIOLATION),
                },
            };
            tokio::select! {
                biased;
                // the reader tells what went wrong
                sent = writer.send(message) => if sent.is_err() { break with(CloseCode::NORMAL) },
                Ok(()) = close.changed() => break asked(&close, CloseCode::GOING_AWAY),
            }
        };
        let _ = writer.close(code, &reason).await;
        std::future::pending::<()>().await;
    };
    let reading = async {
        while let Some(message) = reader.next().await {
            let message = message?;
            let answer = (shared.echo && message.is_data()).then(|| message.clone());
            let _ = tell.send(Note::Received(client, message)).await;
            if let Some(answer) = answer {
                let _ = echo.send(answer).await;
            }
        }
        Ok(reader.close_frame())
    };
    tokio::select! {
        result = reading => result,
        () = writing => Ok(None),
    }
}

/// Returns the address to listen at: `9000`, `:9000`, `host`, `host:9000`.
fn address(typed: &str) -> String {
    let typed = typed.trim_start_matches("ws://").trim_start_matches("wss://").trim_end_matches('/');
    if typed.is_empty() {
        return "127.0.0.1:9000".into();
    }
    let port = typed.strip_prefix(':').unwrap_or(typed);
    if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) {
        return format!("127.0.0.1:{port}");
    }
    let is_bare_v6 = typed.parse::<std::net::Ipv6Addr>().is_ok();
    match typed {
        typed if is_bare_v6 => format!("[{typed}]:9000"),
        typed if typed.ends_with(']') || !typed.contains(':') => format!("{typed}:9000"),
        typed => typed.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_or_a_host_is_an_address() {
        for (typed, bound) in [
            ("", "127.0.0.1:9000"),
            ("80", "127.0.0.1:80"),
            (":80", "127.0.0.1:80"),
            ("localhost", "localhost:9000"),
            ("0.0.0.0:80", "0.0.0.0:80"),
            ("::1", "[::1]:9000"),
            ("[::1]", "[::1]:9000"),
            ("[::1]:80", "[::1]:80"),
            ("ws://localhost:80/", "localhost:80"),
        ] {
            assert_eq!(address(typed), bound, "{typed}");
        }
    }
}
