//! Runs the checks, prints a line for each and a summary, and exits with a status: on the host, and on emulated boards
//! (`run`).
#![cfg_attr(target_os = "none", no_std, no_main)]

#[cfg(target_os = "none")]
mod board;

#[cfg(not(target_os = "none"))]
fn main() -> std::process::ExitCode {
    let mut lines = String::new();
    let passed = upframe_selftest::run(&mut lines);
    print!("{lines}");
    if passed { std::process::ExitCode::SUCCESS } else { std::process::ExitCode::FAILURE }
}
