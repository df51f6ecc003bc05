//! Measures on the emulated board what cannot be read from a file: sizes of types, stack depths, instruction counts.
//!
//! Prints lines of `what|number`. `run` makes tables of them.
#![no_std]
#![no_main]

mod counts;
mod sizes;
mod stack;

use upframe_budgets::console::exit;

#[upframe_budgets::entry]
fn main() -> ! {
    sizes::print();
    stack::print();
    exit(counts::print());
}
