//! The example on embassy-net: two network stacks, joined by a cable in memory, on a clock of the test.

#[path = "../examples/embassy_net.rs"]
mod example;

use embassy_net::driver::{Capabilities, Driver, HardwareAddress, LinkState, RxToken, TxToken};
use embassy_net::tcp::{self, TcpSocket};
use embassy_net::{Config as NetConfig, IpEndpoint, Ipv4Address, Ipv4Cidr, Stack, StackResources, StaticConfigV4};
use embassy_time::MockDriver;
use example::{EmbassyClock, report, report_always, serve};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;
use upframe_embedded::{ClientRequest, Clock, CloseCode, Error, Message, NoEntropy, Uri, client};

/// A cable with two ends. It loses all packets while it is cut.
#[derive(Default)]
struct Cable {
    packets: [RefCell<VecDeque<Vec<u8>>>; 2],
    wakers: [RefCell<Option<Waker>>; 2],
    cut: Cell<bool>,
    lost: Cell<usize>,
}

/// An end of it.
struct End {
    cable: Rc<Cable>,
    side: usize,
}

struct Received(Vec<u8>);

impl RxToken for Received {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(mut self, f: F) -> R {
        f(&mut self.0)
    }
}

struct Sender<'a>(&'a End);

impl TxToken for Sender<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, len: usize, f: F) -> R {
        let (cable, to) = (&self.0.cable, 1 - self.0.side);
        let mut packet = vec![0; len];
        let result = f(&mut packet);
        if cable.cut.get() {
            cable.lost.set(cable.lost.get() + 1);
            return result;
        }
        cable.packets[to].borrow_mut().push_back(packet);
        if let Some(waker) = cable.wakers[to].take() {
            waker.wake();
        }
        result
    }
}

impl Driver for End {
    type RxToken<'a> = Received;
    type TxToken<'a> = Sender<'a>;

    fn receive(&mut self, cx: &mut Context<'_>) -> Option<(Received, Sender<'_>)> {
        let packet = self.cable.packets[self.side].borrow_mut().pop_front();
        if packet.is_none() {
            self.cable.wakers[self.side].replace(Some(cx.waker().clone()));
        }
        Some((Received(packet?), Sender(self)))
    }
    fn transmit(&mut self, _: &mut Context<'_>) -> Option<Sender<'_>> {
        Some(Sender(self))
    }
    fn link_state(&mut self, _: &mut Context<'_>) -> LinkState {
        LinkState::Up
    }
    fn capabilities(&self) -> Capabilities {
        let mut capabilities = Capabilities::default();
        capabilities.max_transmission_unit = 1500;
        capabilities
    }
    fn hardware_address(&self) -> HardwareAddress {
        HardwareAddress::Ip
    }
}

#[derive(Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// All tests share one clock.
static CLOCK: Mutex<()> = Mutex::new(());

/// Runs a future. The clock goes on when it waits.
fn run<T>(future: impl Future<Output = T>) -> T {
    let woken = Arc::new(Woken::default());
    let waker = Waker::from(woken.clone());
    let mut future = pin!(future);
    let start = EmbassyClock.now();
    loop {
        if let Poll::Ready(done) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return done;
        }
        // a stack asks again and again until its time has come, so work takes time, too
        let step = if woken.0.swap(false, Ordering::Relaxed) { 500 } else { 5000 };
        MockDriver::get().advance(embassy_time::Duration::from_micros(step));
        assert!(EmbassyClock.now() - start < Duration::from_secs(1000), "it waits for ever");
    }
}

/// Runs one of two, and drops the other one.
async fn until<T>(one: impl Future<Output = T>, other: impl Future) -> T {
    let (mut one, mut other) = (pin!(one), pin!(other));
    poll_fn(|cx| {
        let _ = other.as_mut().poll(cx);
        one.as_mut().poll(cx)
    })
    .await
}

const PORT: u16 = 80;

fn address(side: usize) -> Ipv4Address {
    Ipv4Address::new(192, 168, 1, side as u8 + 1)
}

