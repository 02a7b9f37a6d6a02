//! A session with an X100, as written down.

use crate::test_bench::{
    desk::Desk,
    transcript::{Form, replay},
};

use super::{Model, dialect, plate};

const TRANSCRIPT: &str = include_str!("../../../../tests/transcripts/magventure.v1.txt");

#[test]
fn the_x100_of_the_transcript() {
    let dialect = dialect(plate(Model::X100)).unwrap();
    assert!(100 < replay(TRANSCRIPT, Form::Codes, "x100", dialect, Desk::new()));
}
