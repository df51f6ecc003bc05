//! Proves that no panic is reachable. The program calls every public function of `upframe` that firmware would call,
//! with values that the compiler knows nothing about. It does not link if any of them may panic, because the panic
//! handler calls an undefined function.
//!
//! `run` links it at every level of optimisation. Functions that only format (`Debug`, `Display`) are left out.
#![no_std]
#![no_main]

mod connection;
mod deflate;
mod deflate_send;
mod extended_connect;
mod frame;
mod handshake;
mod http;
mod keepalive;
mod opaque;

use core::panic::PanicInfo;

#[cortex_m_rt::entry]
fn main() -> ! {
    loop {
        match opaque::word() {
            0 => frame::all(),
            1 => connection::servers(),
            2 => connection::clients(),
            3 => connection::endpoints(),
            4 => connection::halves(),
            5 => connection::values(),
            6 => handshake::server(),
            7 => handshake::client(),
            8 => handshake::rules(),
            9 => keepalive::all(),
            10 => deflate::all(),
            11 => deflate_send::negotiation(),
            12 => deflate_send::sending(),
            13 => extended_connect::all(),
            _ => http::all(),
        }
    }
}

#[cfg(not(feature = "panics-allowed"))]
#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    unsafe extern "C" {
        fn a_panic_is_reachable() -> !;
    }
    // SAFETY: it is never linked.
    unsafe { a_panic_is_reachable() }
}

#[cfg(feature = "panics-allowed")]
#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    loop {
        opaque::word();
    }
}
