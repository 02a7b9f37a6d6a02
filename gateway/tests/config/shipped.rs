//! The shipped files: they load, they say where each limit stands, and they fit the simulated units.

use std::{os::unix::fs::PermissionsExt, path::Path};

use clinic::{
    Answer as Told, AnyChecked, AnyPlan, AnyPrescription, Ask, Call, CallId, Clinic, Effect,
    Happening, PatientKey, Proposal, UnitId,
};
use device_drivers::open_link::Secret;
use gateway::{
    config::{Config, Disk, Files, Memory, Profile, Security, report},
    demo::built,
    directory::Modality,
    place::Place,
};
use jiff::civil::date;
use safety::{
    Answer, AreaFluence, Bound, Content, Dose, Energy, Eyewear, Fluence, Frequency, Gate, Instant,
    LaserPrescription, Limit, Limits, Multiple, Nanos, OpticalDensity, Others, Overrides, Permille,
    Power, Range, Region, Remaining, Side, Since, Site, Sites, Skin, SkinType, SourceId, Technique,
    Tier, Verdict, Wavelength, check,
};

use crate::shelf::{changed, text};

fn config(files: &Memory) -> Config {
    Config::read(files).unwrap_or_else(|errors| panic!("{errors:?}"))
}

#[test]
fn the_shipped_folder_loads_from_disk() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../config");
    let config = Config::load(Path::new(folder)).unwrap();
    let names: Vec<_> = config.units.iter().map(|unit| unit.name.as_str()).collect();
    let whole = [
        "arroyo-a",
        "laser-a",
        "laser-b",
        "magstim-a",
        "magventure-a",
        "maiman-a",
        "pemf-a",
        "pemf-b",
    ];
    assert_eq!(names, whole);
    assert!(config.units.iter().all(|unit| !unit.real));
    assert!(matches!(config.settings.grpc.security, Security::Loopback));
    assert!(config.settings.grpc.listen.ip().is_loopback());
    assert_eq!(config.directory.rooms, ["room-1", "room-2"]);
    assert_eq!(config.directory.unit("pemf-a").unwrap().1.modality, Modality::Pemf);
    assert_eq!(config.hash, self::config(&Memory::whole()).hash);
}

#[test]
fn the_demonstration_needs_no_file() {
    let demo = Config::demo(|name| format!("/run/demo/{name}").into()).unwrap();
    assert_eq!(demo.hash, config(&Memory::whole()).hash);
    assert_eq!(demo.units[1].link.place, Place::Path("/run/demo/laser-a".into()));
    assert_eq!(demo.directory.units[1].port, "/run/demo/laser-a");
}

