//! The conformance suite of this repository against a server and a client on this crate, over TCP: whole messages,
//! and pieces.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, mpsc};
use std::thread;
use std::time::Duration;
use upframe_conformance::{Address, Case, Listener, Patience, Report, Role, ServerUrl, Suite, Verdict, connect};
use upframe_embedded::embedded_io_async::{ErrorKind, ErrorType, Read, Write};
use upframe_embedded::{ClientRequest, Entropy, Error, Limits, NoClock, Uri, WebSocket};

#[derive(Clone, Copy, Debug)]
enum Way {
    Messages,
    Pieces,
}

/// A blocking socket: its futures never wait.
struct Socket(TcpStream);

impl ErrorType for Socket {
    type Error = ErrorKind;
}

impl Read for Socket {
    async fn read(&mut self, buf: &mut [u8]) -> Result<usize, ErrorKind> {
        self.0.read(buf).map_err(|_| ErrorKind::Other)
    }
}

impl Write for Socket {
    async fn write(&mut self, buf: &[u8]) -> Result<usize, ErrorKind> {
        self.0.write(buf).map_err(|_| ErrorKind::Other)
    }
    async fn flush(&mut self) -> Result<(), ErrorKind> {
        Ok(())
    }
}

async fn echo<E: Entropy>(mut ws: WebSocket<'_, Socket, NoClock, E>, way: Way) -> Result<(), Error<ErrorKind>> {
    let result = match way {
        Way::Messages => loop {
            match ws.next_and_writer().await {
                Some(Ok((message, writer))) => {
                    if let Some(data) = message.to_fragment() {
                        writer.send(data).await?;
                    }
                }
                Some(Err(error)) => break Err(error),
                None => break Ok(()),
            }
        },
        Way::Pieces => loop {
            let piece = match ws.next_piece().await {
                Some(Ok(piece)) => (piece.to_text().map(str::to_owned), piece.as_bytes().to_vec(), piece.place()),
                Some(Err(error)) => break Err(error),
                None => break Ok(()),
            };
            let fragment = match &piece.0 {
                Some(text) => upframe_embedded::Fragment::text(text),
                None => upframe_embedded::Fragment::binary(&piece.1),
            };
            ws.send(fragment.at(piece.2)).await?;
        },
    };
    let _ = ws.get_ref().0.shutdown(std::net::Shutdown::Write);
    ws.linger().await;
    result
}

fn run<T>(future: impl std::future::Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    match future.as_mut().poll(&mut cx) {
        std::task::Poll::Ready(done) => done,
        std::task::Poll::Pending => panic!("a blocking transport waits"),
    }
}

/// Keys that differ, for a test.
fn fresh(bytes: &mut [u8]) -> Result<(), upframe_embedded::NoEntropy> {
    static NEXT: AtomicUsize = AtomicUsize::new(1);
    for part in bytes.chunks_mut(4) {
        let key = (NEXT.fetch_add(1, Ordering::Relaxed) as u32).wrapping_mul(0x9E37_79B1);
        part.copy_from_slice(&key.to_be_bytes()[..part.len()]);
    }
    Ok(())
}

fn config() -> upframe_embedded::Config {
    upframe_embedded::Config::new().with_limits(Limits::SERVER)
}

/// Long enough for every message of the suite; in pieces, short ones.
fn buffers(way: Way) -> (Vec<u8>, Vec<u8>) {
    match way {
        Way::Messages => (vec![0; 17 << 20], vec![0; 17 << 20]),
        Way::Pieces => (vec![0; 1024], vec![0; 1024 + 14]),
    }
}

fn serve(socket: TcpStream, way: Way) -> Result<(), Error<ErrorKind>> {
    let (mut receive, mut send) = buffers(way);
    let options = upframe_embedded::ServerOptions::new();
    let decide = |_: &upframe_embedded::Head<'_>| upframe_embedded::Decision::Accept(&[]);
    let opened =
        upframe_embedded::accept_with(Socket(socket), NoClock, &mut receive, &mut send, options, config(), decide);
    run(async { echo(opened.await?, way).await })
}

fn ask(address: SocketAddr, way: Way) -> Result<(), Error<ErrorKind>> {
    let (mut receive, mut send) = buffers(way);
    let socket = Socket(TcpStream::connect(address).map_err(|_| Error::EndedInHandshake)?);
    let url = format!("ws://{address}/");
    let request = ClientRequest::new(Uri::parse(&url).unwrap());
    let opened =
        upframe_embedded::client_with(socket, NoClock, fresh, &mut receive, &mut send, request, config(), |_| ());
    run(async { echo(opened.await?, way).await })
}

fn conforms(report: &Report, way: Way) {
    println!("{way:?}\n{report}");
    // No case fails. With halves, some are only acceptable: a Close may overtake an answer on its way between the
    // tasks.
    assert!(report.is_conformant() && report.entries().len() > 1000, "{way:?}");
}

/// Plays all cases, several at a time.
fn play_all(role: Role, play: impl Fn(&Case) -> Verdict + Sync) -> Report {
    let suite = Suite::with_big_messages(1 << 20);
    let cases: Vec<&Case> = suite.cases(role).collect();
    let (next, verdicts) = (AtomicUsize::new(0), Mutex::new(vec![]));
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let verdict = play(case);
                    verdicts.lock().unwrap().push((case.id(), verdict));
                }
            });
        }
    });
    let mut report = Report::new(role);
    for (id, verdict) in verdicts.into_inner().unwrap() {
        report.add(cases.iter().find(|case| case.id() == id).unwrap(), verdict);
    }
    report
}

#[test]
fn a_server_conforms() {
    for way in [Way::Messages, Way::Pieces] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = ServerUrl::parse(&format!("ws://{}/path", listener.local_addr().unwrap())).unwrap();
        thread::spawn(move || {
            while let Ok((stream, _)) = listener.accept() {
                stream.set_nodelay(true).unwrap();
                thread::spawn(move || serve(stream, way));
            }
        });
        let report = play_all(Role::Server, |case| {
            let mut pipe = connect(&url, Patience::default()).unwrap();
            case.play(Role::Server, &url.address, &mut pipe)
        });
        conforms(&report, way);
    }
}

#[test]
fn a_client_conforms() {
    for way in [Way::Messages, Way::Pieces] {
        let report = play_all(Role::Client, |case| {
            let listener = Listener::bind("127.0.0.1:0", Patience::default()).unwrap();
            let address: SocketAddr = listener.local_addr().unwrap();
            let (done, wait) = mpsc::channel();
            thread::spawn(move || {
                let result = ask(address, way);
                let _ = done.send(result);
            });
            let (mut pipe, _) = listener.accept(Duration::from_secs(20)).unwrap().unwrap();
            let verdict = case.play(Role::Client, &Address::default(), &mut pipe);
            drop(pipe);
            assert!(wait.recv_timeout(Duration::from_secs(20)).is_ok(), "{}: the client does not end", case.id());
            verdict
        });
        conforms(&report, way);
    }
}
