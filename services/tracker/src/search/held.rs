//! How much memory the process holds.

/// KiB that the process may hold until the pages of the index's files are given back, if they are more than a few. The system keeps
/// what it has room for and maps it again where it is asked for; held for good they would be a sixth of the index.
const MUCH: u64 = 200 << 10;
const FEW_MAPPED: u64 = 40 << 10;
/// What the process may hold while a large piece of the index is written anew, in KiB, and bytes that one of so many rows has, which are
/// all read for it.
const ROOM: u64 = 280 << 10;
const OF_ROW: u64 = 150;

/// What the process holds, in KiB (proc_pid_status(5)). Where the system does not tell, nothing is mapped and there is no room.
#[derive(Clone, Copy, Default)]
pub(super) struct Held {
    own: u64,
    mapped: u64,
}

impl Held {
    pub(super) fn now() -> Held {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let kib = |name: &str| -> Option<u64> {
            status.lines().find_map(|line| line.strip_prefix(name))?.split_whitespace().next()?.parse().ok()
        };
        Held { own: kib("RssAnon:").unwrap_or(u64::from(u32::MAX)), mapped: kib("RssFile:").unwrap_or_default() }
    }

    /// Whether files' pages are to be given back.
    pub(super) fn is_much(self) -> bool {
        self.own + self.mapped > MUCH && self.mapped > FEW_MAPPED
    }

    /// Whether there is room to read all that the index has of so many rows.
    pub(super) fn has_room_for(self, rows: u32) -> bool {
        self.own + FEW_MAPPED + u64::from(rows) * OF_ROW / 1024 < ROOM
    }
}
