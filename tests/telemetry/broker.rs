//! Debian's broker, started, stopped and killed at will.

use std::{
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
};

use gateway::{clock, telemetry::Server};
use tempfile::TempDir;

use super::{PATIENCE, server};
use crate::peers::mosquitto;

/// Debian's broker on a free port, with a folder for what it keeps.
pub(crate) struct Mosquitto {
    folder: TempDir,
    pub(crate) port: u16,
    child: Child,
}

impl Mosquitto {
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let keeps = folder.path().display();
        let lines = [
            format!("listener {port} 127.0.0.1"),
            "allow_anonymous true".into(),
            "max_queued_messages 0".into(),
            "persistence true".into(),
            format!("persistence_location {keeps}/"),
            // As root it would give its rights up and could not write into the folder.
            "user root".into(),
        ];
        std::fs::write(folder.path().join("mosquitto.conf"), lines.join("\n")).unwrap();
        let child = Self::spawn(folder.path(), port);
        Self { folder, port, child }
    }

    fn spawn(folder: &Path, port: u16) -> Child {
        let mut command = Command::new(mosquitto());
        command.arg("-c").arg(folder.join("mosquitto.conf"));
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let until = clock::now().after(PATIENCE);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(clock::now() < until, "mosquitto does not listen");
            std::thread::yield_now();
        }
        child
    }

    pub(super) fn server(&self) -> Server {
        server(self.port)
    }

    /// Ends it in good order: it writes down what it keeps.
    pub(crate) fn stop(&mut self) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        self.child.wait().unwrap();
    }

    pub(crate) fn start_again(&mut self) {
        self.child = Self::spawn(self.folder.path(), self.port);
    }

    /// Kills it, and starts one that knows nothing.
    pub(super) fn forget(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        let _never_written = std::fs::remove_file(self.folder.path().join("mosquitto.db"));
        self.start_again();
    }
}

impl Drop for Mosquitto {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _ended = self.child.wait();
    }
}
