//! What no record may hold.

use super::*;
use crate::{
    config::{Memory, Serves, Style, render},
    recorder::RebuildError,
};

/// A key that must be seen nowhere.
const CANARY: &str = "c0ffeec0ffeec0ffeec0ffeec0ffeec0ffeec0ffeec0ffeec0ffeec0ffeec0ff";

/// The configuration of units with a key of their own.
fn keyed() -> Config {
    let mut files = Memory::shipped();
    for (name, contents) in files.0.clone() {
        let text = String::from_utf8(contents.bytes).unwrap();
        if name.starts_with("units/laser-a") {
            let keyed = text.replacen("[plate]", "[plate]\nkey_file = \"laser.key\"", 1);
            assert_ne!(keyed, text, "{name} names who the unit is");
            files.put(&name, keyed);
        }
    }
    files.put("laser.key", CANARY);
    let config = Config::read_for(&files, Serves::Loopback);
    config.unwrap_or_else(|errors| panic!("{errors}"))
}

/// SEC-08: a record holds no key, and without the key it is not replayed.
#[test]
fn a_record_holds_no_key() {
    let config = keyed();
    let head = head(&config);
    let story = [Happening::Past(Past::default()), Happening::Opened(LineId(0)), Happening::Wake];
    let file = record(&head, &mut made(&config, &seed(5)), &story, 2);
    let digits = CANARY.as_bytes();
    let key = [0xC0, 0xFF, 0xEE];
    assert!(!file.windows(digits.len()).any(|part| part == digits));
    assert!(!file.windows(key.len()).any(|part| part == key));
    assert!(file.windows(9).any(|part| part == b"laser.key"), "the file of the key is named");

    let error = match rebuild(&head, None) {
        Err(RebuildError::Config(errors)) => render(&errors, Style::Plain),
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("it was made without its key"),
    };
    assert!(error.contains("--config"), "{error}");
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("laser.key"), CANARY).unwrap();
    let (again, mut clinic) = rebuild(&head, Some(folder.path())).unwrap();
    assert_eq!(again.hash, config.hash);
    replayed(&file, &mut clinic).unwrap();
}
