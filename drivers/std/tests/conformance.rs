//! The conformance suite of this repository against a server and a client on this crate, over TCP: whole messages,
//! pieces, and halves.

use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, mpsc};
use std::thread;
use std::time::Duration;
use upframe_conformance::{Address, Case, Listener, Patience, Report, Role, ServerUrl, Suite, Verdict, connect};
use upframe_std::{Error, TryClone, WebSocket, accept};

#[derive(Clone, Copy, Debug)]
enum Way {
    Messages,
    Pieces,
    Halves,
}

fn echo<S: TryClone + Send + 'static>(mut ws: WebSocket<S>, way: Way) -> Result<(), Error> {
    match way {
        Way::Messages => {
            while let Some(message) = ws.next() {
                let message = message?;
                if message.is_data() {
                    ws.feed(message)?;
                }
            }
        }
        Way::Pieces => {
            while let Some(piece) = ws.next_piece() {
                ws.feed_piece(piece?)?;
            }
        }
        Way::Halves => {
            let (mut writer, reader) = ws.split()?;
            let (queue, queued) = mpsc::sync_channel::<upframe_std::Message>(10);
            let write = thread::spawn(move || {
                while let Ok(message) = queued.recv() {
                    let _ = writer.send(message);
                }
            });
            for message in reader {
                let message = message?;
                if message.is_data() {
                    let _ = queue.send(message);
                }
            }
            drop(queue);
            write.join().unwrap();
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
    for way in [Way::Messages, Way::Pieces, Way::Halves] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = ServerUrl::parse(&format!("ws://{}/path", listener.local_addr().unwrap())).unwrap();
        thread::spawn(move || {
            while let Ok((stream, _)) = listener.accept() {
                stream.set_nodelay(true).unwrap();
                thread::spawn(move || echo(accept(stream)?, way));
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
    for way in [Way::Messages, Way::Pieces, Way::Halves] {
        let report = play_all(Role::Client, |case| {
            let listener = Listener::bind("127.0.0.1:0", Patience::default()).unwrap();
            let address: SocketAddr = listener.local_addr().unwrap();
            let (done, wait) = mpsc::channel();
            thread::spawn(move || {
                let result = match upframe_std::connect(&format!("ws://{address}/")) {
                    Ok((ws, _)) => echo(ws, way),
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
