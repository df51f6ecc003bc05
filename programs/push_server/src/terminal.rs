//! The terminal as standard input.

/// Waits until there is input, and it may be read.
///
/// The shell stops a program that reads from the terminal in the background. So nothing is read until the program is in
/// the foreground.
#[cfg(unix)]
pub fn wait_for_input() {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use std::io::IsTerminal;
    use std::thread::sleep;
    use std::time::Duration;

    let stdin = std::io::stdin();
    if !stdin.is_terminal() {
        return;
    }
    loop {
        if !is_in_foreground() {
            sleep(Duration::from_millis(250));
            continue;
        }
        let mut files = [PollFd::new(&stdin, PollFlags::IN)];
        let time = Timespec { tv_sec: 0, tv_nsec: 250_000_000 };
        // it may have gone to the background meanwhile
        if matches!(poll(&mut files, Some(&time)), Ok(1..)) && is_in_foreground() {
            return;
        }
    }
}

#[cfg(unix)]
fn is_in_foreground() -> bool {
    let foreground = rustix::termios::tcgetpgrp(std::io::stdin());
    // without a terminal that controls the program, nobody stops it
    foreground.map_or(true, |group| group == rustix::process::getpgrp())
}

#[cfg(not(unix))]
pub fn wait_for_input() {}
