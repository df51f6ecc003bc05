//! Arguments.

mod common;

use common::Program;
use std::net::TcpListener;
use std::process::{Command, Output, Stdio};

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_push_server")).args(arguments).stdin(Stdio::null()).output().unwrap()
}

#[test]
fn help_names_each_argument() {
    for help in ["--help", "-h"] {
        let output = run(&[help]);
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success() && output.stderr.is_empty());
        assert!(said.starts_with("usage: push_server [ADDRESS]"), "{said}");
        for argument in ["127.0.0.1:8080", "--ping", "--origin", "--connections", "--keep", "--report", "Ctrl-C"] {
            assert!(said.contains(argument), "--help does not mention {argument}");
        }
        assert!(said.lines().all(|line| line.len() <= 100));
    }
}

#[test]
fn bad_arguments_get_a_sentence() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let taken = TcpListener::bind(taken).unwrap();
    let taken_address = taken.local_addr().unwrap().to_string();
    for (arguments, told) in [
        (&["localhost"][..], "localhost"),
        (&["127.0.0.1:0", "127.0.0.1:0"], "127.0.0.1:0"),
        (&["127.0.0.1:65536"], "65535"),
        (&["::1:80"], "[::1]:8080"),
        (&[&taken_address], "in use by another program"),
        (&["no-such-host.invalid:1"], "cannot listen on no-such-host.invalid:1"),
        (&["--ping", "0"], "--ping"),
        (&["--ping", "soon"], "soon"),
        (&["--ping"], "--ping"),
        (&["--connections", "0"], "--connections"),
        (&["--keep", "-1"], "-1"),
        (&["--origin", "example.com"], "--origin example.com"),
        (&["--origin", "https://a/"], "--origin https://a/"),
        (&["--report", "often"], "often"),
        (&["--pong", "1"], "--pong"),
    ] {
        let output = run(arguments);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {said}");
        assert!(said.starts_with("push_server: ") && said.contains(told), "{arguments:?}: {said}");
        assert!(said.lines().count() == 1 && !said.contains("panicked"), "{said}");
    }
}

#[test]
fn it_listens_where_it_is_told_and_says_where() {
    let exe = env!("CARGO_BIN_EXE_push_server");
    for (address, begins) in [
        ("localhost:0", &["127.0.0.1:", "[::1]:"][..]),
        ("0", &["127.0.0.1:"]),
        (":0", &["127.0.0.1:"]),
        ("0.0.0.0:0", &["127.0.0.1:"]),
    ] {
        let program = Program::run(Command::new(exe).arg(address));
        assert!(begins.iter().any(|begins| program.address.starts_with(begins)), "{}", program.address);
        assert!(program.ask("GET /", "", "").starts_with("HTTP/1.1 200 OK\r\n"));
    }
    // a machine without IPv6 cannot show this
    if TcpListener::bind("[::1]:0").is_ok() {
        let program = Program::run(Command::new(exe).arg("[::1]:0"));
        assert!(program.address.starts_with("[::1]:"));
        assert!(program.ask("GET /", "", "").starts_with("HTTP/1.1 200 OK\r\n"));
    }
}