/// What the profiles say of the simulated units is what the simulated units say of themselves.
#[test]
fn the_profiles_are_those_of_the_simulated_units() {
    for unit in &config(&Memory::shipped()).units {
        let card = unit.card();
        let plan = built(unit.modality(), &card.plate.serial);
        assert_eq!(card.plate.maker, plan.maker);
        assert_eq!(card.plate.model, plan.model);
        assert_eq!(card.plate.firmware.join(" "), plan.firmware);
        let epoch = date(1970, 1, 1);
        let days = |day| i64::from(epoch.until(day).unwrap().get_days());
        assert_eq!(days(unit.calibration.on), i64::from(plan.calibrated_on));
        assert_eq!(days(unit.calibration.due), i64::from(plan.calibration_due));
        let own = &plan.capability;
        // The record is private to both sides; Debug shows every field of the profile's.
        let shown = format!("{:?}", unit.profile);
        let (most, step) = (own.level_max, own.level_step);
        let (quantity, frequency) = match unit.modality() {
            Modality::Laser => ("Power", "Frequency"),
            Modality::Pemf => ("Flux", "Frequency"),
            Modality::Stimulator => panic!("no stimulator is shipped"),
        };
        for part in [
            format!(
                "level: Steps {{ min: {quantity}({}), max: {quantity}({most}), step: {quantity}({step}) }}",
                own.level_min
            ),
            format!(
                "frequency: Steps {{ min: {frequency}({}), max: {frequency}({}), step: {frequency}({}) }}",
                own.frequency_min_mhz, own.frequency_max_mhz, own.frequency_step_mhz
            ),
            format!(
                "duty: Range {{ min: Permille({}), max: Permille({}) }}",
                own.duty_min_permille, own.duty_max_permille
            ),
            format!("ramp_per_second: {quantity}({})", own.ramp_per_second),
            format!(
                "footswitch: {}, interlock: {}, measured: {}",
                own.footswitch_fitted, own.interlock_fitted, own.output_measured
            ),
            format!(
                "lease: Range {{ min: Nanos({}), max: Nanos({}) }}",
                ms(own.lease_min_ms),
                ms(own.lease_max_ms)
            ),
            format!(
                "warning: Nanos({}), sample: Nanos({})",
                ms(own.warning_min_ms),
                ms(own.sample_period_ms)
            ),
            format!("applicator: {}", plan.applicator),
        ] {
            assert!(shown.contains(&part), "{part} is not in {shown}");
        }
        if let simulated_units::Modality::Laser { continuous, wavelengths } = &own.modality {
            assert!(shown.contains(&format!("Optics {{ continuous: {continuous}")));
            for each in wavelengths {
                let part = format!(
                    "wavelength: Wavelength({}), peak: Power({})",
                    each.nanometres, each.max_milliwatts
                );
                assert!(shown.contains(&part), "{part}");
            }
        }
    }
}

fn ms(millis: u16) -> u64 {
    u64::from(millis) * 1_000_000
}

/// LAS-19, PEM-07, CFG-08: the plan has the calibration of the day, and an overdue unit says so.
#[test]
fn a_plan_knows_how_long_its_calibration_holds() {
    let config = config(&Memory::shipped());
    for (today, days) in
        [(date(2035, 12, 31), Some(1)), (date(2036, 1, 1), Some(0)), (date(2040, 1, 1), Some(0))]
    {
        for unit in &config.units {
            let found = match unit.plan(today, Secret::new([7; 32])).unwrap() {
                AnyPlan::Laser(plan) => plan.limits.unit.calibration_days,
                AnyPlan::Pemf(plan) => plan.limits.unit.calibration_days,
                AnyPlan::Stimulator(plan) => plan.limits.unit.calibration_days,
            };
            assert_eq!(found, days, "{} on {today}", unit.name);
        }
        let report = report(&config, &Memory::shipped(), today);
        assert_eq!(report.units.iter().all(|unit| unit.is_overdue()), days == Some(0));
        assert_eq!(report.to_string().contains("OVERDUE since 2036-01-01"), days == Some(0));
    }
    // Until a day is given, nothing is known, which refuses.
    let Profile::Laser(watched, _) = &config.units[0].profile else { panic!() };
    assert_eq!(watched.limits.unit.calibration_days, None);
}

/// PEM-08: every shipped unit stops within its bound, and the report adds the parts up.
#[test]
fn the_report_shows_how_fast_each_unit_stops() {
    let report = report(&config(&Memory::shipped()), &Memory::shipped(), date(2026, 11, 22));
    assert!(report.is_in_time());
    for unit in &report.units {
        let budget = unit.budget.unwrap();
        let chain = budget.detect.plus(budget.turn).plus(budget.confirm);
        assert_eq!(budget.worst(), chain.max(budget.lease), "{}", unit.name);
        assert!(budget.worst() <= unit.bound, "{}", unit.name);
    }
    let shown = report.to_string();
    assert!(shown.contains("approved by nobody yet") && shown.contains("sign-off"), "{shown}");
    assert_eq!(report.library.proposals, report.library.values);
    assert_eq!(shown.matches(" ok ").count(), 4, "{shown}");
}

