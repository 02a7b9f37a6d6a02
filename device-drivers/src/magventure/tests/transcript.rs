//! A session with an X100, as written down.

use crate::exchange::tests::transcript::replay;

use super::{Model, dialect, plate};

const TRANSCRIPT: &str = include_str!("../../../../tests/transcripts/magventure.v1.txt");

#[test]
fn the_x100_of_the_transcript() {
    replay(TRANSCRIPT, "x100", dialect(plate(Model::X100)).unwrap());
}
