//! The registers of the microcontroller, and the only code that accesses them.

/// A 32-bit register of the LM3S6965: its address.
#[derive(Clone, Copy)]
#[repr(usize)]
pub(crate) enum Register {
    // ---- UART0, data sheet §12
    UartData = 0x4000_C000,
    UartFlags = 0x4000_C018,
    UartBaudInteger = 0x4000_C024,
    UartBaudFraction = 0x4000_C028,
    UartLine = 0x4000_C02C,
    UartControl = 0x4000_C030,

    // ---- port A, whose pins 0 and 1 are UART0's, §8
    PortAFunction = 0x4000_4420,
    PortADigital = 0x4000_451C,

    // ---- Ethernet, §16
    /// Read: interrupts that wait. Write: interrupts that are acknowledged.
    MacInterrupts = 0x4004_8000,
    MacInterruptMask = 0x4004_8004,
    MacReceive = 0x4004_8008,
    MacTransmit = 0x4004_800C,
    /// Both FIFOs, 32 bits at a time.
    MacData = 0x4004_8010,
    MacAddressLow = 0x4004_8014,
    MacAddressHigh = 0x4004_8018,
    /// The number of packets that wait to be read.
    MacWaiting = 0x4004_8034,
    /// Bit 0 starts a transmission, and is 1 until it is done.
    MacStart = 0x4004_8038,

    // ---- clocks, §6
    /// Raw interrupts; bit 6: the PLL is locked.
    ClockStatus = 0x400F_E050,
    ClockControl = 0x400F_E060,
    /// Which peripherals have a clock.
    ClockGate1 = 0x400F_E104,
    ClockGate2 = 0x400F_E108,
}

impl Register {
    pub(crate) fn read(self) -> u32 {
        // SAFETY: every variant is an aligned 32-bit register of this microcontroller. Reading it does not affect
        // memory.
        unsafe { (self as usize as *const u32).read_volatile() }
    }

    pub(crate) fn write(self, value: u32) {
        // SAFETY: as above. No register here makes the hardware write to memory: there is no DMA.
        unsafe { (self as usize as *mut u32).write_volatile(value) }
    }

    pub(crate) fn set(self, bits: u32) {
        self.write(self.read() | bits);
    }

    pub(crate) fn clear(self, bits: u32) {
        self.write(self.read() & !bits);
    }
}
