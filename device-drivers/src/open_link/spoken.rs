//! What the machine has to know of a modality to speak with a unit of it.

use alloc::{boxed::Box, vec::Vec};
use core::fmt::Debug;

use safety::{Dose, Integral, Modality, Nanos};

use super::{
    capability::Capability,
    plate::{Plate, PlateError},
};
use crate::Dialect;

/// A modality that open-link has payloads for.
pub trait Spoken: Modality {
    /// What only units of this modality say of themselves.
    type Own: Copy + Debug + Eq;

    /// The modality on the wire.
    const CODE: u8;
    /// The length of a level in Set and in Status (open-link, section 7.4).
    const LEVEL_BYTES: usize;
    /// The length of the capability record (open-link, section 7.2).
    const RECORD_BYTES: usize;
    /// The longest lease of a unit (open-link, section 7.2).
    const LEASE_MAX: Nanos;
    /// From an Off to output below 2 % of the level, at worst (open-link, section 8; PEM-08).
    const FALL: Nanos;

    /// A dialect for the unit of `plate`, its port closed. It is made here and nowhere else, so that
    /// a test that speaks for hours of virtual time has it as fast as released.
    ///
    /// # Errors
    /// What no unit can be, and is therefore wrong in the profile.
    fn dialect(plate: Plate<Self>) -> Result<Box<dyn Dialect<Self> + Send>, PlateError>;

    /// Whether units may emit without a gate.
    fn continuous(own: &Self::Own) -> bool;

    /// Names the first field of `own` that cannot be.
    ///
    /// # Errors
    /// The name of that field.
    fn validate(own: &Self::Own) -> Result<(), &'static str>;

    /// Writes `own` as the end of a capability record.
    fn encode_own(own: &Self::Own, out: &mut Vec<u8>);

    /// `level` rounded down to what the unit can do, if it can be told this at all (COM-09).
    fn exact(level: Self::Level, capability: &Capability<Self>) -> Option<Self::Level>;

    /// Writes `level` as in Set.
    fn encode_level(level: Self::Level, out: &mut Vec<u8>);

    /// Reads a level as in Status; `None` if it is none.
    fn decode_level(bytes: &[u8]) -> Option<Self::Level>;

    /// The preset of `dose` on the wire: in mJ or µT·s, and in ms. `None` if it is not a whole
    /// number of them or cannot be said: a preset is never rounded (DOS-06).
    fn encode_preset(dose: Self::Dose) -> Option<(u32, u32)>;

    /// The dose of a preset on the wire.
    fn decode_preset(quantity: u32, millis: u32) -> Self::Dose;

    /// A unit's own count of µJ or nT·s, or the largest if it does not fit.
    fn counter(count: u64) -> <Self::Output as safety::Output>::Integral {
        Integral::from_count(count.saturating_mul(MICRO))
    }
}

/// One mJ in pJ, one µT·s in fT·s.
const MILLI: u64 = 1_000_000_000;
/// One µJ in pJ, one nT·s in fT·s.
const MICRO: u64 = 1_000_000;
/// The longest preset time, in milliseconds (open-link, section 7.4).
const PRESET_MILLIS_MAX: u32 = 5_400_000;

/// The preset of any dose that adds up over time.
pub(super) fn encode_preset<Q: Integral>(dose: Dose<Q>) -> Option<(u32, u32)> {
    let quantity = whole(dose.quantity.count(), MILLI)?;
    let millis = whole(dose.time.get(), MICRO)?;
    (millis <= PRESET_MILLIS_MAX).then_some((quantity, millis))
}

/// The dose of any preset.
pub(super) fn decode_preset<Q: Integral>(quantity: u32, millis: u32) -> Dose<Q> {
    Dose {
        quantity: Q::from_count(u64::from(quantity).saturating_mul(MILLI)),
        time: Nanos::from_millis(u64::from(millis)),
    }
}

/// How many `units` `count` is, if it is a whole number of them above zero that fits.
fn whole(count: u64, unit: u64) -> Option<u32> {
    let whole = count.checked_div(unit).filter(|whole| whole.saturating_mul(unit) == count)?;
    u32::try_from(whole).ok().filter(|whole| *whole != 0)
}
