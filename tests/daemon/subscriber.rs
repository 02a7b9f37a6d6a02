//! A dashboard: Debian's subscriber, and everything that it was told.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
};

use super::time::until;

/// Subscribes to everything, for as long as it lives, with a broker that comes and goes.
pub(super) struct Subscriber {
    child: Child,
    told: Arc<Mutex<Vec<String>>>,
}

impl Subscriber {
    pub(super) fn new(port: u16) -> Self {
        let mut command = Command::new("mosquitto_sub");
        command.args(["-V", "5", "-h", "127.0.0.1", "-p", &port.to_string(), "-q", "1"]);
        command.args(["-v", "-t", "#"]).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let told = Arc::new(Mutex::new(Vec::new()));
        let into = Arc::clone(&told);
        std::thread::spawn(move || {
            lines.map_while(Result::ok).for_each(|line| into.lock().unwrap().push(line));
        });
        Self { child, told }
    }

    /// Everything so far, a topic and its payload a line.
    pub(super) fn told(&self) -> Vec<String> {
        self.told.lock().unwrap().clone()
    }

    /// Waits until it was told of something, beginning with the line of this number.
    pub(super) async fn until(&self, from: usize, what: &str, words: &[&str]) {
        let has = |line: &String| words.iter().all(|word| line.contains(word));
        until(what, async || self.told().iter().skip(from).any(has).then_some(())).await;
    }
}

impl Drop for Subscriber {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _ended = self.child.wait();
    }
}
