//! What `main` and `versions` measure with: rounds of samples, and the processor time of a server's thread.

use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{fs, io};

pub const ROUNDS: usize = 11;
/// How long a sample takes.
pub const SAMPLE: Duration = Duration::from_millis(100);

/// The processor time of a thread.
pub struct Processor(PathBuf);

impl Processor {
    /// `thread` is what `/proc/thread-self` is in that thread.
    pub fn of(thread: &Path) -> Self {
        Self(Path::new("/proc").join(thread).join("schedstat"))
    }

    /// Microseconds that the thread has had.
    pub fn time(&self) -> io::Result<f64> {
        let told = fs::read_to_string(&self.0)?;
        let ns: f64 = told.split(' ').next().and_then(|ns| ns.parse().ok()).ok_or(io::ErrorKind::InvalidData)?;
        Ok(ns / 1e3)
    }
}

pub fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

pub fn table_line(cells: impl IntoIterator<Item = String>) -> String {
    format!("| {} |\n", cells.into_iter().collect::<Vec<_>>().join(" | "))
}
