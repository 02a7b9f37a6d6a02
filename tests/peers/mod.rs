//! The peers that others wrote, where `tests/run` has put them.

use std::path::PathBuf;
use std::process::Command;

use crate::tree::root;

/// The Python that has the gRPC and MQTT clients.
pub(crate) fn python() -> PathBuf {
    let target = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().to_path_buf();
    installed(target.join("peers/bin/python"))
}

/// The broker of Debian, which keeps it out of an ordinary user's PATH.
pub(crate) fn mosquitto() -> PathBuf {
    let search = std::env::var("PATH").unwrap_or_default() + ":/usr/sbin:/usr/local/sbin";
    let found = search.split(':').map(|directory| PathBuf::from(directory).join("mosquitto"));
    installed(found.into_iter().find(|path| path.is_file()).unwrap_or("mosquitto".into()))
}

fn installed(path: PathBuf) -> PathBuf {
    assert!(path.is_file(), "{} is absent; `tests/run` installs it", path.display());
    path
}

#[test]
fn the_python_peers_are_those_that_are_pinned() {
    let pinned = std::fs::read_to_string(root().join("tests/peers/requirements.txt")).unwrap();
    let freeze = Command::new(python()).args(["-m", "pip", "freeze"]).output().unwrap();
    let freeze = String::from_utf8(freeze.stdout).unwrap();
    let pins = |text: &str| -> Vec<String> {
        text.lines().filter(|line| line.contains("==")).map(str::to_string).collect()
    };
    assert_eq!(pins(&pinned), pins(&freeze));
}

#[test]
fn the_broker_speaks_mqtt_5() {
    let help = Command::new(mosquitto()).arg("-h").output().unwrap();
    let help = String::from_utf8_lossy(&help.stdout).into_owned();
    assert!(help.contains("v5.0"), "{help}");
}
