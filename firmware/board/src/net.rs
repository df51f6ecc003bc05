//! smoltcp over the MAC, with sockets and rings in static memory.

use crate::clock::Clock;
use crate::jitter::Jitter;
use crate::mac::Mac;
use core::array;
use heapless::Vec;
use smoltcp::iface::{Config, Interface, PollResult, SocketHandle, SocketSet, SocketStorage};
use smoltcp::socket::tcp;
use smoltcp::time::Instant;
use smoltcp::wire::{EthernetAddress, HardwareAddress, Ipv4Address, Ipv4Cidr};

/// A locally administered address.
pub const ADDRESS: [u8; 6] = [0x02, 0x75, 0x70, 0x66, 0x72, 0x6D];
/// The address that QEMU's user network assigns to its first guest.
pub const IP: Ipv4Address = Ipv4Address::new(10, 0, 2, 15);
const GATEWAY: Ipv4Address = Ipv4Address::new(10, 0, 2, 2);

/// The state of `N` sockets, without their rings. It starts without any, as zeros, so it takes no flash: an empty socket
/// is not all zeros.
pub struct Sockets<const N: usize>(Vec<SocketStorage<'static>, N>);

impl<const N: usize> Sockets<N> {
    /// Creates the value of a static.
    pub const fn new() -> Self {
        Self(Vec::new())
    }
}

impl<const N: usize> Default for Sockets<N> {
    fn default() -> Self {
        Self::new()
    }
}

/// A ring of `RING` bytes each way for `N` sockets, and the MAC's packets. It starts with zeros, so it takes no flash.
pub struct Memory<const N: usize, const RING: usize> {
    receive: [[u8; RING]; N],
    send: [[u8; RING]; N],
    mac: Mac,
}

impl<const N: usize, const RING: usize> Memory<N, RING> {
    /// Creates the value of a static.
    pub const fn new() -> Self {
        Self { receive: [[0; RING]; N], send: [[0; RING]; N], mac: Mac::new() }
    }
}

impl<const N: usize, const RING: usize> Default for Memory<N, RING> {
    fn default() -> Self {
        Self::new()
    }
}

/// The network.
pub struct Net {
    mac: &'static mut Mac,
    /// The interface, needed for connecting.
    pub interface: Interface,
    sockets: SocketSet<'static>,
}

impl Net {
    /// Starts the MAC. Returns the network and its sockets.
    pub fn start<const N: usize, const RING: usize>(
        sockets: &'static mut Sockets<N>,
        memory: &'static mut Memory<N, RING>,
        clock: &mut Clock,
        jitter: &mut Jitter,
    ) -> (Self, [SocketHandle; N]) {
        let Memory { receive, send, mac } = memory;
        mac.start(ADDRESS);
        let mut config = Config::new(HardwareAddress::Ethernet(EthernetAddress(ADDRESS)));
        config.random_seed = jitter.number();
        let mut interface = Interface::new(config, mac, instant(clock));
        interface.update_ip_addrs(|addresses| {
            let _ = addresses.push(Ipv4Cidr::new(IP, 24).into());
        });
        let _ = interface.routes_mut().add_default_ipv4_route(GATEWAY);

        while sockets.0.push(SocketStorage::EMPTY).is_ok() {}
        let mut set = SocketSet::new(&mut sockets.0[..]);
        let mut rings = receive.iter_mut().zip(send);
        let handles = array::from_fn(|_| {
            let (receive, send) = rings.next().expect("there is a pair for each socket");
            let mut socket =
                tcp::Socket::new(tcp::SocketBuffer::new(&mut receive[..]), tcp::SocketBuffer::new(&mut send[..]));
            // Short messages are sent at once, and a peer that waits for room in a small ring is told at once.
            socket.set_nagle_enabled(false);
            socket.set_ack_delay(None);
            set.add(socket)
        });
        (Self { mac, interface, sockets: set }, handles)
    }

    /// Processes received packets and sends what the sockets have. Returns whether anything changed.
    pub fn poll(&mut self, clock: &mut Clock) -> bool {
        self.interface.poll(instant(clock), self.mac, &mut self.sockets) == PollResult::SocketStateChanged
    }

    /// Returns a socket.
    pub fn socket(&mut self, handle: SocketHandle) -> &mut tcp::Socket<'static> {
        self.sockets.get_mut(handle)
    }

    /// Returns a socket, and what it needs to connect.
    pub fn connector(&mut self, handle: SocketHandle) -> (&mut tcp::Socket<'static>, &mut Interface) {
        (self.sockets.get_mut(handle), &mut self.interface)
    }

    /// Sleeps until the next millisecond, or until a packet comes.
    pub fn sleep(&self, clock: &mut Clock) {
        clock.sleep(self.mac);
    }
}

fn instant(clock: &mut Clock) -> Instant {
    Instant::from_millis(clock.now() as i64)
}
