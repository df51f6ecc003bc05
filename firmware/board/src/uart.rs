//! The serial line, 115,200 baud: the output and the input of the board.

use crate::mmio::Register;
use core::fmt;

/// UART0.
#[derive(Clone, Copy)]
pub struct Uart;

const RECEIVE_EMPTY: u32 = 1 << 4;
const TRANSMIT_FULL: u32 = 1 << 5;

impl Uart {
    /// Sets up the UART for a processor at 50 MHz.
    pub fn start() -> Self {
        Register::ClockGate1.set(1);
        Register::ClockGate2.set(1);
        Register::PortAFunction.set(3);
        Register::PortADigital.set(3);
        Register::UartControl.write(0);
        // 50 MHz / (16 × 115,200) = 27 + 8/64
        Register::UartBaudInteger.write(27);
        Register::UartBaudFraction.write(8);
        // 8 bits, FIFOs
        Register::UartLine.write(0x70);
        Register::UartControl.write(0x301);
        Self
    }

    /// Returns a byte that was received.
    pub fn read(&mut self) -> Option<u8> {
        (Register::UartFlags.read() & RECEIVE_EMPTY == 0).then(|| Register::UartData.read() as u8)
    }
}

impl fmt::Write for Uart {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            while Register::UartFlags.read() & TRANSMIT_FULL != 0 {}
            Register::UartData.write(u32::from(byte));
        }
        Ok(())
    }
}
