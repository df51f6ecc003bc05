//! Time: SysTick interrupts 1,000 times a second and counts.

use crate::mac::Mac;
use crate::mmio::Register;
use core::sync::atomic::{AtomicU32, Ordering};
use cortex_m::Peripherals;
use cortex_m::peripheral::{SYST, syst::SystClkSource};
use cortex_m_rt::exception;

/// Cycles in a millisecond: 50 MHz.
const CYCLES: u32 = 50_000;

/// Wraps around at 2³², after 49 days; [`Clock::now`] handles it.
static MILLISECONDS: AtomicU32 = AtomicU32::new(0);

#[exception]
fn SysTick() {
    MILLISECONDS.fetch_add(1, Ordering::Relaxed);
}

/// The time since the start, and how much of it the processor slept.
pub struct Clock {
    now: u64,
    asleep: u64,
}

impl Clock {
    /// Sets the processor to 50 MHz, starts counting, and lets the network wake it.
    pub fn start(peripherals: Peripherals) -> Self {
        run_at_50_mhz();
        let Peripherals { SYST: mut syst, NVIC: mut interrupts, .. } = peripherals;
        syst.set_clock_source(SystClkSource::Core);
        syst.set_reload(CYCLES - 1);
        syst.clear_current();
        syst.enable_interrupt();
        syst.enable_counter();
        crate::mac::let_it_interrupt(&mut interrupts);
        Self { now: 0, asleep: 0 }
    }

    /// Returns the milliseconds since the start. Must be called at least every 49 days.
    pub fn now(&mut self) -> u64 {
        let since = MILLISECONDS.load(Ordering::Relaxed).wrapping_sub(self.now as u32);
        self.now += u64::from(since);
        self.now
    }

    /// Returns the milliseconds during which the processor slept.
    pub const fn asleep(&self) -> u64 {
        self.asleep / CYCLES as u64
    }

    /// Sleeps until the next millisecond, or until a packet comes.
    pub fn sleep(&mut self, mac: &Mac) {
        // Masked interrupts also wake a sleeping processor, so none is missed between checking and sleeping.
        cortex_m::interrupt::free(|_| {
            if mac.has_packet() {
                return;
            }
            let before = SYST::get_current();
            cortex_m::asm::wfi();
            let after = SYST::get_current();
            // SysTick counts down. At most one reload can happen, because a reload is an interrupt.
            self.asleep += u64::from((before + CYCLES - after) % CYCLES);
        });
    }
}

/// The 8 MHz crystal drives the PLL of 400 MHz, which is halved and divided by 4 (data sheet §6.2.2).
fn run_at_50_mhz() {
    const USE_DIVIDER: u32 = 1 << 22;
    const POWER_DOWN: u32 = 1 << 13;
    const BYPASS: u32 = 1 << 11;
    const LOCKED: u32 = 1 << 6;
    let rest = Register::ClockControl.read() & !(0xF << 23 | USE_DIVIDER | POWER_DOWN | 0xF << 6 | 3 << 4 | 1);
    let control = rest | BYPASS | 0xE << 6;
    Register::ClockControl.write(control);
    Register::ClockControl.write(control | 3 << 23 | USE_DIVIDER);
    while Register::ClockStatus.read() & LOCKED == 0 {}
    Register::ClockControl.clear(BYPASS);
}
