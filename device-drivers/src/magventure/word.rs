//! Everything that can be said to a MagVenture.

use alloc::vec::Vec;

/// The ends of a frame.
pub(super) const BEGINS: u8 = 0xFE;
pub(super) const ENDS: u8 = 0xFF;
/// What a frame has beside its payload.
pub(super) const FRAME_BYTES: usize = 4;
/// The pages of single pulses and of trains.
pub(super) const PAGE_MAIN: u8 = 1;
pub(super) const PAGE_TIMING: u8 = 2;
/// One train at a time, so what would lie between two is of no use: a second.
const INTERVAL_TENTHS: u16 = 10;

/// One word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Word {
    /// Its status, of a unit that has to prove who it is.
    Identify,
    /// Its status.
    Status,
    /// The train that it is set to.
    Trains,
    Disable,
    Enable,
    /// Percent.
    Amplitude(u8),
    PageMain,
    PageTiming,
    /// One train.
    Train {
        /// Tenths of a hertz.
        rate: u16,
        pulses: u16,
    },
    /// Begins a train, or ends one.
    Start,
    /// One pulse.
    Pulse,
}

/// What is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Status,
    Trains,
    Amplitude,
    /// That a train runs, or what its first pulse was.
    Started,
    Pulse,
}

impl Answer {
    /// The bytes of the longest frame that may be it.
    pub(super) const fn frame_length(self) -> usize {
        FRAME_BYTES
            + match self {
                Self::Status => 15,
                Self::Trains => 14,
                // Others may come before it.
                Self::Amplitude | Self::Started | Self::Pulse => 4 * (4 + FRAME_BYTES),
            }
    }
}

impl Word {
    pub(super) const fn answer(self) -> Option<Answer> {
        match self {
            Self::Identify | Self::Status => Some(Answer::Status),
            Self::Trains => Some(Answer::Trains),
            Self::Amplitude(_) => Some(Answer::Amplitude),
            Self::Start => Some(Answer::Started),
            Self::Pulse => Some(Answer::Pulse),
            Self::Disable
            | Self::Enable
            | Self::PageMain
            | Self::PageTiming
            | Self::Train { .. } => None,
        }
    }

    pub(super) fn frame(self) -> Vec<u8> {
        let payload = self.payload();
        let mut frame = alloc::vec![BEGINS, u8::try_from(payload.len()).unwrap_or(u8::MAX)];
        frame.extend_from_slice(&payload);
        frame.extend_from_slice(&[crc8(&payload), ENDS]);
        frame
    }

    fn payload(self) -> Vec<u8> {
        match self {
            Self::Identify | Self::Status => alloc::vec![0x05],
            Self::Trains => alloc::vec![0x0B, 0],
            Self::Disable => alloc::vec![0x02, 0],
            Self::Enable => alloc::vec![0x02, 1],
            Self::Amplitude(percent) => alloc::vec![0x01, percent],
            Self::PageMain => alloc::vec![0x07, PAGE_MAIN, 0],
            Self::PageTiming => alloc::vec![0x07, PAGE_TIMING, 0],
            Self::Train { rate, pulses } => {
                let mut payload = alloc::vec![0x06];
                for value in [rate, pulses, 1, INTERVAL_TENTHS] {
                    payload.extend_from_slice(&value.to_be_bytes());
                }
                payload
            }
            Self::Start => alloc::vec![0x04],
            Self::Pulse => alloc::vec![0x03, 1],
        }
    }
}

/// The check byte of a payload: Dallas and Maxim.
pub(super) fn crc8(payload: &[u8]) -> u8 {
    crc::Crc::<u8>::new(&crc::CRC_8_MAXIM_DOW).checksum(payload)
}
