//! The same good and bad scripts to `upframe` and to six other stacks for `no_std`: `qa/stacks/run`, and
//! `qa/stacks/run --write`.

mod script;
mod scripts;
mod stacks;
mod table;
mod wire;

use crate::script::{Answer, End, Script, Seen};
use crate::stacks::{ALL, Stack};
use crate::wire::{ReadsOn, Wire};
use std::panic::catch_unwind;
use std::process::ExitCode;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

/// A stack that takes longer for one script does not return at all.
const PATIENCE: Duration = Duration::from_secs(30);

const RESULTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/RESULTS.md");

fn main() -> ExitCode {
    let write = match std::env::args().skip(1).collect::<Vec<_>>().as_slice() {
        [] => false,
        [argument] if argument == "--write" => true,
        _ => {
            eprintln!("usage: qa/stacks/run [--write]");
            return ExitCode::FAILURE;
        }
    };
    // A panic of a stack is one of its answers.
    std::panic::set_hook(Box::new(|_| {}));
    let groups = scripts::all();
    let answers = |script: &Script| ALL.iter().map(|stack| play(stack, script)).collect::<Vec<_>>();
    let rows: Vec<Vec<_>> = groups.iter().map(|group| group.scripts.iter().map(answers).collect()).collect();
    let _ = std::panic::take_hook();

    let mut good = true;
    for (group, rows) in groups.iter().zip(&rows) {
        for (script, answers) in group.scripts.iter().zip(rows) {
            if answers[0] != Some(script.demanded()) {
                eprintln!(
                    "upframe, {}, {}: {:?} instead of {}",
                    group.title,
                    script.name,
                    answers[0],
                    script.demanded()
                );
                good = false;
            }
        }
    }
    let table = table::markdown(&groups, &rows);
    println!("{table}");
    if write {
        std::fs::write(RESULTS, &table).expect("RESULTS.md can be written");
    } else if std::fs::read_to_string(RESULTS).ok().as_deref() != Some(&*table) {
        eprintln!("RESULTS.md differs: look at it, and run with --write");
        good = false;
    }
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What a stack makes of a script. `None` if it has no such end.
fn play(stack: &'static Stack, script: &Script) -> Option<Answer> {
    let (done, wait) = channel();
    let played = *script;
    std::thread::spawn(move || {
        let seen = catch_unwind(|| {
            let wire = Wire::new(played.bytes, played.cut);
            let wire = if played.end == End::Client { wire.with_accept(scripts::ACCEPT) } else { wire };
            (stack.play)(&played, &wire).map(|seen| Seen { written: wire.written(), ..seen })
        });
        let _ = done.send(seen);
    });
    match wait.recv_timeout(PATIENCE) {
        Ok(Ok(seen)) => seen.map(|seen| script.judge(&seen, stack.leaves)),
        Ok(Err(panic)) if panic.is::<ReadsOn>() => Some(Answer::Hangs),
        Ok(Err(_)) => Some(Answer::Panics),
        Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => Some(Answer::Hangs),
    }
}
