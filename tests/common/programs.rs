//! Runs the example programs.
#![allow(dead_code, reason = "each test uses a part")]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::OnceLock;

/// Returns a command for an example program. `cargo test` builds the examples together with the tests, but `cargo test
/// --test NAME` does not: they are built here, once, in the same way.
pub fn program(name: &str) -> Command {
    static BUILT: OnceLock<()> = OnceLock::new();
    let test = std::env::current_exe().unwrap();
    let folder = test.ancestors().nth(2).unwrap(); // target/[TRIPLE/]PROFILE
    BUILT.get_or_init(|| {
        let mut build = Command::new(env!("CARGO"));
        build.args(["build", "--quiet", "--examples"]).current_dir(env!("CARGO_MANIFEST_DIR"));
        if folder.ends_with("release") {
            build.arg("--release");
        }
        let parent = folder.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy();
        if parent.matches('-').count() > 1 {
            build.args(["--target", &parent]);
        }
        assert!(build.status().unwrap().success());
    });
    Command::new(folder.join("examples").join(format!("{name}{}", std::env::consts::EXE_SUFFIX)))
}

pub fn run(name: &str, arguments: &[&str]) -> Output {
    program(name).args(arguments).stdin(Stdio::null()).output().unwrap()
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A server that runs until the value is dropped.
pub struct Running {
    child: Child,
    /// `127.0.0.1:PORT`.
    pub address: String,
}

impl Running {
    pub fn start(name: &str, arguments: &[&str]) -> Self {
        let mut child = program(name).args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().trim_end_matches('/').rsplit('/').next().unwrap().to_string();
        assert!(address.starts_with("127.0.0.1:"), "{line}");
        Self { child, address }
    }

    /// Sends a signal, such as `TERM`.
    pub fn signal(&self, name: &str) {
        let kill = Command::new("kill").args(["-s", name, &self.child.id().to_string()]).status();
        assert!(kill.unwrap().success());
    }

    pub fn wait(&mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
