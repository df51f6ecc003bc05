//! The programs of the cluster, each with its log.

use std::fs::{self, File};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// A guard against waiting forever. No healthy run comes near it, however slow the machine is.
pub const GUARD: Duration = Duration::from_secs(300);

/// A program that ends with this value.
pub struct Process {
    name: String,
    child: Child,
}

impl Process {
    /// Starts a program. Its output is added to the log of its name.
    pub fn start(work: &Path, name: &str, command: &mut Command) -> Self {
        let log = File::options().create(true).append(true).open(log(work, name)).expect("a log");
        let errors = log.try_clone().expect("the same log");
        let child = command.stdin(Stdio::null()).stdout(log).stderr(errors).spawn();
        Self { name: name.into(), child: child.unwrap_or_else(|error| panic!("{name}: {error}")) }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends the program by SIGKILL.
    pub fn kill(mut self) {
        self.end();
    }

    fn end(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Sends a signal by its name: TERM, STOP, CONT.
    pub fn signal(&self, signal: &str) {
        let status = Command::new("kill").arg(format!("-{signal}")).arg(self.child.id().to_string()).status();
        assert!(status.is_ok_and(|status| status.success()), "cannot send {signal} to {}", self.name);
    }

    /// Waits for the end of the program, and checks that it is a good one.
    pub fn wait(mut self) {
        let status = wait_for(&format!("{} to end", self.name), || self.child.try_wait().expect("a child"));
        assert!(status.success(), "{} ended with {status}", self.name);
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end();
    }
}

pub fn log(work: &Path, name: &str) -> PathBuf {
    work.join(format!("{name}.log"))
}

pub fn read_log(work: &Path, name: &str) -> String {
    fs::read_to_string(log(work, name)).unwrap_or_default()
}

/// Looks again and again until there is something.
pub fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(start.elapsed() < GUARD, "waited too long for {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// Waits until something accepts connections at a port.
pub fn wait_for_port(port: u16) {
    wait_for(&format!("port {port}"), || TcpStream::connect(("127.0.0.1", port)).ok());
}

/// Returns a port that nobody uses now.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("its number").port()
}
