//! Bytes as a fuzzer makes them, read as what happens to a dialect.

use std::vec::Vec;

use simulated_units::Button;

/// The longest noise that one act puts on the wires.
const NOISE_MAX: usize = 40;
/// The nanoseconds of a millisecond.
const MS: u64 = 1_000_000;

/// What happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Act {
    /// So many milliseconds pass.
    Pass(u64),
    /// A session is armed.
    Prepare,
    /// The session of before warns.
    Warn,
    /// The session of before emits, its order told anew so often, every 50 ms.
    Emit(u64),
    /// The order is to be off.
    Off,
    /// Somebody stops the unit, whatever the order is.
    Stop,
    /// The port closes for so many milliseconds.
    Reopen(u64),
    /// Bytes that nobody sent.
    Noise(Vec<u8>),
    /// The next answer does not come as the unit sent it.
    Spoil(Spoil),
    /// An answer of before comes once more.
    Again(usize),
    /// What the unit says does not arrive, or does again.
    Deaf(bool),
    /// What is said to the unit does not arrive, or does again.
    Dumb(bool),
    /// What the unit says comes so many milliseconds later.
    Late(u64),
    /// A hand, a foot or a door.
    Press(Button, bool),
    /// The mains.
    Power(bool),
    /// The dialect is woken for nothing.
    Wake,
}

/// What a bad cable makes of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spoil {
    /// Some bits of one byte are others.
    Flip(usize, u8),
    /// It is lost.
    Drop,
    /// It comes twice.
    Twice,
    /// It ends early.
    Cut(usize),
    /// It comes in another order.
    Backwards,
    /// It begins late.
    Behead(usize),
    /// An answer of before comes in its place.
    Instead(usize),
}

/// Acts, one after the other, until the bytes are used up.
#[derive(Clone, Debug)]
pub(super) struct Script<'a>(&'a [u8]);

impl<'a> Script<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The next byte; zero behind the end.
    pub(super) fn byte(&mut self) -> u8 {
        let (first, rest) = self.0.split_first().unwrap_or((&0, &[]));
        self.0 = rest;
        *first
    }

    pub(super) fn small(&mut self) -> usize {
        usize::from(self.byte())
    }

    /// Some of the next bytes; fewer at the end.
    pub(super) fn bytes(&mut self, most: usize) -> &'a [u8] {
        let count = self.small().min(most).min(self.0.len());
        let (bytes, rest) = self.0.split_at(count);
        self.0 = rest;
        bytes
    }

    /// All that is left.
    pub(super) const fn rest(&self) -> &'a [u8] {
        self.0
    }

    pub(super) fn is_over(&self) -> bool {
        self.0.is_empty()
    }

    fn spoil(&mut self) -> Spoil {
        match self.byte() % 8 {
            0 | 1 => Spoil::Flip(self.small(), self.byte()),
            2 => Spoil::Drop,
            3 => Spoil::Twice,
            4 => Spoil::Cut(self.small()),
            5 => Spoil::Backwards,
            6 => Spoil::Behead(self.small()),
            _ => Spoil::Instead(self.small()),
        }
    }

    fn button(&mut self) -> (Button, bool) {
        let byte = self.byte();
        let (_, button) = Button::NAMES[usize::from(byte / 2) % Button::NAMES.len()];
        (button, byte % 2 == 1)
    }
}

impl Iterator for Script<'_> {
    type Item = Act;

    fn next(&mut self) -> Option<Act> {
        if self.is_over() {
            return None;
        }
        let act = match self.byte() % 18 {
            0 => Act::Pass(u64::from(self.byte()) + 1),
            1 => Act::Pass((u64::from(self.byte()) + 1) * 8),
            2 => Act::Prepare,
            3 => Act::Warn,
            4 | 5 => Act::Emit(u64::from(self.byte() % 32) + 1),
            6 => Act::Off,
            7 => Act::Stop,
            8 => Act::Reopen(u64::from(self.byte())),
            9 => Act::Noise(self.bytes(NOISE_MAX).to_vec()),
            10 | 11 => Act::Spoil(self.spoil()),
            12 => Act::Again(self.small()),
            13 => match self.byte() % 4 {
                on @ (0 | 1) => Act::Deaf(on == 1),
                on => Act::Dumb(on == 3),
            },
            14 => Act::Late(u64::from(self.byte())),
            15 => {
                let (button, on) = self.button();
                Act::Press(button, on)
            }
            16 => Act::Power(self.byte() % 2 == 1),
            _ => Act::Wake,
        };
        Some(act)
    }
}

impl Act {
    /// Appends the bytes that are read as this.
    ///
    /// # Panics
    /// If no byte says it: a seed that is none.
    pub(super) fn write(&self, bytes: &mut Vec<u8>) {
        let byte = |count: u64| u8::try_from(count).expect("a seed of bytes");
        match self {
            Self::Pass(millis @ 1..=256) => bytes.extend([0, byte(millis - 1)]),
            Self::Pass(millis) => bytes.extend([1, byte(millis.div_ceil(8) - 1)]),
            Self::Prepare => bytes.push(2),
            Self::Warn => bytes.push(3),
            Self::Emit(times) => bytes.extend([4, byte(times - 1)]),
            Self::Off => bytes.push(6),
            Self::Stop => bytes.push(7),
            Self::Reopen(millis) => bytes.extend([8, byte(*millis)]),
            Self::Noise(noise) => {
                bytes.extend([9, u8::try_from(noise.len()).expect("a seed of bytes")]);
                bytes.extend(noise);
            }
            Self::Spoil(spoil) => {
                bytes.push(10);
                spoil.write(bytes);
            }
            Self::Again(place) => bytes.extend([12, byte_of(*place)]),
            Self::Deaf(on) => bytes.extend([13, u8::from(*on)]),
            Self::Dumb(on) => bytes.extend([13, 2 + u8::from(*on)]),
            Self::Late(millis) => bytes.extend([14, byte(*millis)]),
            Self::Press(button, on) => {
                let place = Button::NAMES.iter().position(|(_, other)| other == button);
                bytes.extend([15, byte_of(place.expect("a button")) * 2 + u8::from(*on)]);
            }
            Self::Power(on) => bytes.extend([16, u8::from(*on)]),
            Self::Wake => bytes.push(17),
        }
    }
}

impl Spoil {
    fn write(self, bytes: &mut Vec<u8>) {
        match self {
            Self::Flip(place, bits) => bytes.extend([0, byte_of(place), bits]),
            Self::Drop => bytes.push(2),
            Self::Twice => bytes.push(3),
            Self::Cut(place) => bytes.extend([4, byte_of(place)]),
            Self::Backwards => bytes.push(5),
            Self::Behead(place) => bytes.extend([6, byte_of(place)]),
            Self::Instead(place) => bytes.extend([7, byte_of(place)]),
        }
    }
}

fn byte_of(count: usize) -> u8 {
    u8::try_from(count).expect("a seed of bytes")
}

/// So many milliseconds, in the nanoseconds of a line.
pub(super) const fn nanos(millis: u64) -> u64 {
    millis * MS
}
