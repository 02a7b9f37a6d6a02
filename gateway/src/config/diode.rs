//! Reads what the profiles of lasers have in common that are a diode behind a driver.
//!
//! Such a unit is told a current, a prescription is in watts: the profile has the curve that a meter
//! showed, when, by whom and for how long it holds.

use std::sync::Arc;

use safety::{
    CurveError, Drive, Laser, LaserUnit, Limits, Line, MixRange, Nanos, Output, POINTS_MAX, Pace,
    Permille, Power, PowerCurve, Span, Terms, Timing, WAVELENGTHS_MAX, Wavelength,
};
use toml::Spanned;

use super::{
    capability,
    contradiction::highest_ceiling,
    laser,
    library::Library,
    mistake::Kind,
    plate::Wire,
    profile::Common,
    speech::Speech,
    table::Table,
    unit::{LaserHazard, Profile, Watched},
};
use crate::directory::Modality;

/// What a dialect needs to know of a diode.
pub(super) struct Diode {
    /// Which power it emits at which drive.
    pub(super) curve: PowerCurve,
    /// The times that the unit is watched by.
    pub(super) timing: Timing,
    /// Output below this is none.
    pub(super) off_below: Power,
}

/// Reads a laser that is a diode behind a driver. What only its dialect has is read by `speech`.
pub(super) fn read(
    root: &Table<'_>,
    common: Option<Common>,
    library: &Library,
    speech: impl FnOnce(&Common, &Diode) -> Option<Arc<dyn Speech<Laser>>>,
) -> Option<Profile> {
    let off_below = root.whole("off_below_milliwatts", 1..=u64::from(u32::MAX));
    let capability = root.table("capability").and_then(capability);
    let curve = root.table("calibration").and_then(|table| {
        let curve = calibration(&table);
        table.finish();
        curve
    });
    let hazard = root.table("hazard").and_then(laser::hazard);
    let timing = times(root, library.laser_timing);
    let common = common?;
    laser::interlocked(root, &common);
    let (off_below, capability, hazard, timing) = (off_below?, capability?, hazard?, timing?);
    let curve = curve?;
    within(root, &capability, &curve);
    let off = Power::from_count(u32::try_from(*off_below.get_ref()).ok()?);
    let diode = Diode { curve, timing, off_below: off };
    let speech = speech(&common, &diode)?;
    let pace = Pace::Continuous;
    let beam = Beam { capability, step: None, curve: Some(curve), hazard, timing, off, pace };
    Some(beam.watched(&common, library, speech))
}

/// What is known of a laser of one wavelength.
pub(super) struct Beam {
    pub(super) capability: Capability,
    /// In which step its power is told, if it is told watts.
    pub(super) step: Option<Power>,
    /// Which power it emits at which drive, if it is told a current.
    pub(super) curve: Option<PowerCurve>,
    pub(super) hazard: LaserHazard,
    pub(super) timing: Timing,
    /// Output below this is none.
    pub(super) off: Power,
    pub(super) pace: Pace,
}

impl Beam {
    /// The laser as it is watched.
    pub(super) fn watched(
        self,
        common: &Common,
        library: &Library,
        speech: Arc<dyn Speech<Laser>>,
    ) -> Profile {
        let Self { capability, step, curve, hazard, timing, off, pace } = self;
        let rise = Nanos::from_millis(*common.rise.get_ref());
        let terms = Terms {
            pace,
            // A driver that keeps what it was told may show one number for as long as it likes.
            frozen: None,
            timing,
            lease: Nanos::from_millis(*common.lease.get_ref()),
            rise,
            off_below: off,
            second_enable: *common.contacts.footswitch.get_ref() != Wire::None,
            coil: None,
        };
        let unit = LaserUnit {
            power: Some(Span { least: capability.least, most: capability.most }),
            power_step: step,
            curve,
            peak_power: Some(capability.line.most),
            lines: {
                let mut lines = [None; WAVELENGTHS_MAX];
                lines.iter_mut().take(1).for_each(|line| *line = Some(capability.line));
                lines
            },
            mix: Permille::new(1).map(|step| MixRange::Free { step }),
            continuous: true,
            gate: None,
            rise: Some(rise),
            optical_density: Some(hazard.eyewear),
            calibration_days: None,
        };
        let limits = Limits { library: library.laser, unit, tail: terms.tail() };
        let watched = Watched { terms, limits, plate: common.plate.shown(), speech };
        Profile::Laser(Box::new(watched), hazard)
    }
}

/// What the diode can do, and where its greatest power stands.
pub(super) struct Capability {
    pub(super) least: Power,
    pub(super) most: Power,
    line: Line,
    at: Spanned<u64>,
}

pub(super) fn capability(table: Table<'_>) -> Option<Capability> {
    let level = capability::span(
        &table,
        "power_min_milliwatts",
        "power_max_milliwatts",
        1..=highest_ceiling(Modality::Laser),
    );
    let wavelength = table.whole("nanometres", 400..=1_400);
    table.finish();
    let (least, most) = level?;
    let power =
        |count: &Spanned<u64>| u32::try_from(*count.get_ref()).ok().map(Power::from_milliwatts);
    let wavelength = u16::try_from(wavelength?.into_inner()).ok()?;
    let highest = power(&most)?;
    let line = Line { wavelength: Wavelength::from_nanometres(wavelength), most: highest };
    Some(Capability { least: power(&least)?, most: highest, line, at: most })
}

