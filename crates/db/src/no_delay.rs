//! Requests to a database server leave at once. sqlx 0.9.0 leaves Nagle's algorithm on: where it closes a statement, to which a
//! server answers nothing, the next one waits 40 ms for the acknowledgement. A paste or a batch writes many shapes of
//! statements, so it waited most of its time. To be deleted with the release that has
//! <https://github.com/transact-rs/sqlx/pull/4336>.

use std::io;

/// Sets `TCP_NODELAY` on the sockets of this process that are connected to `port`. Elsewhere than on Linux it does nothing.
///
/// # Errors
/// The system's own.
#[cfg(target_os = "linux")]
pub(crate) fn set(port: u16) -> io::Result<()> {
    use std::os::fd::{BorrowedFd, RawFd};

    let mut done = Ok(());
    for entry in std::fs::read_dir("/proc/self/fd")?.flatten() {
        let name = entry.file_name();
        let Some(number) = name.to_str().and_then(|name| name.parse::<RawFd>().ok()) else { continue };
        // SAFETY: the number was open a moment ago and is used for an option alone. Where it is another file's by now, that
        // one is no socket to this port, or it is one and gets what all of these get.
        #[allow(unsafe_code, reason = "sqlx hands its sockets to nobody")]
        let borrowed = unsafe { BorrowedFd::borrow_raw(number) };
        let socket = socket2::SockRef::from(&borrowed);
        let peer = socket.peer_addr().ok().and_then(|peer| peer.as_socket());
        if peer.is_some_and(|peer| peer.port() == port) {
            // One that was closed meanwhile is none of those that matter.
            done = socket.set_tcp_nodelay(true).and(done);
        }
    }
    done
}

/// As on Linux, but nothing is done.
///
/// # Errors
/// None.
#[cfg(not(target_os = "linux"))]
pub(crate) fn set(_: u16) -> io::Result<()> {
    Ok(())
}

#[cfg(all(test, target_os = "linux"))]
#[allow(clippy::unwrap_used, reason = "a test states its assumption by unwrapping it")]
mod tests {
    use std::net::{TcpListener, TcpStream};

    #[test]
    fn sockets_to_the_port_and_no_others() {
        let (database, other) = (TcpListener::bind("127.0.0.1:0").unwrap(), TcpListener::bind("127.0.0.1:0").unwrap());
        let one = TcpStream::connect(database.local_addr().unwrap()).unwrap();
        let two = TcpStream::connect(other.local_addr().unwrap()).unwrap();
        assert!(!one.nodelay().unwrap());
        super::set(database.local_addr().unwrap().port()).unwrap();
        assert!(one.nodelay().unwrap());
        assert!(!two.nodelay().unwrap());
    }
}
