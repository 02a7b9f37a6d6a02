//! A session with a Rapid², as written down.

use crate::exchange::tests::transcript::replay;

use super::{dialect, plate, rapid};

const TRANSCRIPT: &str = include_str!("../../../../tests/transcripts/magstim.v1.txt");

#[test]
fn the_rapid_of_the_transcript() {
    replay(TRANSCRIPT, "rapid", dialect(plate(rapid("9.0.0"))).unwrap());
}
