//! What goes over a line, as a service engineer looks at it.

use std::{fs::File, io::Write as _, time::Duration};

use rustix::{
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
    termios::{OptionalActions, tcgetattr, tcsetattr},
};

use super::{
    commands::Watching,
    house::House,
    process::{Gateway, command, text},
    time::{in_real_time, watch_for},
};

/// A monitor shows both directions in words, and the unit is none the wiser: its session goes on.
#[test]
fn a_monitor_shows_what_goes_over_a_line() {
    in_real_time(async || {
        let house = House::new(&["laser", "pemf"]);
        let gateway = Gateway::start(&house).await;
        let at = gateway.grpc.to_string();
        let monitor = Watching::of(&["monitor", "pemf", "--address", &at]);
        let operator = gateway.emit(&house, "pemf").await;
        monitor.until(&["> 00", "Enable, unit", "< 00", "reply to Status"]).await;
        let seen = monitor.seen();
        assert!(seen.lines().all(|line| line.contains(" > ") || line.contains(" < ")), "{seen}");
        drop((monitor, operator));

        let nobody = command(&["monitor", "nobody", "--address", &at]).await;
        assert!(!nobody.status.success() && text(&nobody).contains("unit"), "{nobody:?}");
    });
}

/// A probe names what it hears and sends nothing, unless a person says that nothing is connected:
/// then it sends one question.
#[test]
fn a_probe_listens_and_names_what_it_hears() {
    in_real_time(async || {
        let mut line = Line::new();
        let port = line.port.clone();
        let listening =
            tokio::spawn(async move { command(&["probe", &port, "--seconds", "2"]).await });
        watch_for(Duration::from_secs(1)).await;
        line.near.write_all(b"K0300 03E8\r").unwrap();
        let heard = listening.await.unwrap();
        let told = text(&heard);
        assert!(heard.status.success(), "{told}");
        assert!(told.contains("nothing is sent") && told.contains("maiman: an answer"), "{told}");
        assert_eq!(line.sent(), b"");

        let port = line.port.clone();
        let asked = ["probe", &port, "--seconds", "1", "--dialect", "arroyo", "--disconnected"];
        let silent = command(&asked).await;
        assert!(!silent.status.success(), "{silent:?}");
        assert!(text(&silent).contains("nothing was heard"), "{silent:?}");
        assert_eq!(line.sent(), b"*IDN?\r\n");
    });
}

/// A line with nobody at its far end but this test.
struct Line {
    near: File,
    /// Kept open, so that a probe that leaves is no hang-up.
    _far: File,
    port: String,
}

impl Line {
    fn new() -> Self {
        let near = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&near).unwrap();
        unlockpt(&near).unwrap();
        let port = ptsname(&near, Vec::new()).unwrap().into_string().unwrap();
        let far = File::options().read(true).write(true).open(&port).unwrap();
        let mut raw = tcgetattr(&far).unwrap();
        raw.make_raw();
        tcsetattr(&far, OptionalActions::Now, &raw).unwrap();
        rustix::io::ioctl_fionbio(&near, true).unwrap();
        Self { near: File::from(near), _far: far, port }
    }

    /// What came from the other side and was not yet read.
    fn sent(&mut self) -> Vec<u8> {
        let mut sent = Vec::new();
        let mut buffer = [0; 256];
        while let Ok(count) = std::io::Read::read(&mut self.near, &mut buffer) {
            sent.extend_from_slice(&buffer[..count]);
        }
        sent
    }
}