/// The lines and the sources: a bound of the library is the very value on the line of its source.
#[test]
fn a_source_is_the_line_that_holds_the_value() {
    let more = "schema = 1\n\n# Two lines more,\n# and every value moves.";
    for files in [Memory::shipped(), changed("limits.toml", "schema = 1", more)] {
        let config = config(&files);
        let Profile::Laser(laser, _) = &config.units[0].profile else { panic!() };
        let Profile::Pemf(pemf, _) = &config.units[2].profile else { panic!() };
        let (lasers, fields) = (laser.limits.library, pemf.limits.library);
        let holds = |source: SourceId, section: &str, words: &str| {
            let found = config.directory.sources.find(source).unwrap();
            assert_eq!(&*found.file, "limits.toml");
            assert_eq!(&*found.revision, "2026-11-22 proposal 1");
            let text = text(&files, "limits.toml");
            let line = text.lines().nth(usize::try_from(found.line).unwrap() - 1).unwrap();
            assert!(line.contains(words), "{words:?} is not in {line:?}");
            let above = text.lines().take(usize::try_from(found.line).unwrap());
            let header = above.filter(|line| line.starts_with('[')).last().unwrap();
            assert!(header.starts_with(section), "{header}");
        };
        let at = |bound: Option<Bound<Power>>| bound.unwrap().source;
        holds(
            at(lasers.cranial.power.soft),
            "[laser.cranial]",
            "power_milliwatts = { soft = 2_000",
        );
        holds(at(lasers.cranial.power.hard), "[laser.cranial]", "hard = 4_000");
        holds(at(lasers.cervical.power.hard), "[laser.cervical]", "hard = 15_000");
        let trip = lasers.everywhere.trip_interval.unwrap().source;
        holds(trip, "[laser.everywhere]", "trip_interval_minutes = { hard = 5");
        let trip = fields.everywhere.trip_interval.unwrap().source;
        holds(trip, "[pemf.everywhere]", "trip_interval_minutes = { hard = 5");
        let exposure = fields.trunk_limb.exposure.hard.unwrap().source;
        holds(
            exposure,
            "[pemf.trunk_limb]",
            "exposure_millitesla_minutes = { soft = 300, hard = 900",
        );
    }
}

/// The same for every value that there is, with lines and numbers read by another hand: a bound is
/// its number on its line, times the size of a unit of measure.
#[test]
fn every_bound_is_a_number_on_its_line() {
    let config = config(&Memory::shipped());
    let Profile::Laser(laser, _) = &config.units[0].profile else { panic!() };
    let Profile::Pemf(pemf, _) = &config.units[2].profile else { panic!() };
    let (lasers, fields) = (laser.limits.library, pemf.limits.library);
    let bounds = format!("{lasers:?} {fields:?} {:?}", config.library.stimulator);
    let written = written(&text(&Memory::shipped(), "limits.toml"));
    let lines: Vec<_> = config.directory.sources.0.iter().map(|source| source.line).collect();
    assert_eq!(lines, written.iter().map(|(line, _)| *line).collect::<Vec<_>>());
    let mut seen = vec![false; written.len()];
    for bound in bounds.split("Bound { value: ").skip(1) {
        let (value, rest) = bound.split_once(", source: SourceId(").unwrap();
        let id: usize = rest.split(')').next().unwrap().parse().unwrap();
        let count: u64 = value.trim_matches(|c: char| !c.is_ascii_digit()).parse().unwrap();
        let index = id - 16;
        let (line, number) = written[index];
        let sizes = [
            1,
            1_000,
            1_000_000,
            1_000_000_000,
            60_000_000_000,
            1_000_000_000_000,
            60_000_000_000_000,
        ];
        assert!(sizes.iter().any(|size| number * size == count), "line {line}: {number}, {count}");
        seen[index] = true;
    }
    assert_eq!(seen.len(), config.library.values);
    assert!(seen.iter().all(|seen| *seen), "a value of the file bounds nothing: {seen:?}");
}

