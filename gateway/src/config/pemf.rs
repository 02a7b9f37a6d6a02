//! Reads what only the profile of a PEMF unit has.

use device_drivers::open_link::{Coil, Range};
use safety::{
    ApplicatorCode, CoilLimits, Pemf, PemfUnit, Permille, Slew, Span, Temperature, Waveforms,
};
use toml::Spanned;

use super::{
    capability::{self, Form, Read},
    contradiction::highest_ceiling,
    library::Library,
    mistake::Kind,
    profile::{self, Common},
    table::Table,
    unit::{PemfHazard, Profile},
};
use crate::directory::Modality;

/// Reads what only a PEMF unit has, and puts it together with what every unit has.
pub(super) fn read(root: &Table<'_>, common: Option<Common>, library: &Library) -> Option<Profile> {
    let off_below = root.whole("off_below_microteslas", 1..=u64::from(u32::MAX));
    let capability = root.table("capability").and_then(|table| record(table));
    let hazard = root.table("hazard").and_then(hazard);
    let coil = root.table("coil").and_then(coil);
    let (common, read) = (common?, capability?);
    let unit = unit(&read, common.plate.applicator);
    let library = (library.pemf, library.pemf_timing);
    let watched = profile::watched(root, common, &read, &off_below?, library, (unit, Some(coil?)))?;
    Some(Profile::Pemf(Box::new(watched), hazard?))
}

fn record(table: Table<'_>) -> Option<Read<Pemf>> {
    let form = Form {
        min: "flux_min_microteslas",
        max: "flux_max_microteslas",
        step: "flux_step_microteslas",
        ramp: "ramp_microteslas_per_second",
        ceiling: highest_ceiling(Modality::Pemf),
        sign: "µT",
        ramp_most: u64::from(u32::MAX),
        warning: 0..=20_000,
    };
    let waveforms = waveforms(&table);
    let slew = capability::span(&table, "slew_min_us", "slew_max_us", 1..=10_000_000);
    let own = waveforms.zip(slew).and_then(|(waveforms, (min, max))| {
        let Waveforms { sine, rectangular, triangular } = waveforms;
        let slew = Range { min: micros(&min)?, max: micros(&max)? };
        Some(Coil { sine, rectangular, triangular, slew })
    });
    let read = capability::read::<Pemf>(&table, &form, own);
    table.finish();
    read
}

fn waveforms(table: &Table<'_>) -> Option<Waveforms> {
    let list = table.texts("waveforms")?;
    let mut found = Waveforms::default();
    let mut is_whole = !list.get_ref().is_empty();
    for word in list.get_ref() {
        match word.get_ref().as_str() {
            "sine" => found.sine = true,
            "rectangular" => found.rectangular = true,
            "triangular" => found.triangular = true,
            other => {
                let what = format!("`capability.waveforms` has `{other}`, which is no waveform");
                table.wrong(word, Kind::Range, what, WAVEFORMS);
                is_whole = false;
            }
        }
    }
    if list.get_ref().is_empty() {
        let what = "`capability.waveforms` is empty: a field has a course";
        table.wrong(&list, Kind::Range, what, WAVEFORMS);
    }
    is_whole.then_some(found)
}

/// The facts of the unit, as limits need them. An open-link unit takes slew in microseconds and
/// duty in permille.
fn unit(read: &Read<Pemf>, applicator: u16) -> PemfUnit {
    let record = &read.record;
    let Coil { sine, rectangular, triangular, slew } = record.own;
    PemfUnit {
        flux: Some(Span { least: record.level.min, most: record.level.max }),
        flux_step: Some(record.level.step),
        frequency: Some(Span { least: record.frequency.min, most: record.frequency.max }),
        frequency_step: Some(record.frequency.step),
        duty: Some(Span { least: record.duty.min, most: record.duty.max }),
        duty_step: Permille::new(1),
        slew: Some(slew.min),
        slew_step: Some(Slew::from_micros(1)),
        waveforms: Waveforms { sine, rectangular, triangular },
        applicator: Some(ApplicatorCode(u32::from(applicator))),
        calibration_days: None,
    }
}

pub(super) fn hazard(table: Table<'_>) -> Option<PemfHazard> {
    let distance = table.whole("keep_out_millimetres", 1..=100_000);
    table.finish();
    let keep_out_millimetres = u32::try_from(distance?.into_inner()).ok()?;
    Some(PemfHazard { keep_out_millimetres })
}

/// The temperatures of the coil: rising, and none above what the standard has (PEM-04).
pub(super) fn coil(table: Table<'_>) -> Option<CoilLimits> {
    let most = CoilLimits::STANDARD;
    let read = |key, most: Temperature| {
        table.whole(key, 3_000..=u64::try_from(most.centicelsius()).unwrap_or(0))
    };
    let warn = read("warn_centicelsius", most.warn);
    let pause = read("pause_centicelsius", most.pause);
    let trip = read("trip_centicelsius", most.trip);
    let rises = |low: &Option<Spanned<u64>>, high: &Option<Spanned<u64>>, name: &str| {
        if let (Some(low), Some(high)) = (low, high)
            && low.get_ref() >= high.get_ref()
        {
            let what = format!("the temperatures do not rise: `{name}` is not below the next");
            table.wrong(low, Kind::Contradiction, what, "warn below pause, pause below trip");
        }
    };
    rises(&warn, &pause, "coil.warn_centicelsius");
    rises(&pause, &trip, "coil.pause_centicelsius");
    table.finish();
    let degrees = |count: Spanned<u64>| {
        i32::try_from(count.into_inner()).ok().map(Temperature::from_centicelsius)
    };
    Some(CoilLimits { warn: degrees(warn?)?, pause: degrees(pause?)?, trip: degrees(trip?)? })
}

fn micros(count: &Spanned<u64>) -> Option<Slew> {
    u32::try_from(*count.get_ref()).ok().map(Slew::from_micros)
}

/// The waveforms that there are.
const WAVEFORMS: &str = "list one or more of \"sine\", \"rectangular\", \"triangular\"";
