//! Conditions: the bits of a word, each with its polarity, in one vocabulary.

use alloc::vec::Vec;

use safety::Modality;

use crate::exchange::{Contact, Sense};

/// What a condition can mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// The unit holds itself on.
    Emission,
    /// It is ready to be turned on.
    Ready,
    /// A run goes on.
    Running,
    /// The door or remote interlock is closed.
    InterlockClosed,
    /// The key is on.
    Key,
    /// The footswitch is pressed.
    Footswitch,
    /// The applicator that the profile names is in place.
    Applicator,
    /// The emergency stop is pressed.
    EmergencyStop,
    /// A fault of the unit, as a bit of ours, up to 28.
    Fault(u8),
    /// A protection of the unit is switched off: a fault, so that the unit is never ready.
    ProtectionBypassed,
}

/// The highest bit that a profile may give to a fault; those above are ours.
pub(super) const FAULT_MAX: u8 = 28;
/// An entry was in the error queue.
pub(super) const ERROR_QUEUED: u32 = 1 << 29;
/// A bit was set that the profile does not know.
pub(super) const UNKNOWN_BIT: u32 = 1 << 30;
/// A protection is switched off.
pub(super) const BYPASSED: u32 = 1 << 31;

/// What the bits of a word mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// What is known of them.
    pub bits: Vec<StatusBit>,
    /// Bits that are known to mean nothing here.
    pub ignored: u32,
    /// What a bit means that is not known.
    pub unknown: Unknown,
}

/// What some bits of a word mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatusBit {
    /// Which bits.
    pub mask: u32,
    /// What they are when this holds.
    pub value: u32,
    /// What it means.
    pub sign: Sign,
    /// Whether the sign is true when this holds, or when it does not.
    pub when: bool,
}

/// What a bit means that is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// A fault.
    Fault,
    /// Nothing.
    Ignored,
}

impl Sign {
    /// The contact that it tells of.
    pub(super) const fn contact(self) -> Option<Contact> {
        match self {
            Self::InterlockClosed => Some(Contact::Interlock),
            Self::Key => Some(Contact::Key),
            Self::Footswitch => Some(Contact::Footswitch),
            Self::Applicator => Some(Contact::Applicator),
            Self::EmergencyStop => Some(Contact::EmergencyStop),
            Self::Emission | Self::Ready | Self::Running | Self::Fault(_) => None,
            Self::ProtectionBypassed => None,
        }
    }

    fn fault(self) -> Option<u32> {
        match self {
            Self::Fault(bit) => 1_u32.checked_shl(bit.into()),
            Self::ProtectionBypassed => Some(BYPASSED),
            Self::Emission
            | Self::Ready
            | Self::Running
            | Self::InterlockClosed
            | Self::Key
            | Self::Footswitch
            | Self::Applicator
            | Self::EmergencyStop => None,
        }
    }
}

impl Status {
    /// Whether one of its bits tells of this.
    pub(super) fn tells(&self, wanted: impl Fn(Sign) -> bool) -> bool {
        self.bits.iter().any(|bit| wanted(bit.sign))
    }

    /// Whether it tells of faults.
    pub(super) fn has_faults(&self) -> bool {
        self.unknown == Unknown::Fault || self.tells(|sign| sign.fault().is_some())
    }

