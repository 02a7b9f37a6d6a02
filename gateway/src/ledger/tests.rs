//! What the ledger promises, over real files; restarts are made from copies of them.

mod audit;
mod failure;
mod meter;
mod migration;
mod record;
mod refusal;
mod restart;

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::mpsc::{self, Receiver},
    time::Duration,
};

use clinic::{
    AnyDose, AnyPrescription, Entry, EntryId, Given, PatientKey, Receipt, SessionId, Summary,
    UnitId,
};
use jiff::{SignedDuration, Timestamp};
use rusqlite::Connection;
use safety::{
    Answer, ApplicatorCode, Area, AreaFluence, Content, End, Energy, Exposure, Eyewear, Findings,
    Fluence, Flux, Frequency, Gate, Instant, LaserDose, LaserPrescription, Multiple, Nanos,
    OpticalDensity, Others, Outcome, Overrides, PemfDose, PemfPrescription, Permille, Power,
    Pulses, Region, Screening, Side, Site, Sites, Skin, SkinType, Slew, SliceId, StimulatorDose,
    StimulatorPrescription, Technique, Waveform, Wavelength,
};
use tempfile::TempDir;

use super::{Ledger, LedgerError, LedgerThread, Opened, Setting};

const UNITS: [&str; 4] = ["laser-1", "pemf-1", "laser-2", "stimulator-1"];
const LASER: UnitId = UnitId(0);
const PEMF: UnitId = UnitId(1);
const OTHER_LASER: UnitId = UnitId(2);
const STIMULATOR: UnitId = UnitId(3);
/// The hash of a configuration.
const CONFIG: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
/// The reserve of the shipped configuration.
const RESERVE_BYTES: u64 = 100_000_000;
const HASH: [u8; 32] = [0xab; 32];
/// 2026-11-22 12:00 UTC.
const NOON: i64 = 1_795_348_800;
const DAY: u64 = 24 * 3_600;

/// When a gateway is started: by the wall, by the boot clock, and of which boot.
#[derive(Clone, Copy)]
struct When {
    wall: i64,
    boot_secs: u64,
    boot: &'static str,
}

impl When {
    const FIRST: Self = Self { wall: NOON, boot_secs: 100, boot: "first" };

    /// So much later, after the machine was booted anew.
    fn rebooted(self, secs: i64) -> Self {
        Self { wall: self.wall + secs, boot_secs: 50, boot: "second" }
    }

    fn now(self) -> Instant {
        Instant::from_boot(self.boot_secs * 1_000_000_000)
    }

    fn wall(self) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_secs(self.wall)
    }
}

/// A ledger at work, and what it answers.
struct Running {
    when: When,
    opened: Opened,
    receipts: Receiver<(EntryId, Receipt)>,
    entered: u64,
}

/// A directory with a ledger in it, or room for one.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("ledger.db")
    }

    fn open(&self, when: When) -> Running {
        self.open_with(when, &UNITS)
    }

    fn open_with(&self, when: When, units: &[&str]) -> Running {
        start(&self.path(), when, units).unwrap()
    }

    /// The files as they are at this moment: what a crash leaves.
    fn crash(&self) -> Self {
        let copy = Self::new();
        for file in fs::read_dir(self.0.path()).unwrap() {
            let file = file.unwrap();
            fs::copy(file.path(), copy.0.path().join(file.file_name())).unwrap();
        }
        copy
    }

    /// Looks with nothing but SQL at what a crash leaves now.
    fn look<T: rusqlite::types::FromSql>(&self, sql: &str) -> Vec<T> {
        let copy = self.crash();
        let connection = Connection::open(copy.path()).unwrap();
        let mut select = connection.prepare(sql).unwrap();
        let rows = select.query_map((), |row| row.get(0)).unwrap();
        rows.map(Result::unwrap).collect()
    }
}

impl Running {
    /// Enters all at once, and waits for what became of each.
    fn enter(&mut self, entries: &[Entry]) -> Vec<Receipt> {
        for entry in entries {
            self.entered += 1;
            let id = EntryId(self.entered);
            self.opened.ledger.try_enter(self.when.now(), id, entry.clone()).unwrap();
        }
        let expected = self.entered - entries.len() as u64 + 1..=self.entered;
        expected.map(|id| self.receipt(id)).collect()
    }

