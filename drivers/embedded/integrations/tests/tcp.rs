//! `tcp`: a server and a client on one interface of smoltcp, over its loopback device.

use smoltcp::iface::{Config, Interface, PollResult, SocketSet};
use smoltcp::phy::{Loopback, Medium};
use smoltcp::socket::tcp::{Socket, SocketBuffer, State};
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::{HardwareAddress, IpAddress, IpCidr};
use upframe_embedded::{ClientRequest, CloseCode, NoEntropy, Uri};
use upframe_embedded_integrations::tcp::{Client, Ended, Server};

const HERE: IpAddress = IpAddress::v4(127, 0, 0, 1);

fn keys(out: &mut [u8]) -> Result<(), NoEntropy> {
    out.fill(0x5A);
    Ok(())
}

struct Net {
    device: Loopback,
    interface: Interface,
    now: Instant,
    polls: u32,
}

impl Net {
    fn new() -> Self {
        let mut device = Loopback::new(Medium::Ip);
        let mut interface = Interface::new(Config::new(HardwareAddress::Ip), &mut device, Instant::ZERO);
        interface.update_ip_addrs(|addresses| addresses.push(IpCidr::new(HERE, 8)).unwrap());
        Self { device, interface, now: Instant::ZERO, polls: 0 }
    }

    /// Polls the interface. If nothing happened, the time passes until something does.
    fn poll(&mut self, sockets: &mut SocketSet) {
        if self.interface.poll(self.now, &mut self.device, sockets) == PollResult::None {
            let wait = self.interface.poll_delay(self.now, sockets).unwrap_or(Duration::from_millis(10));
            self.now += wait.max(Duration::from_micros(100));
        }
        self.polls += 1;
        assert!(self.polls < 100_000, "it waits for ever");
    }
}

/// A socket with buffers of this size.
fn socket<'a>(receive: usize, send: usize) -> Socket<'a> {
    Socket::new(SocketBuffer::new(vec![0; receive]), SocketBuffer::new(vec![0; send]))
}

#[test]
fn connections_one_after_the_other_have_all_their_messages_back_and_close() {
    let long = "0123456789".repeat(50);
    let messages = ["Hello", "", "naïve", &long];
    for receive in [64, 500, 2000] {
        let mut net = Net::new();
        let mut sockets = SocketSet::new(vec![]);
        let at_server = sockets.add(socket(receive, 1000));
        let at_client = sockets.add(socket(receive, 1000));
        let mut server = Server::new(80);
        for round in 1..=3 {
            let request = ClientRequest::new(Uri::parse("ws://127.0.0.1/").unwrap());
            let mut client = Client::new(request, keys, &messages).unwrap();
            server.poll(sockets.get_mut(at_server));
            let connecting = sockets.get_mut::<Socket>(at_client);
            connecting.connect(net.interface.context(), (HERE, 80), 50_000 + round).unwrap();
            while client.ended().is_none() || sockets.get::<Socket>(at_client).state() != State::Closed {
                net.poll(&mut sockets);
                server.poll(sockets.get_mut(at_server));
                client.poll(sockets.get_mut(at_client));
                // of the two, the client may be the one that waits in TIME-WAIT
                if client.ended().is_some() && sockets.get::<Socket>(at_client).state() == State::TimeWait {
                    sockets.get_mut::<Socket>(at_client).abort();
                }
            }
            assert_eq!((client.ended(), client.answers()), (Some(Ended::Closed(CloseCode::NORMAL)), 4));
            assert_eq!(server.closed(), u32::from(round));
        }
    }
}

#[test]
fn a_message_longer_than_all_buffers_comes_back_in_fragments() {
    let (mut net, mut sockets) = (Net::new(), SocketSet::new(vec![]));
    let at_server = sockets.add(socket(300, 800));
    let at_client = sockets.add(socket(300, 4000));
    let mut server = Server::new(80);
    server.poll(sockets.get_mut(at_server));
    sockets.get_mut::<Socket>(at_client).connect(net.interface.context(), (HERE, 80), 50_000).unwrap();
    // a request, and the first frame in the same segment: 60,000 bytes, masked with zeros
    let mut wire = b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n\
        \x82\xfe\xea\x60\0\0\0\0"
        .to_vec();
    wire.extend((0..60_000).map(|n| n as u8));
    let (mut at, mut came, mut rounds) = (0, vec![], 0);
    while payload(&came).len() < 60_000 {
        net.poll(&mut sockets);
        server.poll(sockets.get_mut(at_server));
        let client = sockets.get_mut::<Socket>(at_client);
        if client.may_send() {
            at += client.send_slice(&wire[at..]).unwrap();
        }
        rounds += 1;
        // for a while, this peer does not read
        if rounds > 200 && client.can_recv() {
            client.recv(|bytes| (bytes.len(), came.extend_from_slice(bytes))).unwrap();
        } else if rounds == 200 {
            assert!(at < 10_000, "the server reads without room for the answers: {at} bytes");
        }
    }
    assert!(payload(&came).into_iter().eq((0..60_000).map(|n| n as u8)));
}

/// The payload of a message in many fragments, after the head of a response.
fn payload(wire: &[u8]) -> Vec<u8> {
    let head = wire.windows(4).position(|bytes| bytes == b"\r\n\r\n").map_or(wire.len(), |at| at + 4);
    let (mut frames, mut payload) = (&wire[head..], vec![]);
    while let [first, second, rest @ ..] = frames {
        assert_eq!(first & 0x0F, if payload.is_empty() { 2 } else { 0 });
        let (len, rest) = match (second, rest) {
            (126, [high, low, rest @ ..]) => (usize::from(u16::from_be_bytes([*high, *low])), rest),
            (126, _) => break,
            (len, rest) => (usize::from(*len), rest),
        };
        let (bytes, rest) = rest.split_at(len.min(rest.len()));
        payload.extend_from_slice(bytes);
        frames = rest;
    }
    payload
}

#[test]
fn a_request_for_a_page_is_refused_and_the_next_connection_is_served() {
    let (mut net, mut sockets) = (Net::new(), SocketSet::new(vec![]));
    let at_server = sockets.add(socket(300, 800));
    let at_client = sockets.add(socket(300, 800));
    let mut server = Server::new(80);
    for port in 50_000..50_002 {
        server.poll(sockets.get_mut(at_server));
        sockets.get_mut::<Socket>(at_client).connect(net.interface.context(), (HERE, 80), port).unwrap();
        let (mut sent, mut came) = (false, vec![]);
        loop {
            net.poll(&mut sockets);
            server.poll(sockets.get_mut(at_server));
            let client = sockets.get_mut::<Socket>(at_client);
            if client.may_send() && !sent {
                sent = client.send_slice(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").is_ok();
            }
            if client.can_recv() {
                client.recv(|bytes| (bytes.len(), came.extend_from_slice(bytes))).unwrap();
            }
            if sent && !client.may_recv() {
                client.abort();
                break;
            }
        }
        assert!(came.starts_with(b"HTTP/1.1 426 "), "{}", String::from_utf8_lossy(&came));
        for _ in 0..20 {
            net.poll(&mut sockets);
        }
    }
}
