//! Says which mutant is on. The variable `MUTANT` has its number; without it, none is. The variable `MUTANTS_REACHED` names
//! a file to which the numbers of all mutants that are reached are written, two bytes each.
//!
//! Needs `RUSTC_BOOTSTRAP=1`: a `const fn` has mutants, too, which are off while the compiler evaluates it.

#![feature(const_eval_select, core_intrinsics)]
#![allow(internal_features)]

use std::fs::File;
use std::io::Write;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use std::sync::{Mutex, OnceLock};

/// Of [`CHOSEN`]: not known yet.
const UNKNOWN: u32 = u32::MAX;
/// Of [`CHOSEN`]: none, and the numbers of those that are reached are written.
const RECORDING: u32 = u32::MAX - 1;
/// Of [`CHOSEN`].
const NONE: u32 = u32::MAX - 2;

static CHOSEN: AtomicU32 = AtomicU32::new(UNKNOWN);
static REACHED: [AtomicBool; 1 << 16] = [const { AtomicBool::new(false) }; 1 << 16];

/// Whether the mutant with this number is on.
#[inline(never)]
pub const fn on(number: u16) -> bool {
    std::intrinsics::const_eval_select((number,), never, at_run_time)
}

const fn never(_: u16) -> bool {
    false
}

fn at_run_time(number: u16) -> bool {
    let chosen = CHOSEN.load(Relaxed);
    if chosen >= RECORDING { recorded(number) } else { chosen == u32::from(number) }
}

#[cold]
#[inline(never)]
fn recorded(number: u16) -> bool {
    if CHOSEN.load(Relaxed) == UNKNOWN {
        let chosen = std::env::var("MUTANT").ok().and_then(|number| number.parse().ok());
        let recording = std::env::var_os("MUTANTS_REACHED").is_some();
        CHOSEN.store(chosen.unwrap_or(if recording { RECORDING } else { NONE }), Relaxed);
        return on(number);
    }
    if !REACHED[usize::from(number)].swap(true, Relaxed) {
        static FILE: OnceLock<Mutex<File>> = OnceLock::new();
        let file = FILE.get_or_init(|| {
            let path = std::env::var_os("MUTANTS_REACHED").expect("it was there");
            Mutex::new(File::create(path).expect("the file can be written"))
        });
        let mut file = file.lock().expect("no other thread panicked");
        file.write_all(&number.to_le_bytes()).expect("the file can be written");
    }
    false
}