    fn enter_durably(&mut self, entries: &[Entry]) {
        let receipts = self.enter(entries);
        assert!(receipts.iter().all(|receipt| *receipt == Receipt::Durable), "{receipts:?}");
    }

    fn receipt(&self, id: u64) -> Receipt {
        let (answered, receipt) = self.receipts.recv_timeout(PATIENCE).unwrap();
        assert_eq!(answered, EntryId(id), "receipts come in order, one each");
        receipt
    }

    fn session(&self, token: u32) -> SessionId {
        SessionId { run: self.opened.run, token }
    }

    fn close(self) {
        let Opened { ledger, thread, .. } = self.opened;
        drop(ledger);
        LedgerThread::join(thread);
    }
}

fn start(path: &Path, when: When, units: &[&str]) -> Result<Running, LedgerError> {
    let (send, receipts) = mpsc::sync_channel(4_096);
    let receive = move |id, receipt| send.send((id, receipt)).unwrap();
    let units: Vec<String> = units.iter().map(|name| (*name).to_owned()).collect();
    let setting = setting(when.boot);
    let opened = Ledger::open(path, &units, setting, when.now(), move || when.wall(), receive)?;
    Ok(Running { when, opened, receipts, entered: 0 })
}

fn setting(boot: &str) -> Setting {
    Setting { boot: boot.to_owned(), config: CONFIG.to_owned(), reserve_bytes: RESERVE_BYTES }
}

fn anna() -> PatientKey {
    PatientKey::new("clinic-a", "anna-4711").unwrap()
}

fn bert() -> PatientKey {
    PatientKey::new("clinic-a", "bert-0815").unwrap()
}

fn joules(joules: u64, secs: u64) -> AnyDose {
    let quantity = Energy::from_millijoules(joules * 1_000);
    AnyDose::Laser(LaserDose { quantity, time: Nanos::from_secs(secs) })
}

fn exposure(microtesla_seconds: u64, secs: u64) -> AnyDose {
    let quantity = Exposure::from_microtesla_seconds(microtesla_seconds);
    AnyDose::Pemf(PemfDose { quantity, time: Nanos::from_secs(secs) })
}

/// So many pulses, so many millijoules of discharges, and so many seconds of trains.
fn pulses(pulses: u64, millijoules: u64, secs: u64) -> AnyDose {
    AnyDose::Stimulator(StimulatorDose {
        pulses: Pulses::from_whole(pulses),
        energy: Energy::from_millijoules(millijoules),
        time: Nanos::from_secs(secs),
    })
}

fn forearm() -> Site {
    Site::new(Region::Forearm, Side::Left).unwrap()
}

fn neck() -> Site {
    Site::new(Region::PosteriorNeck, Side::Left).unwrap()
}

fn temple() -> Site {
    Site::new(Region::Temple, Side::Right).unwrap()
}

fn laser_prescription() -> AnyPrescription {
    AnyPrescription::Laser(LaserPrescription {
        site: neck(),
        touched: Sites::NONE,
        power: Power::from_milliwatts(8_000),
        mix: [
            Some(Content {
                wavelength: Wavelength::from_nanometres(810),
                share: Permille::new(400).unwrap(),
            }),
            Some(Content {
                wavelength: Wavelength::from_nanometres(980),
                share: Permille::new(600).unwrap(),
            }),
            None,
            None,
        ],
        gate: Gate::Pulsed {
            frequency: Frequency::from_millihertz(20_000),
            duty: Permille::new(500).unwrap(),
        },
        spot: Area::from_square_millimetres(500),
        technique: Technique::Scanning { field: Area::from_square_millimetres(20_000) },
        fluence: AreaFluence::Field(Fluence::from_microjoules_per_cm2(6_000_000)),
        dose: LaserDose {
            quantity: Energy::from_millijoules(1_200_000),
            time: Nanos::from_secs(300),
        },
        course: 12,
        skin: Skin { kind: Some(SkinType::Two), dark_field: Answer::No, test_spot: true },
        epilepsy: Answer::No,
        eyewear: Eyewear {
            patient: Some(OpticalDensity::from_tenths(50)),
            operator: Some(OpticalDensity::from_tenths(55)),
            others: Others::Nobody,
        },
        overrides: Overrides::NONE.with(safety::Limit::SiteEnergy),
    })
}

