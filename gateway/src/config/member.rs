//! Reads the file of a unit whose family is described by a profile (`dialect` is `ascii-line` or
//! `modbus-rtu`): which profile, which of its models, and what the profile cannot know.

use std::{ops::Range, sync::Arc};

use device_drivers::{
    Dialect,
    open_link::Secret,
    profile::{
        LaserLevels, Lease as FamilyLease, Means, PemfLevels, Plate, Profile as FamilyProfile,
        ReadBack as FamilyReadBack, Steps, Told, Wire,
    },
};
use safety::{
    ApplicatorCode, Drive, Flux, Laser, Limits, Nanos, Output, Pace, Pemf, PemfUnit, Permille,
    Power, PowerCurve, Slew, Span, Terms, Timing, Waveform, Waveforms,
};
use toml::Spanned;

use super::{
    capability,
    contradiction::highest_ceiling,
    diode::{self, Beam},
    families::Families,
    laser,
    lease::Lease,
    library::Library,
    link,
    mistake::Kind,
    pemf, plate,
    profile::Common,
    sign_off::Signable,
    speech::{self, Peer, Speech, SpeechError},
    table::Table,
    unit::{Profile, ReadBack, Watched},
};
use crate::directory::Modality;

/// What the file of a unit says of its family.
pub(super) struct Member {
    at: Range<usize>,
    name: String,
    profile: FamilyProfile,
    variant: String,
    /// The profile is of registers.
    registers: bool,
}

/// Reads which family a unit is of.
pub(super) fn of(root: &Table<'_>, families: &Families, registers: bool) -> Option<Member> {
    let name = root.name("profile");
    let variant = root.maybe_text("variant");
    let name = name?;
    let profile = families.find(root, &name)?.profile.clone();
    let variant = variant.map(Spanned::into_inner).unwrap_or_default();
    let at = name.span();
    let name = name.into_inner();
    Some(Member { at, name, profile, variant, registers })
}

/// Reads a laser of a family.
pub(super) fn laser(
    root: &Table<'_>,
    common: Option<Common>,
    library: &Library,
    member: Option<Member>,
) -> Option<Profile> {
    let off_below = root.whole("off_below_milliwatts", 1..=u64::from(u32::MAX));
    let capability = root.table("capability").and_then(diode::capability);
    let levels = light(root);
    let hazard = root.table("hazard").and_then(laser::hazard);
    let timing = diode::times(root, library.laser_timing);
    let (common, member) = (common?, member?);
    laser::interlocked(root, &common);
    let (capability, hazard, timing) = (capability?, hazard?, timing?);
    let off = Power::from_count(u32::try_from(off_below?.into_inner()).ok()?);
    let (levels, step, curve) = match levels? {
        Light::Driven(curve, dark) => {
            diode::within(root, &capability, &curve);
            (LaserLevels::Driven { curve, dark }, None, Some(curve))
        }
        Light::Watts(step, uncertainty) => {
            let power = Steps {
                least: capability.least.milliwatts(),
                most: capability.most.milliwatts(),
                step: step.milliwatts(),
            };
            (LaserLevels::Watts { power, uncertainty }, Some(step), None)
        }
    };
    let pace = pace(&member.profile);
    let speech = member.speech::<Laser>(root, &common, levels, timing, off)?;
    let beam = Beam { capability, step, curve, hazard, timing, off, pace };
    Some(beam.watched(&common, library, speech))
}

/// How a laser is told its power.
enum Light {
    /// As a drive, with what a meter showed; below the second nothing is seen, in microamperes.
    Driven(PowerCurve, u32),
    /// In watts: in which step, and how much its own meter may show too little.
    Watts(Power, Permille),
}

/// `[calibration]` of a laser that is told a current, or `[watts]` of one that keeps its power.
fn light(root: &Table<'_>) -> Option<Light> {
    if root.has("calibration") {
        if let Some(table) = root.maybe_table("watts") {
            let what = "`[watts]` and `[calibration]` both say how its power is told";
            let fix = "delete [calibration] if it is told watts, [watts] if it is told a current";
            root.page().wrong(Kind::Contradiction, table.at(), what, fix);
            return None;
        }
        let table = root.table("calibration")?;
        let (curve, dark) =
            (diode::calibration(&table), diode::current(&table, "dark_milliamperes"));
        table.finish();
        return Some(Light::Driven(curve?, dark.map(Drive::count)?));
    }
    let table = root.table("watts")?;
    let step = table.whole("step_milliwatts", 1..=100_000);
    let uncertainty = table.whole("uncertainty_permille", 0..=UNCERTAINTY_MOST);
    table.finish();
    Some(Light::Watts(Power::from_milliwatts(small(&step?)?), share(&uncertainty?)?))
}

