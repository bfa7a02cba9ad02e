//! The process at the other end of a connection, found in `/proc` by its socket.

use std::{fs, net::SocketAddr, path::Path};

use rustix::process::{Pid, Signal, getpid, kill_process};

/// A connection by its two ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct Caller {
    pub(super) from: SocketAddr,
    pub(super) to: SocketAddr,
}

impl Caller {
    /// Kills the process that holds the connection's other end, unless that is this one.
    pub(super) fn kill(self) {
        let process = self.socket().and_then(|socket| process_with(&socket));
        if let Some(process) = process.filter(|process| *process != getpid()) {
            // It may just have ended; then there is nothing to kill.
            let _has_ended = kill_process(process, Signal::KILL).is_err();
        }
    }

    /// How `/proc/<pid>/fd` shows the socket at the far end.
    fn socket(self) -> Option<String> {
        let (local, remote) = (port(self.from), port(self.to));
        let table = fs::read_to_string("/proc/net/tcp").ok()?;
        table.lines().skip(1).find_map(|line| {
            let mut fields = line.split_whitespace().skip(1);
            let is_it = fields.next()?.ends_with(&local) && fields.next()?.ends_with(&remote);
            // In between stand state, queues, timer, retransmissions, owner and timeout.
            let inode = fields.nth(6)?;
            is_it.then(|| format!("socket:[{inode}]"))
        })
    }
}

/// A port as the table writes it.
fn port(end: SocketAddr) -> String {
    format!(":{:04X}", end.port())
}

fn process_with(socket: &str) -> Option<Pid> {
    let processes = fs::read_dir("/proc").ok()?.flatten();
    processes
        .filter(|entry| holds(&entry.path(), socket))
        .find_map(|entry| entry.file_name().to_str()?.parse().ok().and_then(Pid::from_raw))
}

fn holds(process: &Path, socket: &str) -> bool {
    let Ok(files) = fs::read_dir(process.join("fd")) else {
        return false;
    };
    files
        .flatten()
        .any(|file| fs::read_link(file.path()).is_ok_and(|target| target.as_os_str() == socket))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use std::net::{TcpListener, TcpStream};

    use super::*;

    #[test]
    fn a_connection_leads_to_its_process() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let caller = Caller {
            from: stream.local_addr().unwrap(),
            to: stream.peer_addr().unwrap(),
        };
        assert_eq!(process_with(&caller.socket().unwrap()), Some(getpid()));
    }
}
