//! Memory that is used only while a message is compressed or inflated: there is one of each for a thread.
//!
//! It is taken out while it is used. So nothing is borrowed, and nothing can be held while a task waits.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::LocalKey;
use upframe::deflate::{FastTables, Inflater, Workspace};

/// What compressing needs. The default of `Workspace` makes some messages 1 to 2 % shorter, and takes 64 KiB more for each
/// thread: with `upframe-std`, that is each connection.
pub(super) type Compressing = Workspace<32_768, 2_048>;

/// A buffer that is longer than this is released.
const KEPT: usize = 64 << 10;

thread_local! {
    static TABLES: Cell<Option<Box<FastTables>>> = const { Cell::new(None) };
    static WINDOW: Cell<Option<Vec<u8>>> = const { Cell::new(None) };
    static WORKSPACE: Cell<Option<Box<(u64, Compressing)>>> = const { Cell::new(None) };
    static FRAME: Cell<Option<Vec<u8>>> = const { Cell::new(None) };
}

/// A thread that ends has none any more.
fn take<T>(slot: &'static LocalKey<Cell<Option<T>>>, new: impl FnOnce() -> T) -> T {
    slot.try_with(Cell::take).ok().flatten().unwrap_or_else(new)
}

fn put_back<T>(slot: &'static LocalKey<Cell<Option<T>>>, value: T) {
    let _ = slot.try_with(|slot| slot.set(Some(value)));
}

/// Calls `f` with the tables for inflating.
pub(super) fn with_tables<T>(f: impl FnOnce(&mut FastTables) -> T) -> T {
    let mut tables = take(&TABLES, || Box::new(FastTables::new()));
    let result = f(&mut tables);
    put_back(&TABLES, tables);
    result
}

/// Calls `f` with the longest window.
pub(super) fn with_window<T>(f: impl FnOnce(&mut [u8]) -> T) -> T {
    let mut window = take(&WINDOW, || vec![0; Inflater::memory(15)]);
    let result = f(&mut window);
    put_back(&WINDOW, window);
    result
}

/// The number of what uses a workspace once.
pub(super) const NOBODY: u64 = u64::MAX;

/// Returns a number for what uses a workspace.
pub(super) fn new_user() -> u64 {
    static USERS: AtomicU64 = AtomicU64::new(0);
    USERS.fetch_add(1, Ordering::Relaxed)
}

/// Calls `f` with what compressing needs, with whether another `user` has used it since, and with at least `len` bytes of
/// room for a frame.
pub(super) fn with_workspace<T>(user: u64, len: usize, f: impl FnOnce(&mut Compressing, bool, &mut [u8]) -> T) -> T {
    let mut workspace = take(&WORKSPACE, || Box::new((user, Compressing::new())));
    let mut frame = take(&FRAME, Vec::new);
    if frame.len() < len {
        frame.resize(len, 0);
    }
    let is_other = std::mem::replace(&mut workspace.0, user) != user;
    let result = f(&mut workspace.1, is_other, &mut frame);
    if frame.capacity() <= KEPT {
        put_back(&FRAME, frame);
    }
    put_back(&WORKSPACE, workspace);
    result
}
