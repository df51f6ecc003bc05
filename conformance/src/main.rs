//! The conformance suite on the command line.

#![forbid(unsafe_code)]

mod client_mode;
mod options;
mod server_mode;

use options::{Mode, Options};
use std::io::{self, Write};
use std::process::ExitCode;
use upframe_conformance::{Report, Suite};

fn main() -> ExitCode {
    let options = match Options::parse(std::env::args().skip(1)) {
        Ok(Some(options)) => options,
        Ok(None) => {
            print(options::USAGE);
            return ExitCode::SUCCESS;
        }
        Err(problem) => {
            eprintln!("upframe-conformance: {problem}; try --help");
            return ExitCode::from(2);
        }
    };
    let suite = Suite::with_big_messages(options.big).only(&options.only);
    if suite.cases(options.mode.role()).next().is_none() {
        eprintln!("upframe-conformance: no case has an id that begins with {:?}", options.only);
        return ExitCode::from(2);
    }
    let result = match &options.mode {
        mode if options.list => {
            list(&suite, mode);
            return ExitCode::SUCCESS;
        }
        Mode::Server(url) => server_mode::run(&suite, url, &options),
        Mode::Client(address) => client_mode::run(&suite, address, &options),
    };
    match result {
        Ok(report) => {
            show(&report, &options);
            if report.is_conformant() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(problem) => {
            eprintln!("upframe-conformance: {problem}");
            ExitCode::FAILURE
        }
    }
}

/// The reader may have closed the pipe.
fn print(text: &str) {
    let _ = io::stdout().write_all(text.as_bytes());
}

fn list(suite: &Suite, mode: &Mode) {
    for case in suite.cases(mode.role()) {
        let (id, description, section) = (case.id(), case.description(), case.section());
        print(&format!("{id}\n      {description} → {} ({section})\n", case.expectation()));
    }
}

fn show(report: &Report, options: &Options) {
    if options.json {
        return print(&report.to_json());
    }
    if options.verbose {
        for entry in report.entries().iter().filter(|entry| matches!(entry.verdict.word(), "acceptable" | "skipped")) {
            print(&format!("{}\n", entry.explain()));
        }
    }
    print(&report.to_string());
}