/// Reads a coil of a family.
pub(super) fn pemf(
    root: &Table<'_>,
    common: Option<Common>,
    library: &Library,
    member: Option<Member>,
) -> Option<Profile> {
    let off_below = root.whole("off_below_microteslas", 1..=u64::from(u32::MAX));
    let levels = field(root);
    let hazard = root.table("hazard").and_then(pemf::hazard);
    let timing = diode::times(root, library.pemf_timing);
    let warm = member.as_ref().is_some_and(|member| {
        member.profile.polls.iter().any(|poll| matches!(poll.means, Means::Temperature(_)))
    });
    // A coil whose temperature nobody reads has none that could be too high.
    let coil = if warm { root.table("coil").and_then(pemf::coil).map(Some) } else { Some(None) };
    let (common, member) = (common?, member?);
    let (levels, hazard, timing, coil) = (levels?, hazard?, timing?, coil?);
    let off_below = Flux::from_count(u32::try_from(off_below?.into_inner()).ok()?);
    let unit = coil_unit(root, &levels, common.plate.applicator)?;
    let terms = Terms {
        pace: pace(&member.profile),
        frozen: None,
        timing,
        lease: Nanos::from_millis(*common.lease.get_ref()),
        rise: Nanos::from_millis(*common.rise.get_ref()),
        off_below,
        second_enable: *common.contacts.footswitch.get_ref() != plate::Wire::None,
        coil,
    };
    let speech = member.speech::<Pemf>(root, &common, levels, timing, off_below)?;
    let limits = Limits { library: library.pemf, unit, tail: terms.tail() };
    let watched = Watched { terms, limits, plate: common.plate.shown(), speech };
    Some(Profile::Pemf(Box::new(watched), hazard))
}

/// What a coil can be told, and what a meter showed of it.
fn field(root: &Table<'_>) -> Option<PemfLevels> {
    let levels = root.table("capability").and_then(|table| {
        let waveforms = [
            ("sine", Waveform::Sine),
            ("rectangular", Waveform::Rectangular),
            ("triangular", Waveform::Triangular),
        ];
        let waveform = table.word("waveform", &waveforms);
        let slew = table.whole("slew_us", 1..=10_000_000);
        let all = 1..=u64::from(u32::MAX);
        let frequency = capability::span(
            &table,
            "frequency_min_millihertz",
            "frequency_max_millihertz",
            all.clone(),
        );
        let frequency_step = table.whole("frequency_step_millihertz", all);
        let duty = capability::span(&table, "duty_min_permille", "duty_max_permille", 1..=1_000);
        let duty_step = table.whole("duty_step_permille", 1..=1_000);
        table.finish();
        let slew = Slew::from_micros(small(&slew?)?);
        let frequency = steps(frequency?, frequency_step?)?;
        Some((waveform?.into_inner(), slew, frequency, steps(duty?, duty_step?)?))
    });
    let table = root.table("calibration")?;
    let all = 1..=u64::from(u32::MAX);
    let _measured_by = table.text("measured_by");
    let amount = capability::span(&table, "amount_min", "amount_max", all.clone());
    let step = table.whole("amount_step", all.clone());
    let at = table.whole("at_amount", all.clone());
    let flux = table.whole("flux_microteslas", all);
    let dark = table.whole("dark_amount", 0..=u64::from(u32::MAX));
    let uncertainty = table.whole("uncertainty_permille", 0..=UNCERTAINTY_MOST);
    table.finish();
    let (waveform, slew, frequency, duty) = levels?;
    Some(PemfLevels {
        amount: steps(amount?, step?)?,
        at: small(&at?)?,
        flux: Flux::from_microteslas(small(&flux?)?),
        uncertainty: share(&uncertainty?)?,
        dark: small(&dark?)?,
        frequency,
        duty,
        waveform,
        slew,
    })
}

