//! Consistent Overhead Byte Stuffing: takes every zero out of a frame, so that a zero can end it.

/// The longest run that one code byte can announce; longer runs do not occur in open-link.
const RUN_MAX: usize = 253;

/// The stuffed form of `frame`, or `None` if a run is longer than open-link allows.
pub(crate) fn encode(frame: &[u8]) -> Option<Vec<u8>> {
    let mut stuffed = Vec::with_capacity(frame.len() + 1);
    for run in frame.split(|&byte| byte == 0) {
        if run.len() > RUN_MAX {
            return None;
        }
        stuffed.push(u8::try_from(run.len() + 1).ok()?);
        stuffed.extend_from_slice(run);
    }
    Some(stuffed)
}

/// The frame in `stuffed`, or `None` if a code points past its end or a zero is inside.
pub(crate) fn decode(stuffed: &[u8]) -> Option<Vec<u8>> {
    let mut frame = Vec::with_capacity(stuffed.len());
    let mut rest = stuffed;
    while let Some((&code, after)) = rest.split_first() {
        let run = after.get(..usize::from(code.checked_sub(1)?))?;
        if run.contains(&0) {
            return None;
        }
        frame.extend_from_slice(run);
        rest = after.get(run.len()..)?;
        if !rest.is_empty() {
            frame.push(0);
        }
    }
    Some(frame)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn zeros_become_lengths() {
        let table: [(&[u8], &[u8]); 5] = [
            (&[], &[1]),
            (&[0], &[1, 1]),
            (&[0, 0], &[1, 1, 1]),
            (&[1, 2, 0, 3], &[3, 1, 2, 2, 3]),
            (&[1, 0], &[2, 1, 1]),
        ];
        for (frame, stuffed) in table {
            assert_eq!(encode(frame).as_deref(), Some(stuffed));
            assert_eq!(decode(stuffed).as_deref(), Some(frame));
        }
    }

    #[test]
    fn a_code_past_the_end_or_a_zero_inside_is_refused() {
        for bad in [&[2][..], &[5, 1, 2, 3], &[3, 1, 0], &[0], &[1, 0, 1]] {
            assert_eq!(decode(bad), None, "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn every_frame_survives_and_has_no_zero(frame in prop::collection::vec(0..4u8, 0..=200)) {
            let stuffed = encode(&frame).expect("short enough");
            prop_assert!(!stuffed.contains(&0));
            prop_assert_eq!(stuffed.len(), frame.len() + 1);
            prop_assert_eq!(decode(&stuffed), Some(frame));
        }

        #[test]
        fn noise_never_panics(noise in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = decode(&noise);
        }
    }
}
