//! Halves, in two tasks that are polled only when they were woken.

mod common;

use common::{After, Script, TestClock, again, masked, plain};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::{Future, pending, poll_fn};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;
use upframe_embedded::{
    CloseCode, Config, Endpoint, Error, Fragment, Halves, Message, MessageKind, NoKeys, Place, SendError, WebSocket,
};

const SIZES: [usize; 6] = [1, 2, 3, 7, 64, 4096];
const S: Duration = Duration::from_secs(1);

type Server<'b> = Halves<'b, Script, Script, &'b TestClock>;
type Wire = Rc<RefCell<Vec<u8>>>;

/// Halves over a script to read and one to write, and what is written.
fn server<'b>(
    reads: Script,
    writes: Script,
    clock: &'b TestClock,
    buffers: &'b mut [[u8; 400]; 2],
) -> (Server<'b>, Wire) {
    let [receive, send] = buffers;
    let output = writes.output.clone();
    let websocket = WebSocket::new(reads, clock, Endpoint::<NoKeys>::Server, receive, send, Config::new());
    (websocket.halves(|reads| (reads, writes)), output)
}

/// A script that writes `accepts` bytes, and then accepts no more.
fn writes(size: usize, accepts: usize) -> Script {
    let mut script = Script::new(b"", size, After::End);
    script.accepts = accepts;
    script
}

#[derive(Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Runs two tasks until both are done. Each is polled when it was woken. If none was, the time goes on, and both are
/// asked.
fn tasks<A, B>(clock: &TestClock, one: impl Future<Output = A>, other: impl Future<Output = B>) -> (A, B) {
    let (mut one, mut other) = (pin!(one), pin!(other));
    let (mut done, mut other_done) = (None, None);
    let woken = [Arc::new(Woken(true.into())), Arc::new(Woken(true.into()))];
    let wakers = woken.clone().map(Waker::from);
    while done.is_none() || other_done.is_none() {
        let awake = [0, 1].map(|task: usize| woken[task].0.swap(false, Ordering::Relaxed));
        if done.is_none() && awake[0] {
            done = polled(one.as_mut(), &wakers[0]);
        }
        if other_done.is_none() && awake[1] {
            other_done = polled(other.as_mut(), &wakers[1]);
        }
        if woken.iter().all(|woken| !woken.0.load(Ordering::Relaxed)) && (done.is_none() || other_done.is_none()) {
            clock.now.set(clock.waited().expect("everything waits, and for no time"));
            woken.iter().for_each(|woken| woken.0.store(true, Ordering::Relaxed));
        }
    }
    (done.unwrap(), other_done.unwrap())
}

fn polled<T>(future: Pin<&mut impl Future<Output = T>>, waker: &Waker) -> Option<T> {
    match future.poll(&mut Context::from_waker(waker)) {
        Poll::Ready(done) => Some(done),
        Poll::Pending => None,
    }
}

/// What the reader's task has for the writer's.
#[derive(Default)]
struct Channel {
    messages: RefCell<VecDeque<(MessageKind, Vec<u8>)>>,
    closed: Cell<bool>,
    waker: RefCell<Option<Waker>>,
}

impl Channel {
    fn send(&self, message: Option<(MessageKind, Vec<u8>)>) {
        self.closed.set(message.is_none());
        self.messages.borrow_mut().extend(message);
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    async fn receive(&self) -> Option<(MessageKind, Vec<u8>)> {
        poll_fn(|cx| {
            let message = self.messages.borrow_mut().pop_front();
            if message.is_none() && !self.closed.get() {
                self.waker.replace(Some(cx.waker().clone()));
                return Poll::Pending;
            }
            Poll::Ready(message)
        })
        .await
    }
}

fn fragment((kind, bytes): &(MessageKind, Vec<u8>)) -> Fragment<'_> {
    match kind {
        MessageKind::Text => Fragment::text(std::str::from_utf8(bytes).unwrap()),
        MessageKind::Binary => Fragment::binary(bytes),
    }
}