/// The facts of the coil, as limits need them.
fn coil_unit(root: &Table<'_>, levels: &PemfLevels, applicator: u16) -> Option<PemfUnit> {
    let wrong = |what: String, fix: &str| {
        root.page().wrong(Kind::Contradiction, root.at(), what, fix);
        None
    };
    let flux = |amount: u32| {
        let product = u64::from(amount).checked_mul(levels.flux.microteslas().into())?;
        let whole = product.checked_rem(levels.at.into())? == 0;
        let flux = u32::try_from(product.checked_div(levels.at.into())?).ok()?;
        Some((Flux::from_microteslas(flux), whole))
    };
    let (step, whole) = flux(levels.amount.step)?;
    if !whole {
        let what = "`calibration.amount_step` makes no whole number of microteslas".to_owned();
        return wrong(what, "give a step whose field is one, a multiple of the unit's own");
    }
    let (least, most) = (flux(levels.amount.least)?.0, flux(levels.amount.most)?.0);
    let ceiling = highest_ceiling(Modality::Pemf);
    if ceiling < u64::from(most.microteslas()) {
        let what = format!(
            "`calibration.amount_max` makes {} µT, beyond the compiled ceiling of {ceiling} µT",
            most.microteslas()
        );
        return wrong(what, "lower it; no file raises a ceiling");
    }
    let share = |count: u32| Permille::new(u16::try_from(count).ok()?);
    let hertz = safety::Frequency::from_millihertz;
    let Steps { least: low, most: high, step: frequency } = levels.frequency;
    Some(PemfUnit {
        flux: Some(Span { least, most }),
        flux_step: Some(step),
        frequency: Some(Span { least: hertz(low), most: hertz(high) }),
        frequency_step: Some(hertz(frequency)),
        duty: Some(Span { least: share(levels.duty.least)?, most: share(levels.duty.most)? }),
        duty_step: share(levels.duty.step),
        slew: Some(levels.slew),
        slew_step: Some(levels.slew),
        waveforms: Waveforms {
            sine: levels.waveform == Waveform::Sine,
            rectangular: levels.waveform == Waveform::Rectangular,
            triangular: levels.waveform == Waveform::Triangular,
        },
        applicator: Some(ApplicatorCode(u32::from(applicator))),
        calibration_days: None,
    })
}

/// Whether its emission comes in runs that nothing breaks off.
fn pace(profile: &FamilyProfile) -> Pace {
    match &profile.chunk {
        Some(chunk) => Pace::Chunks { length: Nanos::from_secs(chunk.most_seconds.into()) },
        None => Pace::Continuous,
    }
}

impl Member {
    /// How the unit is spoken with. `None` if it cannot be, or must not; why, was noted.
    fn speech<M: Told>(
        self,
        root: &Table<'_>,
        common: &Common,
        levels: M::Levels,
        timing: Timing,
        off_below: M::Output,
    ) -> Option<Arc<dyn Speech<M>>>
    where
        M::Levels: Send + Sync + 'static,
        M::Output: Send + Sync,
    {
        let (at, name) = (self.at.clone(), self.name.clone());
        let wrong = |what: String, fix: &str| {
            root.page().wrong(Kind::Contradiction, at.clone(), what, fix);
        };
        self.runs_within(root, common, &timing, M::LEASE_MOST)?;
        let profile = self.agreed(root, common)?;
        let plate = Plate::<M> {
            profile,
            variant: self.variant,
            serial: common.plate.serial.clone(),
            firmware: common.plate.firmware.clone(),
            levels,
            poll: timing.poll,
            link: timing.link,
            off_below,
            relay: *common.lease_by.get_ref() == Lease::Relay,
        };
        if let Err(error) = spoken(&plate) {
            wrong(format!("no unit of `{name}` can be this: {error}"), "mend it");
            return None;
        }
        let reasons = plate.reasons();
        if let Some(first) = reasons.first() {
            let more = match reasons.len().saturating_sub(1) {
                0 => String::new(),
                more => format!(", and {more} more"),
            };
            let what = format!("a unit of `{name}` is not started: {first}{more}");
            let fix = "put a relay into its supply and write `lease_by = \"relay\"`; `check` lists every \
                       reason";
            wrong(what, fix);
            return None;
        }
        Some(speech::shared(plate))
    }

