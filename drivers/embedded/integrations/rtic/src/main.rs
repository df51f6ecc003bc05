//! A WebSocket server on a serial line, as a task of RTIC: it sends back every message.
//!
//! The interrupt of the UART moves bytes into a channel, and the task waits for them there. If the channel is full, the
//! interrupt is off until the task has read: nothing is lost if the sender waits for the FIFO, as QEMU and RTS do.
//!
//! QEMU's UART needs no set-up. That of a chip has a clock, pins and a rate: `firmware/board/src/uart.rs` in the
//! repository sets them.

#![no_std]
#![no_main]

use core::panic::PanicInfo;
use cortex_m as _; // critical sections

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    loop {}
}

#[rtic::app(device = lm3s6965, dispatchers = [SSI0])]
mod app {
    use core::convert::Infallible;
    use rtic_sync::channel::{Receiver, Sender};
    use rtic_sync::make_channel;
    use upframe_embedded::embedded_io_async::{ErrorType, Read, Write};
    use upframe_embedded::{Error, NoClock, accept};

    /// Bytes that came, and were not read.
    const WAITING: usize = 128;

    // Registers of UART0, by the data sheet of the LM3S6965.
    const DATA: *mut u32 = 0x4000_C000 as _;
    const FLAGS: *mut u32 = 0x4000_C018 as _;
    const INTERRUPTS: *mut u32 = 0x4000_C038 as _;
    const CLEAR: *mut u32 = 0x4000_C044 as _;
    const RECEIVE_EMPTY: u32 = 1 << 4;
    const TRANSMIT_FULL: u32 = 1 << 5;
    /// A byte came, or bytes wait in the FIFO for a while.
    const RECEIVED: u32 = 1 << 4 | 1 << 6;

    fn read(register: *mut u32) -> u32 {
        // SAFETY: it is a register of the UART, which the chip always has.
        unsafe { register.read_volatile() }
    }

    fn write(register: *mut u32, value: u32) {
        // SAFETY: as in `read`.
        unsafe { register.write_volatile(value) }
    }

    #[shared]
    struct Shared {}

    #[local]
    struct Local {
        received: Sender<'static, u8, WAITING>,
    }

    #[init]
    fn init(_: init::Context) -> (Shared, Local) {
        let (received, bytes) = make_channel!(u8, WAITING);
        let _ = serve::spawn(bytes); // it is spawned once
        write(INTERRUPTS, RECEIVED);
        (Shared {}, Local { received })
    }

    #[task(binds = UART0, local = [received], priority = 2)]
    fn uart(cx: uart::Context) {
        write(CLEAR, RECEIVED);
        while read(FLAGS) & RECEIVE_EMPTY == 0 {
            if cx.local.received.is_full() {
                write(INTERRUPTS, 0); // until the task has read
                return;
            }
            let _ = cx.local.received.try_send(read(DATA) as u8); // it has room
        }
    }

    /// The line as a transport.
    struct Line(Receiver<'static, u8, WAITING>);

    impl ErrorType for Line {
        type Error = Infallible;
    }

    impl Read for Line {
        async fn read(&mut self, buf: &mut [u8]) -> Result<usize, Infallible> {
            let mut n = 0;
            for place in buf {
                *place = match self.0.try_recv() {
                    Ok(byte) => byte,
                    Err(_) if n > 0 => break,
                    Err(_) => match self.0.recv().await {
                        Ok(byte) => byte,
                        Err(_) => break, // the sender is never dropped
                    },
                };
                n += 1;
            }
            if read(INTERRUPTS) == 0 {
                write(INTERRUPTS, RECEIVED);
                // for the bytes that have come already
                rtic::pend(lm3s6965::Interrupt::UART0);
            }
            Ok(n)
        }
    }

    impl Write for Line {
        async fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
            for byte in bytes {
                while read(FLAGS) & TRANSMIT_FULL != 0 {}
                write(DATA, u32::from(*byte));
            }
            Ok(bytes.len())
        }

        async fn flush(&mut self) -> Result<(), Infallible> {
            Ok(())
        }
    }

    /// Serves one connection after the other. The line does not end: the closing handshake does that.
    #[task(priority = 1)]
    async fn serve(_: serve::Context, bytes: Receiver<'static, u8, WAITING>) {
        let mut line = Line(bytes);
        loop {
            let _ = echo(&mut line).await; // a connection that fails is over, too
        }
    }

    async fn echo(line: &mut Line) -> Result<(), Error<Infallible>> {
        let (mut receive, mut send) = ([0; 512], [0; 512]);
        let mut websocket = accept(line, NoClock, &mut receive, &mut send).await?;
        while let Some(next) = websocket.next_and_writer().await {
            let (message, writer) = next?;
            if let Some(data) = message.to_fragment() {
                writer.send(data).await?;
            }
        }
        Ok(())
    }
}