/// The limits for stimulators are what the file says, each in its own unit of measure: the table that
/// the core was tested with.
#[test]
fn the_limits_for_stimulators_are_those_of_the_file() {
    let library = config(&Memory::shipped()).library.stimulator;
    let (site, all) = (library.trunk_limb, library.everywhere);
    fn values<T: Copy>(range: Range<T>) -> (T, T) {
        (range.soft.unwrap().value, range.hard.unwrap().value)
    }
    let (multiple, hertz) = (Multiple::from_thousandths, Frequency::from_millihertz);
    let joules = |count: u64| Energy::from_millijoules(count * 1_000);
    assert_eq!(values(site.intensity), (multiple(1_100), multiple(1_300)));
    assert_eq!(values(site.rate), (hertz(20_000), hertz(25_000)));
    assert_eq!(values(site.train_time), (Nanos::from_millis(900), Nanos::from_millis(1_000)));
    assert_eq!(values(site.wait), (Nanos::from_secs(10), Nanos::from_secs(5)));
    assert_eq!(values(site.pulses), (1_500, 3_000));
    assert_eq!(values(site.energy), (joules(150_000), joules(400_000)));
    assert_eq!(site.interval.unwrap().value, Nanos::from_secs(6 * 3_600));
    assert_eq!(values(all.day_pulses), (3_000, 6_000));
    assert_eq!(values(all.week_sessions), (5, 7));
    assert_eq!(values(all.course_sessions), (20, 30));
    assert_eq!(all.trip_interval.unwrap().value, Nanos::from_secs(300));
}

/// The soft and hard values of the file with their lines, in its order.
fn written(text: &str) -> Vec<(u32, u64)> {
    let mut found = Vec::new();
    for (line, number) in text.lines().zip(1..) {
        let body = line.split_once("{ ").map_or("", |(_, body)| body);
        let body = body.split("basis").next().unwrap();
        for part in body.split(", ").filter_map(|part| part.split_once(" = ")) {
            found.push((number, part.1.replace('_', "").parse().unwrap()));
        }
    }
    found
}

/// A decision of the core names the line of the limit that it goes by.
#[test]
fn a_decision_names_the_line_that_decided() {
    let config = config(&Memory::shipped());
    let AnyPlan::Laser(plan) =
        config.units[0].plan(date(2026, 11, 22), Secret::new([0; 32])).unwrap()
    else {
        panic!()
    };
    let limits: Limits<_> = plan.limits;
    let checked = check(&prescription(4_050), &limits, &nothing_spent());
    let refused = checked
        .decisions()
        .iter()
        .find(|decision| decision.limit == Limit::Power && decision.tier == Tier::Library);
    let refused = refused.unwrap();
    assert_eq!((refused.verdict, refused.bound), (Verdict::Refused, Some(4_000)));
    let source = config.directory.sources.find(refused.source).unwrap();
    let limits = text(&Memory::shipped(), "limits.toml");
    let line = limits.lines().nth(usize::try_from(source.line).unwrap() - 1).unwrap();
    assert!(line.starts_with("power_milliwatts = { soft = 2_000, hard = 4_000"), "{line}");
}

/// A laser prescription at the temple.
fn prescription(milliwatts: u32) -> LaserPrescription {
    let content = |nanometres| Content {
        wavelength: Wavelength::from_nanometres(nanometres),
        share: Permille::WHOLE,
    };
    LaserPrescription {
        site: Site::new(Region::Temple, Side::Left).unwrap(),
        touched: Sites::NONE,
        power: Power::from_milliwatts(milliwatts),
        mix: [Some(content(980)), None, None, None],
        gate: Gate::Continuous,
        spot: safety::Area::from_square_millimetres(700),
        technique: Technique::Scanning { field: safety::Area::from_square_millimetres(10_000) },
        fluence: AreaFluence::Field(Fluence::from_microjoules_per_cm2(3_000_000)),
        dose: Dose { quantity: Energy::from_millijoules(200_000), time: Nanos::from_secs(120) },
        course: 6,
        skin: Skin { kind: Some(SkinType::Two), dark_field: Answer::No, test_spot: false },
        epilepsy: Answer::No,
        eyewear: Eyewear {
            patient: Some(OpticalDensity::from_tenths(50)),
            operator: Some(OpticalDensity::from_tenths(50)),
            others: Others::Nobody,
        },
        overrides: Overrides::NONE,
    }
}