    /// Notes runs that outlast what its modality may emit after our last byte, what the unit's file
    /// says of that, or the time within which a unit has to be heard. `None` if any does.
    fn runs_within(
        &self,
        root: &Table<'_>,
        common: &Common,
        timing: &Timing,
        most: Nanos,
    ) -> Option<()> {
        let Some(chunk) = &self.profile.chunk else { return Some(()) };
        let (run, name) = (Nanos::from_secs(chunk.most_seconds.into()), &self.name);
        let wrong = |at: Range<usize>, what: String, fix: String| {
            root.page().wrong(Kind::Contradiction, at, what, fix);
            None
        };
        if most < run {
            let what = format!(
                "a run of `{name}` takes {} ms, and nothing of this modality may emit for more than \
                 {} ms after our last byte",
                run.millis(),
                most.millis()
            );
            let fix =
                format!("shorten `chunk.most_seconds` in profiles/{name}.toml, or do without");
            return wrong(self.at.clone(), what, fix);
        }
        if *common.lease.get_ref() < run.millis() {
            let what = format!("a run of `{name}` outlasts `lease_ms`: nothing interrupts it");
            return wrong(common.lease.span(), what, format!("give at least {}", run.millis()));
        }
        if timing.link <= chunk.command.within {
            let at = root.maybe_table("timing").map_or_else(|| root.at(), |table| table.at());
            let what = format!(
                "`link_ms` is {}, and a unit of `{name}` says nothing for up to {} ms in each run",
                timing.link.millis(),
                chunk.command.within.millis()
            );
            let fix =
                "raise `timing.link_ms` of this unit, or each run would end in `link_silence`";
            return wrong(at, what, fix.to_owned());
        }
        Some(())
    }

    /// The profile with what the unit's file decides. What contradicts it is noted.
    fn agreed(&self, root: &Table<'_>, common: &Common) -> Option<FamilyProfile> {
        let before = root.page().mistakes.count();
        let Self { name, profile, .. } = self;
        let wrong = |at: Range<usize>, what: String, fix: String| {
            root.page().wrong(Kind::Contradiction, at, what, fix);
        };
        if matches!(profile.wire, Wire::Registers(_)) != self.registers {
            let right = if self.registers { "ascii-line" } else { "modbus-rtu" };
            let what = format!("the profile `{name}` is of another dialect");
            wrong(self.at.clone(), what, format!("write `dialect = \"{right}\"`"));
        }
        let line = &profile.link;
        let own = (line.baud, link::Parity::of(line.parity), line.stop_bits, line.data_bits);
        let read = (common.link.baud, common.link.parity, common.link.stop_bits, 8);
        if own != read {
            let (baud, parity, stop, data) = own;
            let what = format!("the profile `{name}` has another line than `[link]`");
            let fix = format!(
                "it has {baud} bit/s, {data} data bits, parity {}, {stop} stop bits",
                parity.word()
            );
            wrong(self.at.clone(), what, fix);
        }
        let known = match profile.read_back {
            FamilyReadBack::None => ReadBack::None,
            FamilyReadBack::Derived => ReadBack::Derived,
            FamilyReadBack::Measured => ReadBack::Measured,
        };
        if known != *common.read_back.get_ref() {
            let what = format!("the profile `{name}` knows the output otherwise than `read_back`");
            let fix = match known {
                ReadBack::None => {
                    "it reads nothing back: put a relay into its supply, and write \"none\""
                }
                ReadBack::Derived => "its output is derived: write \"derived\"",
                ReadBack::Measured => "its output is measured",
            };
            wrong(common.read_back.span(), what, fix.to_owned());
        }
        let lease = self.lease(root, common);
        let agreed = root.page().mistakes.count() == before;
        let mut wire = profile.wire.clone();
        if let (Wire::Registers(registers), Some(address)) = (&mut wire, common.link.address) {
            registers.address = address;
        }
        agreed.then(|| FamilyProfile { lease, wire, ..profile.clone() })
    }

