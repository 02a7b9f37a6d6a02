//! What can be wrong with a board, and with the wires at its contacts.

use super::CHANNELS;
use crate::device::numbered;

/// What can be wrong with a board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RelayFault {
    /// The contact of this output stays closed.
    Welded(usize),
    /// The contact of this output stays open.
    Broken(usize),
    /// The wires of two outputs are exchanged.
    Swapped(usize, usize),
    /// The first output is also in a row with the second.
    Joined(usize, usize),
    /// It does what it is told, and answers nothing.
    Mute,
    /// It neither hears nor answers.
    Deaf,
    /// It answers so many milliseconds late.
    Late(u32),
    /// What is to close for a time closes for ever.
    IgnoresTiming,
    /// What is to open is answered, and stays as it is.
    IgnoresOff,
    /// One bit of each answer is flipped.
    Corrupt,
}

impl RelayFault {
    /// How a person types what is wrong, with contacts numbered as on the board, and what it does.
    pub const NAMES: [(&'static str, &'static str); 6] = [
        ("weld:contact", "this contact stays closed"),
        ("break:contact", "this contact stays open"),
        ("swap:contact,contact", "the wires of two contacts are exchanged"),
        ("join:contact,contact", "the first contact is also in a row with the second"),
        ("ignore-timing", "what is to close for a time closes for ever"),
        ("ignore-off", "what is to open is answered, and stays as it is"),
    ];

    /// What a person typed.
    pub fn named(words: &str) -> Option<Self> {
        let two = |word| {
            let (one, other) = words.strip_prefix(word)?.strip_prefix(':')?.split_once(',')?;
            let (one, other) = (contact(one.parse().ok()?)?, contact(other.parse().ok()?)?);
            (one != other).then_some((one, other))
        };
        let one = |word| numbered(words, word).and_then(contact);
        match words {
            "ignore-timing" => return Some(Self::IgnoresTiming),
            "ignore-off" => return Some(Self::IgnoresOff),
            _ => {}
        }
        let wired = one("weld").map(Self::Welded).or_else(|| one("break").map(Self::Broken));
        let swapped = || two("swap").map(|(one, other)| Self::Swapped(one, other));
        let joined = || two("join").map(|(one, other)| Self::Joined(one, other));
        wired.or_else(swapped).or_else(joined)
    }
}

/// The place of a contact, by its number on the board.
fn contact(number: usize) -> Option<usize> {
    (1..=CHANNELS).contains(&number).then(|| number - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contacts_are_numbered_as_on_the_board() {
        assert_eq!(RelayFault::named("weld:1"), Some(RelayFault::Welded(0)));
        assert_eq!(RelayFault::named("break:8"), Some(RelayFault::Broken(7)));
        assert_eq!(RelayFault::named("swap:1,2"), Some(RelayFault::Swapped(0, 1)));
        assert_eq!(RelayFault::named("join:2,1"), Some(RelayFault::Joined(1, 0)));
        assert_eq!(RelayFault::named("ignore-timing"), Some(RelayFault::IgnoresTiming));
        assert_eq!(RelayFault::named("ignore-off"), Some(RelayFault::IgnoresOff));
        for none in ["weld", "weld:0", "weld:9", "weld:x", "swap:1", "swap:1,1", "swap:1,9", "mute"]
        {
            assert_eq!(RelayFault::named(none), None, "{none}");
        }
    }
}