fn pemf_prescription() -> AnyPrescription {
    AnyPrescription::Pemf(PemfPrescription {
        site: temple(),
        touched: Sites::NONE,
        flux: Flux::from_microteslas(2_000),
        frequency: Frequency::from_millihertz(10_000),
        waveform: Waveform::Sine,
        slew: Slew::from_micros(25_000),
        duty: Permille::WHOLE,
        dose: PemfDose {
            quantity: Exposure::from_microtesla_seconds(2_400_000),
            time: Nanos::from_secs(1_200),
        },
        course: 20,
        applicator: ApplicatorCode(7),
        screening: screening(),
        overrides: Overrides::NONE,
    })
}

fn stimulator_prescription() -> AnyPrescription {
    AnyPrescription::Stimulator(StimulatorPrescription {
        site: forearm(),
        touched: Sites::NONE,
        motor_threshold: Permille::new(470).unwrap(),
        intensity: Multiple::from_thousandths(1_086),
        rate: Frequency::from_millihertz(10_000),
        train_pulses: 9,
        trains: 50,
        wait: Nanos::from_millis(10_500),
        course: 10,
        coil: ApplicatorCode(9),
        screening: screening(),
        overrides: Overrides::NONE.with(safety::Limit::ThresholdMultiple),
    })
}

fn screening() -> Screening {
    Screening {
        implant: Answer::No,
        pregnancy: Answer::No,
        epilepsy: Answer::No,
        metal: Answer::No,
        bystander_implant: Answer::Unanswered,
        age_days: Some(3),
    }
}

fn open(session: SessionId, unit: UnitId, patient: PatientKey, up_to: AnyDose) -> Entry {
    let prescription = match up_to {
        AnyDose::Laser(_) => laser_prescription(),
        AnyDose::Pemf(_) => pemf_prescription(),
        AnyDose::Stimulator(_) => stimulator_prescription(),
    };
    Entry::Open { session, unit, patient, prescription, hash: HASH, up_to }
}

fn slice(session: SessionId, id: u32, up_to: AnyDose) -> Entry {
    Entry::Slice { session, slice: SliceId(id), up_to }
}

fn settle(session: SessionId, charged: AnyDose, outcome: Outcome) -> Entry {
    let none = match charged {
        AnyDose::Laser(_) => joules(0, 0),
        AnyDose::Pemf(_) => exposure(0, 0),
        AnyDose::Stimulator(_) => pulses(0, 0, 0),
    };
    let summary = Summary {
        prescribed: charged,
        charged,
        delivered: charged,
        debt: none,
        end: End::Dose,
        outcome,
        uncertain: false,
        findings: Findings::default(),
    };
    Entry::Settle { session, summary }
}

/// What `given` must be `age` seconds after it ended.
fn given(site: Site, charged: AnyDose, when: When, age: u64) -> Given {
    let leaves = |days: u64| when.now().after(Nanos::from_secs((days * DAY).saturating_sub(age)));
    Given {
        sites: Some(Sites::NONE.with(site)),
        charged,
        leaves_day: leaves(1),
        leaves_week: leaves(7),
    }
}

/// Where the ledger is, in a test that runs again in a process of its own.
fn child() -> Option<PathBuf> {
    env::var_os(CHILD).map(PathBuf::from)
}

fn own_path() -> PathBuf {
    env::current_exe().unwrap()
}

/// Runs one of these tests again, as the child that it has to be.
fn again(command: &mut Command, name: &str, path: &Path) -> Output {
    let name = format!("ledger::tests::{name}");
    let command = command.args([&name, "--exact", "--nocapture", "--test-threads=1"]);
    command.env(CHILD, path).output().unwrap()
}

const CHILD: &str = "LEDGER_TEST_CHILD";
/// Longer than any disk takes: a test that waits so long has failed.
const PATIENCE: Duration = Duration::from_secs(20);