    /// The lease that the unit's file names. One that a unit of the profile does not have is noted.
    fn lease(&self, root: &Table<'_>, common: &Common) -> FamilyLease {
        let Self { name, profile, .. } = self;
        let wrong = |at: Range<usize>, what: String, fix: String| {
            root.page().wrong(Kind::Contradiction, at, what, fix);
        };
        let (by, least, source) = match profile.lease {
            FamilyLease::Watchdog(time, source) => (Lease::Watchdog, time, source),
            FamilyLease::Preset(time, source) => (Lease::Preset, time, source),
            FamilyLease::Chunk(time, source) => (Lease::Chunk, time, source),
            FamilyLease::Relay(time, source) => (Lease::Relay, time, source),
        };
        let (named, time) =
            (*common.lease_by.get_ref(), Nanos::from_millis(*common.lease.get_ref()));
        // A relay is the clinic's, whatever else the unit has, and as fast as its board.
        if named != Lease::Relay && named != by {
            let what = format!("a unit of `{name}` has another lease than `{}`", named.word());
            let fix = match by {
                Lease::Relay => "write \"relay\"".to_owned(),
                Lease::Watchdog | Lease::Preset | Lease::Chunk => {
                    format!("write \"{}\" or \"relay\"", by.word())
                }
            };
            wrong(common.lease_by.span(), what, fix);
        }
        if named != Lease::Relay && named == by && time < least {
            let what = format!("`lease_ms` is shorter than the profile `{name}` has it");
            wrong(common.lease.span(), what, format!("give at least {}", least.millis()));
        }
        match named {
            Lease::Watchdog => FamilyLease::Watchdog(time, source),
            Lease::Preset => FamilyLease::Preset(time, source),
            Lease::Chunk => FamilyLease::Chunk(time, source),
            Lease::Relay => FamilyLease::Relay(time, source),
        }
    }
}

pub(super) fn spoken<M: Told>(plate: &Plate<M>) -> Result<Box<dyn Dialect<M> + Send>, SpeechError> {
    let plate = plate.clone();
    match plate.profile.wire {
        Wire::Lines(_) => device_drivers::ascii_line::dialect(plate),
        Wire::Registers(_) => device_drivers::modbus_rtu::dialect(plate),
    }
    .map_err(SpeechError::new)
}

impl<M: Told> Speech<M> for Plate<M>
where
    M::Levels: Send + Sync,
    M::Output: Send + Sync,
{
    fn dialect(&self, _: Secret) -> Result<Box<dyn Dialect<M> + Send>, SpeechError> {
        spoken(self)
    }

    fn shows_interlock(&self) -> bool {
        self.profile.shows_interlock()
    }

    /// Three families are simulated. In the place of another stands a unit of ours, which proves to
    /// be another and stays locked.
    fn peer(&self) -> Peer {
        match self.profile.name.as_str() {
            "cobolt" => Peer::Cobolt(self.serial.clone()),
            "freepemf" => Peer::FreePemf,
            "riden-rd60xx" => {
                Peer::Riden { variant: self.variant.clone(), serial: self.serial.clone() }
            }
            _ => Peer::OpenLink(self.serial.clone()),
        }
    }

    fn address(&self) -> Option<u8> {
        match &self.profile.wire {
            Wire::Lines(_) => None,
            Wire::Registers(registers) => Some(registers.address),
        }
    }

    fn signable(&self) -> Signable {
        Signable { facts: self.unverified(), revision: Some(self.profile.revision.clone()) }
    }

    fn above(&self) -> Option<Permille> {
        Some(M::uncertainty(&self.levels))
    }
}

fn steps((least, most): (Spanned<u64>, Spanned<u64>), step: Spanned<u64>) -> Option<Steps> {
    Some(Steps { least: small(&least)?, most: small(&most)?, step: small(&step)? })
}

fn small(count: &Spanned<u64>) -> Option<u32> {
    u32::try_from(*count.get_ref()).ok()
}

fn share(count: &Spanned<u64>) -> Option<Permille> {
    Permille::new(u16::try_from(*count.get_ref()).ok()?)
}

/// A calibration that may be further off would be mistaken for a deviation, which is warned of from
/// 10 % (LAS-10).
const UNCERTAINTY_MOST: u64 = 80;