    /// What `word` says. Faults go under the number `answer`.
    ///
    /// Where several bits tell of one thing, each permits by itself or none does, and each one that
    /// emits, runs or fails is enough.
    pub(super) fn read<M: Modality>(&self, word: u32, answer: usize, senses: &mut Vec<Sense<M>>) {
        let holds = |bit: &StatusBit| (word & bit.mask == bit.value) == bit.when;
        let of = |sign: Sign| self.bits.iter().filter(move |bit| bit.sign == sign);
        let any = |sign: Sign| of(sign).next().map(|_| of(sign).any(holds));
        let all = |sign: Sign| of(sign).next().map(|_| of(sign).all(holds));
        if let Some(on) = any(Sign::Emission) {
            senses.push(Sense::Enabled(on));
        }
        if let Some(ready) = all(Sign::Ready) {
            senses.push(Sense::Ready(ready));
        }
        if let Some(running) = any(Sign::Running) {
            senses.push(Sense::Running(running));
        }
        if let Some(pressed) = any(Sign::EmergencyStop) {
            senses.push(Sense::Contact(Contact::EmergencyStop, !pressed));
        }
        for sign in [Sign::InterlockClosed, Sign::Key, Sign::Footswitch, Sign::Applicator] {
            if let (Some(contact), Some(permits)) = (sign.contact(), all(sign)) {
                senses.push(Sense::Contact(contact, permits));
            }
        }
        if self.has_faults() {
            let known = self.bits.iter().fold(self.ignored, |all, bit| all | bit.mask);
            let unknown = self.unknown == Unknown::Fault && word & !known != 0;
            let faults = self.bits.iter().filter(|bit| holds(bit));
            let own = faults.filter_map(|bit| bit.sign.fault()).fold(0, |all, bit| all | bit);
            senses.push(Sense::Faults(answer, if unknown { own | UNKNOWN_BIT } else { own }));
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use safety::Laser;

    use super::*;

    const fn bit(place: u32, sign: Sign, when: bool) -> StatusBit {
        StatusBit { mask: 1 << place, value: 1 << place, sign, when }
    }

    fn read(status: &Status, word: u32) -> Vec<Sense<Laser>> {
        let mut senses = Vec::new();
        status.read(word, 0, &mut senses);
        senses
    }

    /// A word that mixes what is well and what is not, as the OsTech GS word does.
    fn mixed() -> Status {
        let bits = vec![
            bit(0, Sign::InterlockClosed, true),
            bit(2, Sign::Fault(0), false),
            bit(13, Sign::Fault(1), true),
            bit(14, Sign::Emission, true),
        ];
        Status { bits, ignored: 1 << 4, unknown: Unknown::Fault }
    }

    #[test]
    fn each_bit_has_its_polarity() {
        let well = read(&mixed(), 0b101);
        assert!(well.contains(&Sense::Contact(Contact::Interlock, true)));
        assert!(well.contains(&Sense::Faults(0, 0)));
        assert!(well.contains(&Sense::Enabled(false)));
        let ill = read(&mixed(), 1 << 13);
        assert!(ill.contains(&Sense::Contact(Contact::Interlock, false)));
        assert!(ill.contains(&Sense::Faults(0, 0b11)));
    }

    #[test]
    fn a_bit_that_nobody_knows_is_a_fault_unless_it_is_known_to_mean_nothing() {
        assert!(read(&mixed(), 0b101 | 1 << 4).contains(&Sense::Faults(0, 0)));
        assert!(read(&mixed(), 0b101 | 1 << 5).contains(&Sense::Faults(0, UNKNOWN_BIT)));
    }

    #[test]
    fn two_interlocks_permit_together_and_two_emissions_each() {
        let status = Status {
            bits: vec![
                bit(0, Sign::InterlockClosed, true),
                bit(1, Sign::InterlockClosed, true),
                bit(2, Sign::Emission, true),
                bit(3, Sign::Emission, true),
                bit(4, Sign::EmergencyStop, true),
                bit(5, Sign::ProtectionBypassed, true),
            ],
            ignored: 0,
            unknown: Unknown::Ignored,
        };
        let senses = read(&status, 0b10_0101);
        assert!(senses.contains(&Sense::Contact(Contact::Interlock, false)));
        assert!(senses.contains(&Sense::Enabled(true)));
        assert!(senses.contains(&Sense::Contact(Contact::EmergencyStop, true)));
        assert!(senses.contains(&Sense::Faults(0, BYPASSED)));
        let stopped = read(&status, 0b1_0011);
        assert!(stopped.contains(&Sense::Contact(Contact::EmergencyStop, false)));
        assert!(stopped.contains(&Sense::Enabled(false)));
    }
}
