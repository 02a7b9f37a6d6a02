//! Reads what only the profile of a laser has.

use device_drivers::open_link::{Optics, Source};
use safety::{
    Area, GateRange, Laser, LaserUnit, Line, MixRange, Nanos, OpticalDensity, Permille, Power,
    Span, WAVELENGTHS_MAX, Wavelength,
};
use toml::Spanned;

use super::{
    capability::{self, Form, Read},
    contradiction::highest_ceiling,
    library::Library,
    mistake::Kind,
    plate::Wire,
    profile::{self, Common},
    table::Table,
    unit::{LaserHazard, Profile},
};
use crate::directory::Modality;

/// Reads what only a laser has, and puts it together with what every unit has.
pub(super) fn read(root: &Table<'_>, common: Option<Common>, library: &Library) -> Option<Profile> {
    let off_below = root.whole("off_below_milliwatts", 1..=u64::from(u32::MAX));
    let capability = root.table("capability").and_then(|table| record(table));
    let hazard = root.table("hazard").and_then(hazard);
    let common = common?;
    interlocked(root, &common);
    let (read, hazard) = (capability?, hazard?);
    let rise = Nanos::from_millis(*common.rise.get_ref());
    let unit = unit(&read, rise, hazard.eyewear);
    let library = (library.laser, library.laser_timing);
    let watched = profile::watched(root, common, &read, &off_below?, library, (unit, None))?;
    Some(Profile::Laser(Box::new(watched), hazard))
}

/// A laser without door, footswitch or emergency stop does not start (LCK-05, LAS-06, LAS-08).
pub(super) fn interlocked(root: &Table<'_>, common: &Common) {
    let contacts = &common.contacts;
    let wrong = |at: &Spanned<Wire>, what: &str, fix: &str| {
        root.wrong(at, Kind::Range, what, fix);
    };
    if *contacts.door.get_ref() == Wire::None {
        let what = "`wiring.door` is `none`: a laser without a door contact does not start";
        wrong(&contacts.door, what, "wire the contact of the door to the unit's interlock");
    }
    if *contacts.footswitch.get_ref() == Wire::None {
        let what = "`wiring.footswitch` is `none`: emission of a laser needs a second enable";
        wrong(&contacts.footswitch, what, "connect the footswitch of the unit");
    }
    if *contacts.e_stop.get_ref() == Wire::None {
        let what = "`wiring.e_stop` is `none`: a laser without an emergency stop does not start";
        wrong(&contacts.e_stop, what, "use a unit with an emergency stop");
    }
}

fn record(table: Table<'_>) -> Option<Read<Laser>> {
    let form = Form {
        min: "power_min_milliwatts",
        max: "power_max_milliwatts",
        step: "power_step_milliwatts",
        ramp: "ramp_milliwatts_per_second",
        ceiling: highest_ceiling(Modality::Laser),
        sign: "mW",
        ramp_most: RAMP_MOST,
        warning: 2_000..=20_000,
    };
    let continuous = table.flag("continuous");
    let sources = sources(&table);
    let own = continuous
        .zip(sources)
        .map(|(continuous, sources)| Optics { continuous: *continuous.get_ref(), sources });
    let read = capability::read::<Laser>(&table, &form, own);
    if let Some(read) = &read {
        has_the_power(&table, read);
    }
    table.finish();
    read
}

/// The wavelengths of the unit: rising, each once, four at most (LAS-15).
fn sources(table: &Table<'_>) -> Option<[Option<Source>; WAVELENGTHS_MAX]> {
    let mut found: Vec<Source> = Vec::new();
    let mut is_whole = true;
    let list = table.tables("wavelength");
    is_whole &= !list.is_empty();
    for each in list {
        let wavelength = each.whole("nanometres", 400..=1_400);
        let peak = each.whole("peak_milliwatts", 1..=u64::from(u32::MAX));
        is_whole &= wavelength.is_some() && peak.is_some();
        if let (Some(wavelength), Some(peak)) = (wavelength, peak) {
            is_whole &= follows(&each, found.last(), &wavelength);
            found.push(Source {
                wavelength: Wavelength::from_nanometres(narrow(&wavelength).unwrap_or(0)),
                peak: Power::from_milliwatts(u32::try_from(*peak.get_ref()).unwrap_or(0)),
            });
        }
        if found.len() > WAVELENGTHS_MAX {
            let what = format!("a unit has {WAVELENGTHS_MAX} wavelengths at most");
            each.page().wrong(Kind::Range, each.at(), what, "delete one");
            is_whole = false;
        }
        each.finish();
    }
    let mut sources = [None; WAVELENGTHS_MAX];
    sources.iter_mut().zip(found).for_each(|(place, source)| *place = Some(source));
    is_whole.then_some(sources)
}

