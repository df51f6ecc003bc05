//! The Ethernet MAC as a device of smoltcp (data sheet §16).

use crate::mmio::Register;
use cortex_m::interrupt::InterruptNumber;
use cortex_m::peripheral::NVIC;
use cortex_m_rt::exception;
use smoltcp::phy::{self, DeviceCapabilities, Medium};
use smoltcp::time::Instant;

/// The longest packet, without its CRC.
const LONGEST: usize = 1514;
const CRC: usize = 4;
const ETHERNET_HEADER: usize = 14;

/// Bit 0 of the interrupts: a packet has come.
const RECEIVED: u32 = 1;

/// The number of the MAC's interrupt.
#[derive(Clone, Copy)]
struct Ethernet;

// SAFETY: 42 is the Ethernet controller in the interrupt table of the data sheet.
unsafe impl InterruptNumber for Ethernet {
    fn number(self) -> u16 {
        42
    }
}

/// Lets packets wake the processor from now on.
pub(crate) fn let_it_interrupt(interrupts: &mut NVIC) {
    // SAFETY: no code relies on masking this interrupt; its handler touches no memory.
    unsafe {
        interrupts.set_priority(Ethernet, 0);
        NVIC::unmask(Ethernet);
    }
}

/// The only interrupt except SysTick: its purpose is to wake the processor.
///
/// It clears no other cause: clearing a transmit error empties the transmit FIFO, which may hold half a packet.
#[exception]
// SAFETY: it returns to the interrupted code, and touches one register.
unsafe fn DefaultHandler(_number: i16) {
    Register::MacInterrupts.write(RECEIVED);
}

/// The MAC, and memory for one packet each way.
pub struct Mac {
    received: [u8; LONGEST + CRC + 2],
    sent: [u8; LONGEST + 2],
    /// Packets that were discarded because they were too long.
    pub too_long: u32,
}

impl Mac {
    /// A stopped MAC.
    pub const fn new() -> Self {
        Self { received: [0; LONGEST + CRC + 2], sent: [0; LONGEST + 2], too_long: 0 }
    }

    /// Starts the MAC with its address.
    pub fn start(&mut self, address: [u8; 6]) {
        let [a, b, c, d, e, f] = address;
        Register::ClockGate2.set(1 << 28 | 1 << 30);
        Register::MacReceive.write(0);
        Register::MacReceive.write(1 << 4); // empties the FIFO
        Register::MacAddressLow.write(u32::from_le_bytes([a, b, c, d]));
        Register::MacAddressHigh.write(u32::from_le_bytes([e, f, 0, 0]));
        Register::MacInterruptMask.write(RECEIVED);
        Register::MacTransmit.write(1 | 1 << 1 | 1 << 2 | 1 << 4); // on, padding, CRC, full duplex
        Register::MacReceive.write(1);
    }

    /// Whether a packet waits to be read.
    pub fn has_packet(&self) -> bool {
        Register::MacWaiting.read() & 0x3F != 0
    }

    /// Reads the packet that waits. Returns its length without the CRC.
    fn read(&mut self) -> Option<usize> {
        // The first word begins with the length, which includes itself and the CRC.
        let first = Register::MacData.read().to_le_bytes();
        let [low, high, ..] = first;
        let len = usize::from(u16::from_le_bytes([low, high]));
        let mut words = self.received.chunks_mut(4);
        if let Some(place) = words.next() {
            place.copy_from_slice(&first);
        }
        for _ in 1..len.div_ceil(4) {
            let word = Register::MacData.read().to_le_bytes();
            if let Some(place) = words.next() {
                place.copy_from_slice(&word[..place.len()]);
            }
        }
        if len > self.received.len() {
            self.too_long += 1;
            return None;
        }
        len.checked_sub(2 + CRC)
    }
}

impl Default for Mac {
    fn default() -> Self {
        Self::new()
    }
}

impl phy::Device for Mac {
    type RxToken<'a> = Received<'a>;
    type TxToken<'a> = Sender<'a>;

    fn receive(&mut self, _: Instant) -> Option<(Received<'_>, Sender<'_>)> {
        while self.has_packet() {
            if let Some(len) = self.read() {
                return Some((Received(&self.received[2..2 + len]), Sender(&mut self.sent)));
            }
        }
        None
    }

    fn transmit(&mut self, _: Instant) -> Option<Sender<'_>> {
        Some(Sender(&mut self.sent))
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = Medium::Ethernet;
        capabilities.max_transmission_unit = LONGEST;
        // There is memory for one packet.
        capabilities.max_burst_size = Some(1);
        capabilities
    }
}

/// A received packet.
pub struct Received<'a>(&'a [u8]);

impl phy::RxToken for Received<'_> {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, f: F) -> R {
        f(self.0)
    }
}

/// Memory for a packet to send.
pub struct Sender<'a>(&'a mut [u8; LONGEST + 2]);

impl phy::TxToken for Sender<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, len: usize, f: F) -> R {
        let (length, packet) = self.0.split_at_mut(2);
        let result = f(&mut packet[..len]);
        // The length counts the bytes after the header of 14 bytes; the MAC pads a packet that is too short.
        length.copy_from_slice(&(len.saturating_sub(ETHERNET_HEADER) as u16).to_le_bytes());
        while Register::MacStart.read() & 1 != 0 {}
        for word in self.0[..2 + len].chunks(4) {
            let mut bytes = [0; 4];
            bytes[..word.len()].copy_from_slice(word);
            Register::MacData.write(u32::from_le_bytes(bytes));
        }
        Register::MacStart.write(1);
        result
    }
}
