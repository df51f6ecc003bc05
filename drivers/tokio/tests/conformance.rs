//! The conformance suite of this repository against a server and a client on this crate, over TCP: whole messages,
//! pieces, and halves.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, mpsc};
use std::thread;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use upframe_conformance::{Address, Case, Listener, Patience, Report, Role, ServerUrl, Suite, Verdict, connect};
use upframe_tokio::{Error, WebSocket, accept};

#[derive(Clone, Copy, Debug)]
enum Way {
    Messages,
    Pieces,
    Halves,
}

async fn echo<S: AsyncRead + AsyncWrite + Unpin>(mut ws: WebSocket<S>, way: Way) -> Result<(), Error> {
    match way {
        Way::Messages => {
            while let Some(message) = ws.next().await {
                let message = message?;
                if message.is_data() {
                    ws.feed(message).await?;
                }
            }
        }
        Way::Pieces => {
            while let Some(piece) = ws.next_piece().await {
                ws.feed_piece(piece?).await?;
            }
        }
        Way::Halves => {
            let (mut writer, mut reader) = ws.split();
            let (queue, mut queued) = tokio::sync::mpsc::channel(10);
            let read = async move {
                while let Some(message) = reader.next().await {
                    let message = message?;
                    if message.is_data() {
                        let _ = queue.send(message).await;
                    }
                }
                Ok(())
            };
            let write = async {
                while let Some(message) = queued.recv().await {
                    let _ = writer.send(message).await;
                }
            };
            return tokio::join!(read, write).0;
        }
    }
    Ok(())
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
    let runtime = Runtime::new().unwrap();
    for way in [Way::Messages, Way::Pieces, Way::Halves] {
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let url = ServerUrl::parse(&format!("ws://{}/path", listener.local_addr().unwrap())).unwrap();
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                stream.set_nodelay(true).unwrap();
                tokio::spawn(async move { echo(accept(stream).await?, way).await });
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
    let runtime = Runtime::new().unwrap();
    for way in [Way::Messages, Way::Pieces, Way::Halves] {
        let report = play_all(Role::Client, |case| {
            let listener = Listener::bind("127.0.0.1:0", Patience::default()).unwrap();
            let address: SocketAddr = listener.local_addr().unwrap();
            let (done, wait) = mpsc::channel();
            runtime.spawn(async move {
                let result = match upframe_tokio::connect(&format!("ws://{address}/")).await {
                    Ok((ws, _)) => echo(ws, way).await,
                    Err(error) => Err(error),
                };
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
