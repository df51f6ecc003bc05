//! How many connections the limit of open files allows.

/// The files that the program has open besides connections: the runtime, the listener, standard input and output, and
/// a spare one.
#[cfg(unix)]
const OTHERS: u64 = 24;

/// How many connections are told that there are too many, at the same time.
const REFUSED: usize = 64;

/// The bounds of connections.
#[derive(Clone, Copy, Debug)]
pub struct Room {
    pub connections: usize,
    /// Connections that get a 503, at the same time.
    pub refused: usize,
}

/// Raises the limit of open files as far as this many connections need it. If they do not fit, it says so, and returns
/// fewer.
#[cfg(unix)]
pub fn make_room(connections: usize) -> Result<Room, String> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let wanted = (connections + REFUSED) as u64 + OTHERS;
    let limit = getrlimit(Resource::Nofile);
    let mut allowed = limit.current.unwrap_or(u64::MAX);
    if allowed < wanted {
        let more = wanted.min(limit.maximum.unwrap_or(u64::MAX));
        if setrlimit(Resource::Nofile, Rlimit { current: Some(more), ..limit }).is_ok() {
            allowed = more;
        }
    }
    let room = fit(allowed, connections)
        .ok_or_else(|| format!("the limit of {allowed} open files is too low: allow {wanted} (ulimit -n {wanted})"))?;
    if room.connections < connections {
        eprintln!(
            "push_server: the limit of {allowed} open files allows {} connections; {connections} need {wanted}",
            room.connections
        );
    }
    Ok(room)
}

/// Without limits of open files.
#[cfg(not(unix))]
pub fn make_room(connections: usize) -> Result<Room, String> {
    Ok(Room { connections, refused: REFUSED })
}

/// Returns how many connections fit into this many files; `None` if none does.
#[cfg(unix)]
fn fit(files: u64, connections: usize) -> Option<Room> {
    let files = usize::try_from(files.checked_sub(OTHERS)?).unwrap_or(usize::MAX);
    // some files are left for refusals
    let refused = REFUSED.min(files / 4);
    let connections = connections.min(files - refused);
    (connections > 0).then_some(Room { connections, refused })
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn connections_and_refusals_share_the_files() {
        for (files, connections, want) in [
            (u64::MAX, 2000, Some((2000, 64))),
            (2088, 2000, Some((2000, 64))),
            (2087, 2000, Some((1999, 64))),
            (1024, 2000, Some((936, 64))),
            (64, 2000, Some((30, 10))),
            (25, 2000, Some((1, 0))),
            (24, 2000, None),
            (0, 2000, None),
            (64, 5, Some((5, 10))),
        ] {
            let room = fit(files, connections);
            assert_eq!(room.map(|room| (room.connections, room.refused)), want, "{files}");
        }
    }
}