/// LAS-19: a calibration that is due on some day keeps its unit from starting from that day on, though
/// the gateway was started before.
#[test]
fn a_calibration_runs_out_while_the_gateway_runs() {
    let config = config(&Memory::shipped());
    let plans = config.units.iter();
    let plans = plans.map(|unit| unit.plan(date(2035, 12, 29), Secret::new([7; 32])).unwrap());
    let mut clinic = Clinic::new(1, plans.collect(), Vec::new(), Instant::default());
    let mut left = |began: u32| {
        let mut effects = Vec::new();
        clinic.step(Instant::default(), Happening::Days(began), &mut effects);
        let ask = Ask::Check(Proposal {
            unit: UnitId(0),
            patient: PatientKey::new("clinic", "anna").unwrap(),
            prescription: AnyPrescription::Laser(prescription(2_000)),
        });
        let call = Call { id: CallId(1), request: None, ask };
        clinic.step(Instant::default(), Happening::Call(call), &mut effects);
        let answer = effects.pop();
        let Some(Effect::Answer(_, Told::Checked(AnyChecked::Laser(checked)))) = answer else {
            panic!("{answer:?}")
        };
        let due = checked.decisions().iter().find(|one| one.limit == Limit::Calibration).unwrap();
        (due.requested, due.verdict)
    };
    assert_eq!(left(0), (Some(3), Verdict::Within));
    assert_eq!(left(1), (Some(2), Verdict::Within));
    assert_eq!(left(2), (Some(0), Verdict::Refused));
    assert_eq!(left(9), (Some(0), Verdict::Refused));
}

fn nothing_spent() -> Remaining<safety::Laser> {
    Remaining {
        site: Some(Dose::default()),
        visit: Some(Dose::default()),
        day: Some(Dose::default()),
        site_sessions: Some(0),
        site_last: Some(Since::Never),
        week_sessions: Some(0),
        course_sessions: Some(0),
        needling: Some(Since::Never),
        trip: Some(Since::Never),
    }
}

/// CFG-07: another configuration has another hash.
#[test]
fn the_hash_is_of_every_file() {
    let hash = config(&Memory::shipped()).hash;
    assert_eq!(hash.len(), 64);
    for path in Memory::shipped().0.keys() {
        let mut files = Memory::shipped();
        files.put(path, format!("{}# one more line\n", text(&files, path)));
        assert_ne!(config(&files).hash, hash, "{path}");
    }
}

/// SEC-08: a folder on disk tells which of its files lie open.
#[test]
fn a_file_on_disk_tells_whether_it_lies_open() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    std::fs::write(&path, "k").unwrap();
    let disk = Disk::new(folder.path());
    for (mode, is_open) in [(0o600, false), (0o400, false), (0o640, true), (0o604, true)] {
        std::fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
        assert_eq!(disk.read("key").unwrap().is_open_to_others, is_open, "{mode:o}");
    }
    assert!(disk.read("nothing").is_err() && disk.read(".").is_err());
    // Nobody will ever write into this one.
    let mode = rustix::fs::Mode::from_raw_mode(0o600);
    rustix::fs::mkfifoat(rustix::fs::CWD, folder.path().join("pipe"), mode).unwrap();
    assert_eq!(disk.read("pipe").err().unwrap().to_string(), "is no file");
    std::fs::write(&path, vec![b'#'; (1 << 20) + 1]).unwrap();
    assert!(disk.read("key").is_err());
}
