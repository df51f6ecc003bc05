//! smoltcp: bytes are read where they lie, in a ring that may show them in two pieces, and echoed into the other ring.

use smoltcp::iface::{Config, Interface, SocketHandle, SocketSet};
use smoltcp::phy::{Loopback, Medium};
use smoltcp::socket::tcp;
use smoltcp::time::Instant;
use smoltcp::wire::{HardwareAddress, IpAddress, IpCidr};
use upframe::connection::{Connection, Event, Server, Settings};
use upframe::frame::CloseCode;

/// One frame of what lies in the ring, at most, goes through this much memory.
const SCRATCH: usize = 64;
const HEADER: usize = 4;

/// Called after each poll of the interface. Takes no more than can be answered, so that the peer feels when we are slow.
fn serve(socket: &mut tcp::Socket, connection: &mut Connection<Server>) {
    let mut scratch = [0; SCRATCH];
    loop {
        // what the protocol says goes straight into the ring
        while connection.wants_transmit() && socket.can_send() {
            socket.send(|ring| (connection.poll_transmit(ring), ())).unwrap();
        }
        if socket.send_capacity() - socket.send_queue() < SCRATCH {
            break;
        }
        // also where the ring is empty: behind the last byte there may be something to hand out
        let echo = if socket.can_recv() {
            // the other piece of the ring, if there is one, shows in the next turn
            let take = |ring: &mut [u8]| {
                let window = ring.len().min(SCRATCH - HEADER);
                let mut input = &mut ring[..window];
                let echo = echo_one(connection, &mut input, &mut scratch);
                (window - input.len(), echo)
            };
            socket.recv(take).unwrap()
        } else {
            echo_one(connection, &mut &mut [][..], &mut scratch)
        };
        match echo {
            Some(n) => drop(socket.send_slice(&scratch[..n]).unwrap()),
            None if socket.can_recv() => {}
            None => break,
        }
    }
    if connection.may_disconnect() {
        socket.close();
    }
}

/// The length of the next event's echo; none where there is nothing to hand out.
fn echo_one(connection: &mut Connection<Server>, input: &mut &mut [u8], scratch: &mut [u8]) -> Option<usize> {
    let event = connection.receive(input)?;
    Some(event.as_fragment().map_or(0, |fragment| connection.send(fragment, scratch).map_or(0, <[u8]>::len)))
}

struct Net {
    device: Loopback,
    interface: Interface,
    sockets: SocketSet<'static>,
    now: i64,
}

impl Net {
    fn new() -> Self {
        let mut device = Loopback::new(Medium::Ip);
        let mut interface = Interface::new(Config::new(HardwareAddress::Ip), &mut device, Instant::ZERO);
        interface.update_ip_addrs(|addrs| addrs.push(IpCidr::new(IpAddress::v4(127, 0, 0, 1), 8)).unwrap());
        Self { device, interface, sockets: SocketSet::new(vec![]), now: 0 }
    }

    fn socket(&mut self, ring: usize) -> SocketHandle {
        let buffer = || tcp::SocketBuffer::new(vec![0; ring]);
        self.sockets.add(tcp::Socket::new(buffer(), buffer()))
    }

    fn poll(&mut self) {
        self.now += 10;
        self.interface.poll(Instant::from_millis(self.now), &mut self.device, &mut self.sockets);
    }
}

#[test]
fn messages_longer_than_both_rings_are_echoed_from_ring_to_ring() {
    let mut net = Net::new();
    let (server, client) = (net.socket(300), net.socket(257));
    net.sockets.get_mut::<tcp::Socket>(server).listen(80).unwrap();
    let context = net.interface.context();
    let to = (IpAddress::v4(127, 0, 0, 1), 80);
    net.sockets.get_mut::<tcp::Socket>(client).connect(context, to, 49_152).unwrap();

    let mut connection = Connection::server(Settings::new());
    let mut peer = Connection::client(
        |key: &mut [u8]| {
            key.fill(0xC3);
            Ok(())
        },
        Settings::new(),
    );
    let text = "ring → ring 😀 ".repeat(300);
    let mut out = vec![0; 20_000];
    let mut wire = peer.send(text.as_str(), &mut out).unwrap().to_vec();
    peer.ping(b"?").unwrap();
    let n = peer.poll_transmit(&mut out);
    wire.extend_from_slice(&out[..n]);
    wire.extend_from_slice(peer.send(&[7u8; 1000], &mut out).unwrap());
    peer.close(CloseCode::NORMAL, "").unwrap();
    let n = peer.poll_transmit(&mut out);
    wire.extend_from_slice(&out[..n]);

    let (mut sent, mut echo, mut binary, mut pongs, mut closed) = (0, String::new(), 0, 0, None);
    for _ in 0..10_000 {
        net.poll();
        serve(net.sockets.get_mut::<tcp::Socket>(server), &mut connection);
        let socket = net.sockets.get_mut::<tcp::Socket>(client);
        if socket.can_send() {
            sent += socket.send_slice(&wire[sent..]).unwrap();
        }
        while socket.can_recv() {
            socket
                .recv(|ring| {
                    let n = ring.len();
                    let mut input = ring;
                    while let Some(event) = peer.receive(&mut input) {
                        match event {
                            Event::Text(piece) => echo.push_str(piece.as_str()),
                            Event::Binary(piece) => binary += piece.as_bytes().len(),
                            Event::Pong => pongs += 1,
                            Event::Close(code) => closed = Some(code),
                            other => panic!("{other:?}"),
                        }
                    }
                    (n, ())
                })
                .unwrap();
        }
        if closed.is_some() {
            break;
        }
    }
    assert!(echo == text, "{} of {}", echo.len(), text.len());
    assert_eq!((binary, pongs, closed), (1000, 1, Some(CloseCode::NORMAL)));
}

#[test]
fn a_failure_behind_the_last_byte_is_answered() {
    let mut net = Net::new();
    let (server, client) = (net.socket(300), net.socket(300));
    net.sockets.get_mut::<tcp::Socket>(server).listen(80).unwrap();
    let context = net.interface.context();
    let to = (IpAddress::v4(127, 0, 0, 1), 80);
    net.sockets.get_mut::<tcp::Socket>(client).connect(context, to, 49_152).unwrap();
    let mut connection = Connection::server(Settings::new());
    // a text that turns bad with the last byte that comes: first the good part, then the failure
    let (mut wire, mut answer) = (&b"\x81\x82\0\0\0\0a\xFF"[..], vec![]);
    for _ in 0..100 {
        net.poll();
        serve(net.sockets.get_mut::<tcp::Socket>(server), &mut connection);
        let socket = net.sockets.get_mut::<tcp::Socket>(client);
        if socket.can_send() && !wire.is_empty() {
            wire = &wire[socket.send_slice(wire).unwrap()..];
        }
        while socket.can_recv() {
            socket.recv(|ring| (ring.len(), answer.extend_from_slice(ring))).unwrap();
        }
    }
    assert_eq!(answer, b"\x01\x01a\x88\x02\x03\xef");
}
