//! The results in Markdown.

use crate::script::{Answer, Script};
use crate::scripts::Group;
use crate::stacks::ALL;
use std::fmt::Write;

/// The whole of `RESULTS.md`. `rows` has the answers of all stacks, for each script of each group.
pub fn markdown(groups: &[Group], rows: &[Vec<Vec<Option<Answer>>>]) -> String {
    let mut out = String::from(HEAD);
    let all: Vec<(&Script, &Vec<Option<Answer>>)> =
        groups.iter().zip(rows).flat_map(|(group, rows)| group.scripts.iter().zip(rows)).collect();
    let good = all.iter().filter(|(script, _)| script.is_good()).count();
    let _ = write!(out, "\n{} scripts: {good} good, {} bad.\n\n", all.len(), all.len() - good);
    out += "| stack | what it is | right | left to the caller | wrong | no such end |\n|---|---|---:|---:|---:|---:|\n";
    for (n, stack) in ALL.iter().enumerate() {
        let count =
            |is: fn(&Script, Option<Answer>) -> bool| all.iter().filter(|(script, row)| is(script, row[n])).count();
        let right = count(|script, answer| answer.is_some_and(|answer| script.is_right(answer)));
        let left = count(|_, answer| answer == Some(Answer::LeftToCaller));
        let none = count(|_, answer| answer.is_none());
        let wrong = all.len() - right - left - none;
        let name = format!("{} {}", stack.name, stack.version);
        let _ = writeln!(out, "| {} | {} | {right} | {left} | {wrong} | {none} |", name.trim_end(), stack.kind);
    }
    for (group, rows) in groups.iter().zip(rows) {
        let _ = write!(out, "\n## {}\n\n| script | decided by | demanded |", group.title);
        for stack in ALL {
            let _ = write!(out, " {} |", stack.name);
        }
        out += "\n|---|---|---|";
        out += &"---|".repeat(ALL.len());
        out.push('\n');
        for (script, row) in group.scripts.iter().zip(rows) {
            let _ = write!(out, "| {} | {} | {} |", script.name, script.section, script.demanded());
            for answer in row {
                match answer {
                    None => out += " |",
                    Some(Answer::LeftToCaller) => out += " *left to the caller* |",
                    Some(answer) if script.is_right(*answer) => {
                        let _ = write!(out, " {answer} |");
                    }
                    Some(answer) => {
                        let _ = write!(out, " **{answer}** |");
                    }
                }
            }
            out.push('\n');
        }
    }
    out
}

const HEAD: &str = "\
# What seven stacks for `no_std` make of the same scripts

Written by `qa/stacks/run --write`. The [README](README.md) tells how each is used.

* **accepts**: a good script leads to the demanded messages and answers; in a bad one, nothing fails.
* **a number**: it fails, with this status of its response, or this code in its Close.
* **fails**: it returns an error and sends nothing.
* **waits**: it has reported nothing, and wants more bytes.
* **differs**: a message or an answer is missing, or another.
* *left to the caller*: its documentation leaves the check or the answer to the caller, and hands over what it needs.
* **panics**, **hangs**: that.

In bold: not what the RFC demands. Which code is sent does not count.
";