/// The curve that a meter showed (LAS-11, CFG-08). Its dates are those of the plate.
pub(super) fn calibration(table: &Table<'_>) -> Option<PowerCurve> {
    let step = table.whole("step_microamperes", 1..=STEP_MOST);
    let uncertainty = table.whole("uncertainty_permille", 0..=UNCERTAINTY_MOST);
    let measured_by = table.text("measured_by");
    let mut points = Vec::new();
    let mut spans = Vec::new();
    let mut is_whole = true;
    for point in table.tables("point") {
        let drive = point.whole("milliamperes", 0..=CURRENT_MOST);
        let power = point.whole("milliwatts", 0..=u64::from(u32::MAX));
        spans.push(point.at());
        match (drive, power) {
            (Some(drive), Some(power)) => points.push((
                Drive::from_count(u32::try_from(drive.get_ref().saturating_mul(1_000)).ok()?),
                Power::from_milliwatts(u32::try_from(*power.get_ref()).ok()?),
            )),
            (Some(_) | None, _) => is_whole = false,
        }
        point.finish();
    }
    let (step, uncertainty, _measured_by) = (step?, uncertainty?, measured_by?);
    if !is_whole || points.is_empty() {
        return None;
    }
    let drive = Drive::from_count(u32::try_from(*step.get_ref()).ok()?);
    let share = Permille::new(u16::try_from(*uncertainty.get_ref()).ok()?)?;
    match PowerCurve::new(&points, drive, share) {
        Ok(curve) => Some(curve),
        Err(CurveError::Count | CurveError::Step) => {
            let what = format!(
                "a calibration has 2 to {POINTS_MAX} points, and here are {}",
                points.len()
            );
            let fix =
                "measure the least and the greatest power that is prescribed, and some between";
            table.page().wrong(Kind::Range, table.at(), what, fix);
            None
        }
        Err(CurveError::Falls(index)) => {
            let at = spans.get(index).cloned().unwrap_or_else(|| table.at());
            let what = "this point is not above the one before, in current and in power";
            let fix =
                "list the points as they rise; where the power falls, the diode is driven too hard";
            table.page().wrong(Kind::Contradiction, at, what, fix);
            None
        }
    }
}

/// Notes a power that nobody measured.
pub(super) fn within(root: &Table<'_>, capability: &Capability, curve: &PowerCurve) {
    let points = curve.points();
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return };
    if capability.least < first.1 || last.1 < capability.most {
        let (first, last) = (first.1.milliwatts(), last.1.milliwatts());
        let what = format!("the calibration goes from {first} to {last} mW, and this goes beyond");
        root.wrong(&capability.at, Kind::Contradiction, what, "measure there, or prescribe less");
    }
}

/// A current in whole milliamperes.
pub(super) fn current(table: &Table<'_>, key: &'static str) -> Option<Drive> {
    let current = table.whole(key, 0..=CURRENT_MOST)?;
    u32::try_from(current.into_inner().saturating_mul(1_000)).ok().map(Drive::from_count)
}

/// A time of up to `most` milliseconds.
pub(super) fn time(table: &Table<'_>, key: &'static str, most: u64) -> Option<Nanos> {
    table.whole(key, 0..=most).map(|millis| Nanos::from_millis(millis.into_inner()))
}

/// The times of the clinic's limits, and those that this unit needs to be other (`[timing]`). What
/// comes of them is held against the bound of the modality like every unit's.
pub(super) fn times(root: &Table<'_>, clinic: Timing) -> Option<Timing> {
    let Some(table) = root.maybe_table("timing") else { return Some(clinic) };
    let maybe = |key, clinic: Nanos, most: Nanos| {
        let read = table.maybe_whole(key, clinic.millis()..=most.millis())?;
        Some(read.map_or(clinic, |millis| Nanos::from_millis(millis.into_inner())))
    };
    let poll = maybe("poll_ms", clinic.poll, clinic.poll.times(3));
    let link = maybe("link_ms", clinic.link, clinic.link.times(2));
    // A stop that is not proven opens the relay at the clinic's time, whatever the unit needs.
    let confirm = maybe("confirm_ms", clinic.confirm, clinic.relay);
    table.finish();
    Some(Timing { poll: poll?, link: link?, confirm: confirm?, ..clinic })
}

/// The coarsest step of a driver: 1 A.
const STEP_MOST: u64 = 1_000_000;
/// The greatest current of a diode driver that is known here: 250 A (Maiman SF6250).
const CURRENT_MOST: u64 = 250_000;
/// A calibration that may be further off would be mistaken for a deviation, which is warned of from
/// 10 % (LAS-10).
const UNCERTAINTY_MOST: u64 = 80;