fn config(side: usize) -> NetConfig {
    NetConfig::ipv4_static(StaticConfigV4 {
        address: Ipv4Cidr::new(address(side), 24),
        gateway: None,
        dns_servers: Default::default(),
    })
}

type Ended = RefCell<Vec<(Duration, Result<(), Error<tcp::Error>>)>>;

/// Runs the server of the example on the one stack, and `with` on the other one.
fn with_server<T>(with: impl AsyncFnOnce(Stack<'_>, IpEndpoint, &Cable, &Ended) -> T) -> T {
    let _clock = CLOCK.lock().unwrap_or_else(PoisonError::into_inner);
    let cable = Rc::new(Cable::default());
    let mut resources = [StackResources::<3>::new(), StackResources::<3>::new()];
    let [one, other] = &mut resources;
    let end = |side| End { cable: cable.clone(), side };
    let (here, mut run_here) = embassy_net::new(end(0), config(0), one, 7);
    let (there, mut run_there) = embassy_net::new(end(1), config(1), other, 8);
    let ended = Ended::default();
    run(async {
        let server = serve(here, PORT, |result| ended.borrow_mut().push((EmbassyClock.now(), result)));
        let client = with(there, IpEndpoint::new(address(0).into(), PORT), &cable, &ended);
        until(until(until(client, server), run_here.run()), run_there.run()).await
    })
}

/// Keys that are good enough here.
fn keys() -> impl FnMut(&mut [u8]) -> Result<(), NoEntropy> {
    let mut key = 0_u8;
    move |out| {
        for byte in out {
            key = key.wrapping_mul(13).wrapping_add(7);
            *byte = key;
        }
        Ok(())
    }
}

#[test]
fn the_client_of_the_example_gets_an_answer_to_each_measurement_and_closes() {
    with_server(async |stack, server, _, ended| {
        let mut measured = 0;
        let measure = || {
            measured += 1;
            measured
        };
        let start = EmbassyClock.now();
        assert_eq!(report(stack, server, keys(), 40, measure).await.unwrap(), 40);
        assert!(EmbassyClock.now() - start >= Duration::from_secs(39));
        assert_eq!(report(stack, server, keys(), 1, || 7).await.unwrap(), 1); // it serves the next one
        let ended = ended.borrow();
        assert!(matches!(ended[..], [(_, Ok(())), (_, Ok(()))]), "{ended:?}");
    });
}

#[test]
fn messages_pings_and_a_close_go_over_two_stacks() {
    with_server(async |stack, server, _, ended| {
        let (mut receive, mut send) = ([0; 700], [0; 700]);
        let mut tcp = TcpSocket::new(stack, &mut receive, &mut send);
        tcp.connect(server).await.unwrap();
        let (mut receive, mut send) = ([0; 512], [0; 512]);
        let request = ClientRequest::new(Uri::parse("ws://a/").unwrap());
        let mut ws = client(&mut tcp, EmbassyClock, keys(), &mut receive, &mut send, request).await.unwrap();
        for len in [0, 1, 125, 126, 450] {
            let bytes = vec![len as u8; len];
            ws.send(&bytes[..]).await.unwrap();
            assert_eq!(ws.next().await.unwrap().unwrap(), Message::Binary(&bytes));
            ws.writer().ping(b"are you there?").await.unwrap();
            assert_eq!(ws.next().await.unwrap().unwrap(), Message::Pong(b"are you there?"));
        }
        ws.send("naïve").await.unwrap();
        assert_eq!(ws.next().await.unwrap().unwrap(), Message::Text("naïve"));
        // both ends send Pings while nothing is said, and both answer
        let end = EmbassyClock.now() + Duration::from_secs(120);
        let mut pings = 0;
        while let Some(message) = before(end, ws.next()).await {
            assert!(matches!(message, Some(Ok(Message::Ping(_)))), "{message:?}");
            pings += 1;
        }
        assert!((3..=6).contains(&pings), "{pings}");
        assert!(ws.round_trip().is_some_and(|time| time < Duration::from_secs(1)));
        assert!(ended.borrow().is_empty());
        ws.close(CloseCode(4001), "enough").await.unwrap();
        assert_eq!((ws.close_code(), ws.close_frame().unwrap().reason), (Some(CloseCode(4001)), "enough"));
        ws.get_mut().close();
        ws.linger().await;
        EmbassyClock.wait_until(EmbassyClock.now() + Duration::from_secs(1)).await;
        assert!(matches!(ended.borrow()[..], [(_, Ok(()))]), "{ended:?}");
    });
}

/// Runs a future until this time. `None` if it was not done then.
async fn before<T>(end: Duration, future: impl Future<Output = T>) -> Option<T> {
    let (mut future, mut end) = (pin!(future), pin!(EmbassyClock.wait_until(end)));
    poll_fn(|cx| match future.as_mut().poll(cx) {
        Poll::Ready(done) => Poll::Ready(Some(done)),
        Poll::Pending => end.as_mut().poll(cx).map(|()| None),
    })
    .await
}

#[test]
fn both_ends_notice_that_the_cable_was_cut_and_the_server_serves_again() {
    with_server(async |stack, server, cable, ended| {
        let (mut receive, mut send) = ([0; 700], [0; 700]);
        let mut tcp = TcpSocket::new(stack, &mut receive, &mut send);
        tcp.connect(server).await.unwrap();
        let (mut receive, mut send) = ([0; 512], [0; 512]);
        let request = ClientRequest::new(Uri::parse("ws://a/").unwrap());
        let mut ws = client(&mut tcp, EmbassyClock, keys(), &mut receive, &mut send, request).await.unwrap();
        ws.send("Hello").await.unwrap();
        assert_eq!(ws.next().await.unwrap().unwrap(), Message::Text("Hello"));
        let cut = EmbassyClock.now();
        cable.cut.set(true);
        assert!(matches!(ws.next().await, Some(Err(Error::Dead))));
        assert!(ws.next().await.is_none());
        let noticed = EmbassyClock.now() - cut;
        EmbassyClock.wait_until(EmbassyClock.now() + Duration::from_secs(2)).await;
        assert!(matches!(ended.borrow()[..], [(_, Err(Error::Dead))]), "{ended:?}");
        for noticed in [noticed, ended.borrow()[0].0 - cut] {
            // a Ping after 20 s, and 10 s more; the server has received a byte at the time of the cut or before
            let range = Duration::from_millis(29_000)..Duration::from_millis(31_000);
            assert!(range.contains(&noticed), "{noticed:?}");
        }
        assert!(cable.lost.get() > 2, "no Ping was lost");
        cable.cut.set(false);
        drop(ws);
        assert_eq!(report(stack, server, keys(), 2, || 7).await.unwrap(), 2);
    });
}

#[test]
fn a_client_connects_again_after_longer_and_longer_waits_and_after_a_long_connection_soon() {
    with_server(async |stack, server, cable, ended| {
        let measured = Cell::new(0_u32);
        let measure = || {
            measured.set(measured.get() + 1);
            measured.get()
        };
        let logged = RefCell::new(vec![]);
        let log = |ended, wait: Duration| logged.borrow_mut().push((format!("{ended:?}"), wait.as_secs_f64()));
        let client = report_always(stack, server, keys(), measure, log);
        let pause = async |seconds| EmbassyClock.wait_until(EmbassyClock.now() + Duration::from_secs(seconds)).await;
        let script = async {
            pause(70).await;
            assert!((69..=72).contains(&measured.get()), "{measured:?}");
            assert!(logged.borrow().is_empty());
            cable.cut.set(true);
            pause(300).await;
            let waits: Vec<_> = logged.borrow().iter().map(|(_, wait)| *wait).collect();
            assert!(logged.borrow()[0].0.contains("Dead"), "{logged:?}");
            assert!(logged.borrow()[1..].iter().all(|(ended, _)| ended.contains("Connect(")), "{logged:?}");
            for (wait, ceiling) in waits.iter().zip([2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0]) {
                assert!((ceiling / 2.0..=ceiling).contains(wait), "{waits:?}");
            }
            assert!((6..=10).contains(&waits.len()), "it waits so long: {waits:?}");
            cable.cut.set(false);
            let before = measured.get();
            pause(140).await;
            assert!(measured.get() > before + 60, "{measured:?}");
            let failed = logged.borrow().len();
            // this one lasted for long: the next wait is the first again
            cable.cut.set(true);
            pause(35).await;
            cable.cut.set(false);
            let (_, wait) = logged.borrow()[failed];
            assert!((1.0..=2.0).contains(&wait), "{logged:?}");
            pause(20).await;
            assert!(ended.borrow().len() >= 2);
        };
        let client = async {
            client.await;
        };
        until(script, client).await;
    });
}

#[test]
fn halves_are_two_tasks_on_one_socket() {
    with_server(async |stack, server, cable, ended| {
        let (mut receive, mut send) = ([0; 700], [0; 700]);
        let mut tcp = TcpSocket::new(stack, &mut receive, &mut send);
        tcp.connect(server).await.unwrap();
        let (mut receive, mut send) = ([0; 512], [0; 512]);
        let request = ClientRequest::new(Uri::parse("ws://a/").unwrap());
        let ws = client(&mut tcp, EmbassyClock, keys(), &mut receive, &mut send, request).await.unwrap();
        let mut halves = ws.halves(|tcp| tcp.split());
        let (mut reader, mut writer) = halves.split();
        let mut echoes = 0;
        let read = async {
            while let Some(message) = reader.next().await {
                echoes += u32::from(matches!(message.unwrap(), Message::Binary(bytes) if bytes == [echoes as u8; 300]));
            }
        };
        let write = async {
            for count in 0..50 {
                writer.send(&[count; 300][..]).await.unwrap();
            }
            // silence, in which both ends send Pings, and the reader answers
            EmbassyClock.wait_until(EmbassyClock.now() + Duration::from_secs(100)).await;
            writer.close(CloseCode(4001), "enough").await.unwrap();
        };
        both(read, write).await;
        assert_eq!((echoes, reader.close_code()), (50, Some(CloseCode(4001))));
        assert!(reader.round_trip().is_some());
        tcp.close();
        EmbassyClock.wait_until(EmbassyClock.now() + Duration::from_secs(1)).await;
        assert!(matches!(ended.borrow()[..], [(_, Ok(()))]), "{ended:?}");
        drop(tcp);

        // and the cable is cut
        let (mut receive, mut send) = ([0; 700], [0; 700]);
        let mut tcp = TcpSocket::new(stack, &mut receive, &mut send);
        tcp.connect(server).await.unwrap();
        let (mut receive, mut send) = ([0; 512], [0; 512]);
        let request = ClientRequest::new(Uri::parse("ws://a/").unwrap());
        let ws = client(&mut tcp, EmbassyClock, keys(), &mut receive, &mut send, request).await.unwrap();
        let mut halves = ws.halves(|tcp| tcp.split());
        let (mut reader, mut writer) = halves.split();
        cable.cut.set(true);
        let read = async { assert!(matches!(reader.next().await, Some(Err(Error::Dead)))) };
        let write = async {
            let sent = async {
                loop {
                    writer.send(&[7; 300][..]).await?; // until nothing more fits the buffers
                }
            };
            let sent: Result<(), _> = sent.await;
            assert!(matches!(sent, Err(Error::Dead)), "{sent:?}");
        };
        both(read, write).await;
    });
}

/// Runs both.
async fn both(one: impl Future<Output = ()>, other: impl Future<Output = ()>) {
    let (mut one, mut other) = (pin!(one), pin!(other));
    let (mut done, mut other_done) = (false, false);
    poll_fn(|cx| {
        done = done || one.as_mut().poll(cx).is_ready();
        other_done = other_done || other.as_mut().poll(cx).is_ready();
        if done && other_done { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}
