//! Counts the instructions of one message that a server receives masked and echoes, including the copy from the
//! transport's buffer.
//!
//! With `-icount shift=0` the emulator takes 1 ns for each instruction, and the board's SysTick counts at 25 MHz: 40
//! instructions to a tick.

use core::fmt::Write;
use core::hint::black_box;
use core::{arch::asm, ptr};
use embedded_websocket::{WebSocketKey, WebSocketSendMessageType, WebSocketServer};
use upframe::connection::{Connection, Event, Limits, Settings};
use upframe_budgets::console::Console;
use ws_framer::{WsRxFramer, WsTxFramer};

const SYST_CSR: *mut u32 = 0xE000_E010 as *mut u32;
const SYST_RVR: *mut u32 = 0xE000_E014 as *mut u32;
const SYST_CVR: *mut u32 = 0xE000_E018 as *mut u32;
const PER_TICK: u32 = 40;
const TIMES: u32 = 200;

/// Returns the instructions of one of many calls.
fn instructions(call: &mut dyn FnMut()) -> u32 {
    // SAFETY: the registers of SysTick.
    let start = unsafe {
        ptr::write_volatile(SYST_CSR, 0);
        ptr::write_volatile(SYST_RVR, 0xFF_FFFF);
        ptr::write_volatile(SYST_CVR, 0);
        ptr::write_volatile(SYST_CSR, 0b101);
        ptr::read_volatile(SYST_CVR)
    };
    for _ in 0..TIMES {
        call();
    }
    // SAFETY: as above.
    let end = unsafe { ptr::read_volatile(SYST_CVR) };
    (start.wrapping_sub(end) & 0xFF_FFFF) * PER_TICK / TIMES
}

/// Runs a loop of known length. Returns whether the clock counts it correctly.
#[inline(never)]
fn calibrated() -> bool {
    let counted = instructions(&mut || {
        // SAFETY: counts down a register.
        unsafe { asm!("2:", "subs {0}, {0}, #1", "bne 2b", inout(reg) 1000usize => _, options(nomem, nostack)) };
    });
    let _ = writeln!(Console, "clock a loop of 2000 instructions|{counted}");
    (2000..2030).contains(&counted)
}

/// Writes a masked frame with a binary payload of this length.
fn frame(len: usize, wire: &mut [u8; 1040]) -> usize {
    let key = [0x37, 0xFA, 0x21, 0x3D];
    let mut at = 0;
    let mut put = |byte| {
        wire[at] = byte;
        at += 1;
    };
    put(0x82);
    if len < 126 {
        put(0x80 | len as u8);
    } else {
        put(0xFE);
        len.to_be_bytes()[2..].iter().for_each(|byte| put(*byte));
    }
    key.iter().for_each(|byte| put(*byte));
    (0..len).for_each(|i| put(i as u8 ^ key[i % 4]));
    at
}

/// Prints all counts. Returns whether every echo was correct and the clock is correct.
#[inline(never)]
pub fn print() -> bool {
    let mut right = calibrated();
    let mut wire = [0; 1040];
    let mut line = |name: &str, len: usize, counted: u32, echoed: usize| {
        let _ = writeln!(Console, "count {len} {name}|{counted}");
        right &= echoed == len * TIMES as usize;
    };
    for len in [16, 125, 1024] {
        let n = frame(len, &mut wire);
        let wire = black_box(&wire[..n]);
        let (counted, echoed) = upframe(wire, len);
        line("upframe", len, counted, echoed);
        let (counted, echoed) = embedded_websocket(wire, len);
        line("embedded-websocket", len, counted, echoed);
        let (counted, echoed) = ws_framer(wire, len);
        line("ws-framer", len, counted, echoed);
    }
    let n = frame(1024, &mut wire);
    for size in [1, 8, 64, 1024] {
        let (counted, received) = reads(black_box(&wire[..n]), size);
        let _ = writeln!(Console, "read {size}|{}", counted.div_ceil(n as u32));
        right &= received == 1024 * TIMES as usize;
    }
    right
}

/// Receives a frame in reads of some size, without the copy of the bytes.
#[inline(never)]
fn reads(wire: &[u8], size: usize) -> (u32, usize) {
    let (mut buf, mut received) = ([0; 1040], 0);
    let mut server = Connection::server(Settings::new().with_limits(Limits::SMALL_DEVICE));
    let copied = instructions(&mut || buf[..wire.len()].copy_from_slice(wire));
    let counted = instructions(&mut || {
        buf[..wire.len()].copy_from_slice(wire);
        for mut input in buf[..wire.len()].chunks_mut(size) {
            while let Some(event) = server.receive(&mut input) {
                received += event.as_fragment().map_or(0, |piece| piece.bytes().len());
            }
        }
    });
    (counted - copied, received)
}

#[inline(never)]
fn upframe(wire: &[u8], len: usize) -> (u32, usize) {
    let (mut buf, mut out, mut echoed) = ([0; 1040], [0; 1040], 0);
    let mut server = Connection::server(Settings::new().with_limits(Limits::SMALL_DEVICE));
    let counted = instructions(&mut || {
        let mut input = &mut buf[..wire.len()];
        input.copy_from_slice(wire);
        while let Some(event) = server.receive(&mut input) {
            if let Event::Binary(piece) = &event {
                echoed += server.send(piece, &mut out).map_or(0, |frame| echo_len(frame, len));
            }
        }
    });
    (counted, echoed)
}

#[inline(never)]
fn embedded_websocket(wire: &[u8], len: usize) -> (u32, usize) {
    let (mut buf, mut payload, mut out, mut echoed) = ([0; 1040], [0; 1040], [0; 1040], 0);
    let mut server = WebSocketServer::new_server();
    let opened = server.server_accept(&WebSocketKey::from("x3JJHMbDL1EzLkh9GBhXDw=="), None, &mut out).is_ok();
    let counted = instructions(&mut || {
        buf[..wire.len()].copy_from_slice(wire);
        let Ok(result) = server.read(&buf[..wire.len()], &mut payload) else { return };
        let piece = &payload[..result.len_to];
        let sent = server.write(WebSocketSendMessageType::Binary, result.end_of_message, piece, &mut out);
        echoed += sent.map_or(0, |n| echo_len(&out[..n], len));
    });
    (counted, if opened { echoed } else { 0 })
}

#[inline(never)]
fn ws_framer(wire: &[u8], len: usize) -> (u32, usize) {
    let (mut buf, mut out, mut echoed) = ([0; 1040], [0; 1040], 0);
    let (mut rx, mut tx) = (WsRxFramer::new(&mut buf), WsTxFramer::new(false, &mut out));
    let counted = instructions(&mut || {
        rx.read_buf()[..wire.len()].copy_from_slice(wire);
        rx.advance(wire.len());
        while let Some(Ok(frame)) = rx.next_frame() {
            echoed += tx.frame(frame).map_or(0, |frame| echo_len(frame, len));
        }
    });
    (counted, echoed)
}

/// Returns the length of an echo's payload, if the frame is an echo.
fn echo_len(frame: &[u8], len: usize) -> usize {
    let head = if len < 126 { 2 } else { 4 };
    black_box(frame);
    if frame.len() == head + len && frame[0] == 0x82 && frame[head + len - 1] == (len - 1) as u8 { len } else { 0 }
}