fn data(message: Message<'_>) -> Option<(MessageKind, Vec<u8>)> {
    match message {
        Message::Text(text) => Some((MessageKind::Text, text.as_bytes().to_vec())),
        Message::Binary(bytes) => Some((MessageKind::Binary, bytes.to_vec())),
        _ => None,
    }
}

fn session() -> Vec<u8> {
    [
        masked(0x01, "Hal€".as_bytes()),
        masked(0x89, b"ping"),
        masked(0x80, "lo𝄞".as_bytes()),
        masked(0x82, &[7; 300]),
        masked(0x8A, b"pong"),
        masked(0x81, b""),
    ]
    .concat()
}

/// The frames of a server, whatever their order.
fn sorted(mut wire: &[u8]) -> Vec<Vec<u8>> {
    let mut frames = vec![];
    while let [_, len, rest @ ..] = wire {
        let end = match len {
            126 => 4 + usize::from(rest[0]) * 256 + usize::from(rest[1]),
            len => 2 + usize::from(*len),
        };
        frames.push(wire[..end].to_vec());
        wire = &wire[end..];
    }
    frames.sort();
    frames
}

/// Both tasks of a server that echoes, each call dropped after so many polls.
fn echo(size: usize, polls: usize) -> Vec<u8> {
    let (clock, mut buffers) = (TestClock::default(), [[0; 400]; 2]);
    let reads = Script::new(&session(), size, After::Silence);
    let (mut halves, output) = server(reads, writes(size, usize::MAX), &clock, &mut buffers);
    let (mut reader, mut writer) = halves.split();
    let channel = Channel::default();
    let read = async {
        let mut count = 0;
        while count < 3 {
            let next = dropped(polls, async || Some(data(reader.next().await.unwrap().unwrap()))).await;
            count += usize::from(next.is_some());
            if next.is_some() {
                channel.send(next);
            }
        }
        channel.send(None);
        // until the peer closes, which it does not
        assert!(matches!(reader.next().await, Some(Err(Error::CloseTimedOut))));
    };
    let write = async {
        while let Some(message) = channel.receive().await {
            dropped(polls, async || Some(writer.feed(fragment(&message)).await)).await.unwrap();
            dropped(polls, async || Some(writer.flush().await)).await.unwrap();
        }
        writer.close(CloseCode::NORMAL, "bye").await.unwrap();
    };
    tasks(&clock, read, write);
    assert_eq!(clock.now.get(), 5 * S, "a wake-up was lost"); // the time to close, and no other
    output.borrow().clone()
}