fn follows(table: &Table<'_>, last: Option<&Source>, wavelength: &Spanned<u64>) -> bool {
    let Some(last) = last else { return true };
    let before = u64::from(last.wavelength.nanometres());
    let rises = before < *wavelength.get_ref();
    if !rises {
        let what = format!("the wavelengths do not rise: {before} nm stands before this one");
        table.wrong(wavelength, Kind::Contradiction, what, "list each once, the shortest first");
    }
    rises
}

fn narrow(count: &Spanned<u64>) -> Option<u16> {
    u16::try_from(*count.get_ref()).ok()
}

/// Notes that all wavelengths together do not have the power that the unit is said to have.
fn has_the_power(table: &Table<'_>, read: &Read<Laser>) {
    let all = peak(read);
    if read.record.level.max > all {
        let all = all.milliwatts();
        let what =
            format!("the wavelengths have {all} mW together, less than `power_max_milliwatts`");
        table.wrong(&read.most, Kind::Contradiction, what, format!("give at most {all}"));
    }
}

/// The power of all wavelengths while on.
fn peak(read: &Read<Laser>) -> Power {
    let used = read.record.own.sources.iter().flatten();
    used.fold(Power::ZERO, |sum, source| sum.plus(source.peak))
}

/// The facts of the unit, as limits need them. An open-link unit takes shares in permille.
fn unit(read: &Read<Laser>, rise: Nanos, eyewear: OpticalDensity) -> LaserUnit {
    let record = &read.record;
    let line = |source: Source| Line { wavelength: source.wavelength, most: source.peak };
    let finest = Permille::new(1);
    LaserUnit {
        lines: record.own.sources.map(|source| source.map(line)),
        power: Some(Span { least: record.level.min, most: record.level.max }),
        power_step: Some(record.level.step),
        curve: None,
        peak_power: Some(peak(read)),
        mix: finest.map(|step| MixRange::Free { step }),
        continuous: record.own.continuous,
        gate: finest.map(|duty_step| GateRange {
            frequency: Span { least: record.frequency.min, most: record.frequency.max },
            frequency_step: record.frequency.step,
            duty: Span { least: record.duty.min, most: record.duty.max },
            duty_step,
        }),
        rise: Some(rise),
        optical_density: Some(eyewear),
        calibration_days: None,
    }
}

pub(super) fn hazard(table: Table<'_>) -> Option<LaserHazard> {
    let eyewear = table.whole("eyewear_od_tenths", 1..=120);
    let ocular = table.whole("nohd_millimetres", 1..=FAR);
    let zone = table.whole("nhz_millimetres", 1..=FAR);
    let divergence = table.whole("divergence_milliradians", 1..=3_142);
    let spots = table.wholes("spots_square_millimetres", SPOT_LEAST..=100_000);
    table.finish();
    let small = |count: Spanned<u64>| u32::try_from(count.into_inner()).ok();
    let spots = spots?.into_iter().map(|spot| small(spot).map(Area::from_square_millimetres));
    Some(LaserHazard {
        eyewear: OpticalDensity::from_tenths(u8::try_from(eyewear?.into_inner()).ok()?),
        ocular_distance_millimetres: small(ocular?)?,
        zone_millimetres: small(zone?)?,
        divergence_milliradians: small(divergence?)?,
        spots: spots.collect::<Option<_>>()?,
    })
}

/// How fast the power may rise, in milliwatts per second (LAS-20).
const RAMP_MOST: u64 = 5_000;
/// One kilometre, in millimetres.
const FAR: u64 = 1_000_000;
/// The smallest spot that any limit permits, in square millimetres.
const SPOT_LEAST: u64 = 50;
