//! Standard input: each line becomes news.

use crate::board::{Board, Unpublished};
use crate::lines::Lines;
use crate::terminal;
use std::io::{self, BufRead};
use std::sync::Arc;
use std::thread;
use tokio::runtime::Handle;

/// Publishes the lines of standard input, in a thread of its own, until its end.
pub fn publish_lines(board: Arc<Board>) {
    let runtime = Handle::current();
    thread::spawn(move || {
        let mut lines = Lines::default();
        let publish = |line: String| match runtime.block_on(board.publish(&line)) {
            // an empty line is not news
            Ok(_) | Err(Unpublished::Unfit(_)) => {}
            Err(error) => eprintln!("push_server: a line was not published: {error}"),
        };
        let mut stdin = io::stdin().lock();
        loop {
            terminal::wait_for_input();
            match stdin.fill_buf() {
                Ok([]) => break,
                Ok(bytes) => {
                    let len = bytes.len();
                    lines.push(bytes, publish);
                    stdin.consume(len);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => break,
            }
        }
        lines.end(publish);
    });
}