/// Calls, and drops the future after so many polls that were pending, until one returns.
async fn dropped<T>(polls: usize, mut call: impl AsyncFnMut() -> Option<T>) -> T {
    loop {
        let mut future = pin!(call());
        let mut left = polls;
        let done = poll_fn(|cx| match future.as_mut().poll(cx) {
            Poll::Ready(done) => Poll::Ready(done),
            Poll::Pending if left == 1 => {
                cx.waker().wake_by_ref();
                Poll::Ready(None)
            }
            Poll::Pending => {
                left -= 1;
                Poll::Pending
            }
        })
        .await;
        if let Some(done) = done {
            return done;
        }
        // let the other task run
        let mut yielded = false;
        poll_fn(|cx| {
            cx.waker().wake_by_ref();
            if std::mem::replace(&mut yielded, true) { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }
}

#[test]
fn a_server_in_two_tasks_echoes_answers_pings_and_closes_at_every_cut_and_every_drop() {
    let want = [
        plain(0x8A, b"ping"),
        plain(0x81, "Hal€lo𝄞".as_bytes()),
        plain(0x82, &[7; 300]),
        plain(0x81, b""),
        plain(0x88, b"\x03\xe8bye"),
    ];
    let mut frames = want.to_vec();
    frames.sort();
    for size in SIZES {
        for polls in [2, 3, 5, 8, usize::MAX] {
            let wire = echo(size, polls);
            // tasks may be faster or slower, but frames are whole, messages are in order, and the Close is the last
            assert_eq!(sorted(&wire), frames, "{size} {polls}");
            assert!(wire.ends_with(&want[2..].concat()), "{size} {polls}");
        }
    }
}

#[test]
fn a_ping_is_answered_and_a_close_too_while_the_writer_does_nothing() {
    let wire = [masked(0x89, b"a"), masked(0x81, b"x"), masked(0x89, b"b"), masked(0x88, b"\x03\xe9off")].concat();
    for size in SIZES {
        let (clock, mut buffers) = (TestClock::default(), [[0; 400]; 2]);
        let reads = Script::new(&wire, size, After::Silence);
        let (mut halves, output) = server(reads, writes(size, usize::MAX), &clock, &mut buffers);
        let (mut reader, mut writer) = halves.split();
        let mut seen = 0;
        common::run(&clock, async {
            while let Some(message) = reader.next().await {
                message.unwrap();
                seen += 1;
            }
        });
        let sent = output.borrow().clone();
        // of two Pings that came at once, the second one may be answered alone (RFC 6455 §5.5.3)
        let last = [plain(0x8A, b"b"), plain(0x88, b"\x03\xe9off")].concat();
        assert!(sent == last || sent == [plain(0x8A, b"a"), last.clone()].concat() || sent == last[3..], "{sent:?}");
        assert_eq!(
            (seen, reader.close_code(), reader.close_frame().unwrap().reason),
            (4, Some(CloseCode(1001)), "off")
        );
        // it is over for both
        assert!(matches!(common::run(&clock, writer.send("x")), Err(Error::Send(SendError::Closing))));
        assert!(matches!(common::run(&clock, writer.flush()), Err(Error::WriteZero)));
        assert!(common::run(&clock, writer.close(CloseCode::NORMAL, "")).is_ok());
        assert_eq!(clock.now.get(), Duration::ZERO);
    }
}

/// Lets the other task run until it waits.
async fn others() {
    let mut left = 20;
    poll_fn(|cx| {
        cx.waker().wake_by_ref();
        left -= 1;
        if left == 0 { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

#[test]
fn what_is_queued_is_written_at_once_while_the_reader_waits() {
    let (clock, mut buffers) = (TestClock::default(), [[0; 400]; 2]);
    let reads = Script::new(b"", 64, After::Silence);
    let (mut halves, output) = server(reads, writes(64, usize::MAX), &clock, &mut buffers);
    let (mut reader, mut writer) = halves.split();
    let read = async { assert!(matches!(reader.next().await, Some(Err(Error::Dead)))) };
    let write = async {
        others().await;
        writer.feed("Hello").await.unwrap(); // and no flush
        others().await;
        assert_eq!((clock.now.get(), &output.borrow()[..]), (Duration::ZERO, &plain(0x81, b"Hello")[..]));
    };
    tasks(&clock, write, read);
    let ping = plain(0x89, b"\0\0\0\x01");
    assert_eq!((clock.now.get(), &output.borrow()[..]), (30 * S, &[plain(0x81, b"Hello"), ping].concat()[..]));
}

#[test]
fn a_writer_goes_on_when_the_reader_has_written_its_answer() {
    let (clock, mut buffers) = (TestClock::default(), [[0; 400]; 2]);
    let reads = Script::new(&masked(0x89, &[7; 100]), 200, After::Silence);
    let (mut halves, output) = server(reads, writes(1, usize::MAX), &clock, &mut buffers);
    let (mut reader, mut writer) = halves.split();
    let read = async {
        assert!(matches!(reader.next().await, Some(Ok(Message::Ping(_)))));
        assert!(matches!(reader.next().await, Some(Err(Error::Dead)))); // and writes the Pong
    };
    let write = async {
        others().await;
        assert!((1..50).contains(&output.borrow().len()), "the reader does not write now");
        writer.send("x").await.unwrap();
        clock.now.get()
    };
    let (time, ()) = tasks(&clock, write, read);
    assert_eq!(
        (time, &output.borrow()[..105]),
        (Duration::ZERO, &[plain(0x8A, &[7; 100]), plain(0x81, b"x")].concat()[..])
    );
}

#[test]
fn the_time_runs_from_the_last_byte() {
    let (clock, mut buffers) = (TestClock::default(), [[0; 400]; 2]);
    let reads = Script::new(&masked(0x81, b"x"), 64, After::Silence);
    let (mut halves, output) = server(reads, writes(64, usize::MAX), &clock, &mut buffers);
    let (mut reader, _writer) = halves.split();
    clock.now.set(15 * S);
    assert!(matches!(common::run(&clock, reader.next()), Some(Ok(Message::Text("x")))));
    assert!(matches!(common::run(&clock, reader.next()), Some(Err(Error::Dead))));
    assert_eq!((clock.now.get(), output.borrow().len()), (45 * S, 6));
}

#[test]
fn a_peer_that_does_not_read_keeps_nobody_from_reading() {
    let input = [masked(0x89, b"a"), masked(0x81, b"x"), masked(0x89, b"b"), masked(0x81, b"y")].concat();
    let (clock, mut buffers) = (TestClock::default(), [[0; 400]; 2]);
    let reads = Script::new(&input, 64, After::Silence);
    let (mut halves, output) = server(reads, writes(64, 10), &clock, &mut buffers);
    let (mut reader, mut writer) = halves.split();
    let mut seen = vec![];
    let read = async {
        loop {
            match reader.next().await {
                Some(Ok(message)) => seen.extend(data(message)),
                Some(Err(error)) => return error,
                None => panic!(),
            }
        }
    };
    let write = async {
        writer.send(&[7; 98][..]).await.unwrap_err() // the transport accepts 10 bytes
    };
    let (read, write) = tasks(&clock, read, write);
    assert!(matches!((&read, &write), (Error::Dead, Error::Dead)), "{read:?} {write:?}");
    assert_eq!((seen.len(), clock.now.get(), output.borrow().len()), (2, 30 * S, 10));
    assert!(common::run(&clock, reader.next()).is_none());
}

#[test]
fn the_end_of_the_stream_frees_a_writer_that_waits() {
    let (clock, mut buffers) = (TestClock::default(), [[0; 400]; 2]);
    let reads = Script::new(&masked(0x81, b"x"), 1, After::End);
    let (mut halves, _) = server(reads, writes(64, 0), &clock, &mut buffers);
    let (mut reader, mut writer) = halves.split();
    let read = async {
        assert!(matches!(reader.next().await, Some(Ok(Message::Text("x")))));
        assert!(matches!(reader.next().await, Some(Err(Error::Ended(_)))));
    };
    // the writer comes first, and waits for the transport
    let (write, ()) = tasks(&clock, async { writer.send("never").await }, read);
    assert!(matches!(write, Err(Error::WriteZero)), "{write:?}");
    assert_eq!(clock.now.get(), Duration::ZERO);
}

#[test]
fn a_close_of_the_writer_gives_the_reader_5_s() {
    for accepts in [0, 3, 100] {
        let (clock, mut buffers) = (TestClock::default(), [[0; 400]; 2]);
        let reads = Script::new(b"", 64, After::Silence);
        let (mut halves, output) = server(reads, writes(64, accepts), &clock, &mut buffers);
        let (mut reader, mut writer) = halves.split();
        // the reader waits already, for 20 s
        let read = async { assert!(matches!(reader.next().await, Some(Err(Error::CloseTimedOut)))) };
        let ((), close) = tasks(&clock, read, writer.close(CloseCode::NORMAL, ""));
        assert_eq!(close.is_ok(), accepts == 100, "{close:?}");
        assert_eq!((clock.now.get(), output.borrow().len()), (5 * S, accepts.min(4)));
    }
}

#[test]
fn a_close_of_the_writer_is_finished_by_the_reader() {
    for size in SIZES {
        let (clock, mut buffers) = (TestClock::default(), [[0; 400]; 2]);
        let input = [masked(0x81, b"late"), masked(0x88, b"\x03\xe8")].concat();
        let (mut halves, output) =
            server(Script::new(&input, size, After::Silence), writes(size, usize::MAX), &clock, &mut buffers);
        let (mut reader, mut writer) = halves.split();
        common::run(&clock, writer.close(CloseCode(4000), "")).unwrap();
        assert!(matches!(common::run(&clock, writer.send("x")), Err(Error::Send(SendError::Closing))));
        assert!(matches!(common::run(&clock, reader.next()), Some(Ok(Message::Text("late")))));
        assert!(matches!(common::run(&clock, reader.next()), Some(Ok(Message::Close(Some(_))))));
        assert!(common::run(&clock, reader.next()).is_none());
        assert_eq!((&output.borrow()[..], clock.now.get()), (&b"\x88\x02\x0f\xa0"[..], Duration::ZERO));
        let (reads, writes) = halves.into_inner();
        assert!(reads.input.is_empty() && Rc::ptr_eq(&writes.output, &output));
    }
}

#[test]
fn a_violation_is_answered_with_its_close_code() {
    let (clock, mut buffers) = (TestClock::default(), [[0; 400]; 2]);
    let reads = Script::new(&masked(0x81, b"\xff"), 64, After::Silence);
    let (mut halves, output) = server(reads, writes(64, usize::MAX), &clock, &mut buffers);
    let (mut reader, _) = halves.split();

    assert!(matches!(common::run(&clock, reader.next()), Some(Err(Error::Protocol(_)))));
    assert!(output.borrow().starts_with(b"\x88") && output.borrow()[2..4] == 1007_u16.to_be_bytes());
}

#[test]
fn a_connection_that_has_begun_goes_on_in_halves() {
    let (clock, mut buffers) = (TestClock::default(), [[0; 400]; 2]);
    let [receive, send] = &mut buffers;
    let input = [masked(0x01, b"Hel"), masked(0x80, b"lo"), masked(0x82, &[9; 20])].concat();
    let endpoint = Endpoint::<NoKeys>::Server;
    let script = Script::new(&input, 7, After::End);
    let mut websocket = WebSocket::new(script, &clock, endpoint, receive, send, Config::new());
    // a part of a message has come, and one is queued
    for _ in 0..3 {
        assert!(common::polled(&clock, 1, websocket.next()).is_none());
    }
    common::run(&clock, websocket.writer().feed("queued")).unwrap();
    let other = writes(64, usize::MAX);
    let output = other.output.clone();
    let mut halves = websocket.halves(|script| (script, other));
    let (mut reader, mut writer) = halves.split();
    assert!(matches!(common::run(&clock, reader.next()), Some(Ok(Message::Text("Hello")))));
    common::run(&clock, writer.send("more")).unwrap();
    assert_eq!(output.borrow()[..], [plain(0x81, b"queued"), plain(0x81, b"more")].concat());
    // pieces, too
    let mut bytes = 0;
    loop {
        let (more, place) = again(&clock, 2, async || {
            let piece = reader.next_piece().await.unwrap().unwrap();
            (piece.as_bytes().len(), piece.place())
        });
        bytes += more;
        if matches!(place, Place::Last | Place::Whole) {
            break;
        }
    }
    assert_eq!(bytes, 20);
}

#[test]
fn keepalive_works_for_a_writer_without_a_reader() {
    let (clock, mut buffers) = (TestClock::default(), [[0; 400]; 2]);
    let (mut halves, _) = server(Script::new(b"", 1, After::Silence), writes(64, 10), &clock, &mut buffers);
    let (reader, mut writer) = halves.split();
    let waits = async {
        let _reader = reader;
        pending::<()>().await;
    };
    let mut waits = pin!(waits);
    let sent = common::run(&clock, async {
        let mut send = pin!(writer.send(&[7; 98][..]));
        poll_fn(|cx| {
            let _ = waits.as_mut().poll(cx);
            send.as_mut().poll(cx)
        })
        .await
    });
    assert!(matches!(sent, Err(Error::Dead)), "{sent:?}");
    assert_eq!(clock.now.get(), 30 * S);
}
