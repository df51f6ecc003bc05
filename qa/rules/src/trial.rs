//! A copy of the crate that is changed, built and tested.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::site::Edit;

/// What takes longer than this does not end: a loop has lost its condition.
const LIMIT: Duration = Duration::from_secs(300);

/// The two builds of the codec.
pub const BUILDS: [Build; 2] = [
    Build { name: "normal", flags: "-Awarnings" },
    Build { name: "small machine", flags: "-Awarnings --cfg upframe_small" },
];

pub struct Build {
    pub name: &'static str,
    flags: &'static str,
}

/// What tests say of a changed crate.
pub enum Told {
    DoesNotCompile,
    Green,
    /// The tests that fail. Empty if the program itself ended, or never does.
    Red(BTreeSet<String>),
}

pub struct Trial {
    root: PathBuf,
    output: PathBuf,
}

impl Trial {
    /// A new copy in this folder. What was compiled there before stays.
    pub fn new(repository: &Path, folder: PathBuf) -> io::Result<Self> {
        fs::create_dir_all(&folder)?;
        let root = folder.join("copy");
        let copied = Command::new("python3").arg(repository.join("qa/crate_copy.py")).arg(&root).status()?;
        if !copied.success() {
            return Err(io::Error::other("qa/crate_copy.py failed"));
        }
        Ok(Self { root, output: folder.join("output") })
    }

    /// Builds and runs these tests, or all if there are none.
    pub fn run(&self, build: &Build, tests: &[String]) -> io::Result<Told> {
        let cargo = |more: &[&str]| {
            let mut command = Command::new("cargo");
            command.args(["test", "--quiet", "--lib", "--test", "in_one", "--target-dir"]);
            command.arg(self.root.with_file_name(build.name.replace(' ', "_"))).args(more);
            command.env("RUSTFLAGS", build.flags).env_remove("CARGO_TARGET_DIR");
            command.envs([
                ("CARGO_PROFILE_DEV_DEBUG", "0"),
                ("CARGO_INCREMENTAL", "1"),
                ("PROPTEST_CASES", "64"),
                ("RUST_BACKTRACE", "0"),
            ]);
            command
        };
        if !self.wait(cargo(&["--no-run"]))? {
            return Ok(Told::DoesNotCompile);
        }
        let mut command = cargo(&["--no-fail-fast", "--"]);
        if !tests.is_empty() {
            command.arg("--exact").args(tests);
        }
        if self.wait(command)? {
            return Ok(Told::Green);
        }
        let output = self.printed()?;
        let names = output.lines().filter_map(|line| line.strip_prefix("---- ")?.strip_suffix(" stdout ----"));
        Ok(Told::Red(names.map(String::from).collect()))
    }

    /// Runs the tests of a crate with an edit, which is undone after it.
    pub fn with<T>(&self, file: &Path, edit: &Edit, run: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        let path = self.root.join(file);
        let source = fs::read_to_string(&path)?;
        let (before, after) = (&source[..edit.range.start], &source[edit.range.end..]);
        fs::write(&path, format!("{before}{}{after}", edit.text))?;
        let told = run();
        fs::write(&path, source)?;
        told
    }

    /// What the last command printed.
    pub fn printed(&self) -> io::Result<String> {
        Ok(String::from_utf8_lossy(&fs::read(&self.output)?).into_owned())
    }

    /// Whether a command succeeds within the limit.
    fn wait(&self, mut command: Command) -> io::Result<bool> {
        use std::os::unix::process::CommandExt;
        let output = File::create(&self.output)?;
        command
            .current_dir(&self.root)
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .process_group(0);
        let (mut child, begun) = (command.spawn()?, Instant::now());
        loop {
            if let Some(status) = child.try_wait()? {
                return Ok(status.success());
            }
            if begun.elapsed() > LIMIT {
                kill(&mut child)?;
                return Ok(false);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

/// Ends a command and what it started: it leads a process group.
fn kill(child: &mut Child) -> io::Result<()> {
    Command::new("kill").args(["-KILL", "--", &format!("-{}", child.id())]).status()?;
    child.wait().map(drop)
}
