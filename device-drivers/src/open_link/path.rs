//! How long the stop path of a unit takes at worst (open-link, section 8).

use safety::Nanos;

use crate::Budget;

use super::{OpenLink, agenda::FAST, codec::line_bytes, message::Kind, spoken::Spoken};

/// From the end of Off to no drive (open-link, section 8).
const ACT: Nanos = Nanos::from_millis(10);
/// What the pump of a line may add.
const PUMP: Nanos = Nanos::from_millis(2);
/// What a host says while a unit emits or is brought to it.
const COMMANDS: [Kind; 8] = [
    Kind::Identify,
    Kind::Capabilities,
    Kind::Status,
    Kind::Set,
    Kind::Warn,
    Kind::Enable,
    Kind::Renew,
    Kind::Off,
];

impl<M: Spoken> OpenLink<M> {
    /// The stop path: a frame in flight; Off, the fall of the output, a sample that was begun after
    /// it, and the Status that shows it.
    pub(super) fn stop_path(&self) -> Budget {
        let frame = |kind: Kind| self.bytes_time(line_bytes(kind.request_bytes::<M>()));
        let exchange = |kind: Kind| frame(kind).plus(self.answer(kind));
        let longest = COMMANDS.into_iter().map(frame).max().unwrap_or_default();
        let samples = self.plate.capability.sample.times(2);
        let off = frame(Kind::Off).plus(ACT).plus(M::FALL).plus(samples);
        let status = FAST.plus(exchange(Kind::Status));
        Budget {
            detect: self.plate.link,
            turn: longest.plus(PUMP),
            confirm: off.plus(status),
            lease: self.plate.lease,
        }
    }
}
