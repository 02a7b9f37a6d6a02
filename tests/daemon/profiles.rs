//! Whole sessions on units of other makers that a profile describes, as `docs/profile.md` shows them,
//! behind a relay board: from a port that opens to COMPLETE.

use std::{fs, path::Path};

use ::gateway::{
    clock,
    config::Config,
    demo::{prescriptions::shine, put_up, stand::Stand},
};
use proto::v1::{
    CauseKind, OutputReading, Prescription, ProveRelayRequest, RelayProof, SessionOutcome,
    UnitState, Waveform, maintenance_service_client::MaintenanceServiceClient,
    operate_request::Ask, prescription::Modality, unit_service_client::UnitServiceClient,
};
use proto::v1::{GetUnitRequest, Stop};
use safety::{Permille, Wavelength};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use toml::Value;

use super::{
    house::{edit, section, settle},
    ledger::{Records, Settled},
    prescriptions::{LONG, laser_of, pemf_of},
    process::Gateway,
    time::{in_real_time, until, watch_for, within},
    watcher::has,
};
use crate::tree::root;

/// The document with the files of these units.
const DOCUMENT: &str = include_str!("../../docs/profile.md");

/// `ascii-line`: a laser that is told watts.
#[test]
fn a_cobolt_runs_a_session_to_its_end() {
    in_real_time(async || {
        let mut house = House::of("cobolt-a").await;
        let mut light = laser_of(5_000, LONG);
        shine(&mut light, &[(Wavelength::from_nanometres(980), Permille::WHOLE)]);
        let settled = house.treat(light).await;
        house.charged_at_most(&settled, 10);
    });
}

/// `modbus-rtu`: a coil behind a bench supply.
#[test]
fn a_riden_runs_a_session_to_its_end() {
    in_real_time(async || {
        let mut house = House::of("riden-a").await;
        let settled = house.treat(rectangular(2_000, 10_000)).await;
        house.charged_at_most(&settled, 10);
    });
}

/// Runs that nothing interrupts, each a run of the core: of 6.3 that are prescribed six are given, and
/// each is charged whole, at the upper bound of its calibration.
#[test]
fn a_free_pemf_runs_a_session_to_its_end() {
    in_real_time(async || {
        let mut house = House::of("freepemf-a").await;
        let settled = house.treat(rectangular(10_000, 63_000)).await;
        assert_eq!(house.meter(), 6 * RUN);
        assert_eq!(settled.charged, 6 * RUN * 102 / 100);
    });
}

/// A stop waits for the run in flight, which nothing brings to an end sooner; no other follows.
#[test]
fn a_free_pemf_that_is_stopped_begins_no_other_run() {
    in_real_time(async || {
        let mut house = House::of("freepemf-a").await;
        house.prove().await;
        let mut operator = house.gateway.confirm(house.unit, rectangular(10_000, 63_000)).await;
        operator.emit(house.stand()).await;
        until("a run", async || (0 < house.meter()).then_some(())).await;
        operator.send(Ask::Stop(Stop::default()));
        let end = operator.end().await;
        assert_eq!(end.reason(), CauseKind::Stop, "{}", end.sentence);
        house.gateway.watcher.until_off(house.unit).await;
        let given = house.meter();
        assert!(given == RUN || given == 2 * RUN, "{given}");
        watch_for(std::time::Duration::from_secs(3)).await;
        assert_eq!(house.meter(), given, "it emits on");
        assert!(given <= house.settle(&operator.session).await.charged);
    });
}

/// LCK-01, OPS-01: the contact in its supply is what ends its field. Without a proof of that it is
/// not started, and a contact that does not carry what it should locks it.
#[test]
fn a_free_pemf_leans_on_its_relay() {
    in_real_time(async || {
        let mut house = House::of("freepemf-a").await;
        let mut operator = house.gateway.confirm(house.unit, rectangular(10_000, 63_000)).await;
        let arm = operator.arm_ask();
        let refused = operator.ask(arm).await.unwrap_err();
        assert_eq!(refused.reason(), proto::v1::RefusalReason::RelayUnproven);
        operator.half_close();
        house.gateway.watcher.until_state(house.unit, UnitState::Standby).await;
        let unit = GetUnitRequest { unit_id: house.unit.to_owned() };
        let mut units = UnitServiceClient::new(house.gateway.channel().await);
        let unit = within("a unit", units.get_unit(unit)).await.unwrap().into_inner().unit.unwrap();
        assert_eq!(unit.output_reading(), OutputReading::Assumed);
        assert!(!has(&house.gateway.watcher.status(house.unit), CauseKind::RelayMismatch));
        assert!(house.gateway.terminate().await.0.success());
    });
}

/// One run of 10 mT for a second, in femtotesla-seconds.
const RUN: u128 = 10_000_000_000_000;

/// A field of whole pulses, at half of their time, for so many microtesla-seconds.
fn rectangular(microteslas: u32, microtesla_seconds: u64) -> Prescription {
    let mut prescription = pemf_of(microtesla_seconds, LONG);
    let Some(Modality::Pemf(field)) = &mut prescription.modality else { unreachable!() };
    field.peak_flux_density_microteslas = microteslas;
    field.waveform = Waveform::Rectangle.into();
    field.ramp_time_microseconds = 2_000;
    field.duty_permille = 500;
    prescription
}

/// One unit of the document and a relay board, plugged in, and a gateway on them.
struct House {
    folder: TempDir,
    unit: &'static str,
    stands: Vec<Stand>,
    plugs: Vec<JoinHandle<()>>,
    gateway: Gateway,
}

impl House {
    async fn of(unit: &'static str) -> Self {
        let folder = TempDir::with_prefix("profiles-").unwrap();
        let path = folder.path().join("config");
        write(&path, folder.path(), unit);
        let config = Config::load(&path).unwrap_or_else(|errors| panic!("{errors}"));
        let (units, boards): (Vec<_>, Vec<_>) =
            (config.units.iter().collect(), config.boards.iter().collect());
        let stands = put_up(&units, &boards, folder.path());
        let plug_in = |stand: &Stand| {
            let stand = stand.clone();
            tokio::spawn(async move { panic!("{}: {:?}", stand.name(), stand.plug_in().await) })
        };
        let plugs = stands.iter().map(plug_in).collect();
        let gateway = Gateway::start_with(&path).await;
        Self { folder, unit, stands, plugs, gateway }
    }

    fn stand(&self) -> &Stand {
        self.stands.iter().find(|stand| stand.name() == self.unit).unwrap()
    }

    fn meter(&self) -> u128 {
        self.stand().meter()
    }

    /// Drops the contact of the unit and sees it open and close, as a person has it done each day.
    async fn prove(&self) {
        self.gateway.watcher.until_state(self.unit, UnitState::Standby).await;
        let channel = self.gateway.channel().await;
        let proof = until("a proof", async || {
            let request = ProveRelayRequest {
                request_id: format!("prove-{}", clock::now().since_boot()),
                unit_id: self.unit.to_owned(),
            };
            // The contact closes a moment after the unit is in STANDBY.
            let mut client = MaintenanceServiceClient::new(channel.clone());
            let answer = client.prove_relay(request).await.ok()?.into_inner();
            answer.contact.map(|contact| contact.proof())
        })
        .await;
        assert_eq!(proof, RelayProof::Passed);
        let closed = |status: &proto::v1::UnitStatus| status.state() == UnitState::Standby;
        self.gateway.watcher.until(self.unit, "standby", closed).await;
        watch_for(CLOSED).await;
    }

    /// A whole session. It is COMPLETE by its dose, and charged no less than it gave.
    async fn treat(&mut self, prescription: Prescription) -> Settled {
        self.prove().await;
        let mut operator = self.gateway.confirm(self.unit, prescription).await;
        operator.emit(self.stand()).await;
        let end = operator.end().await;
        assert_eq!(end.reason(), CauseKind::DoseReached, "{}", end.sentence);
        assert_eq!(end.summary.unwrap().outcome(), SessionOutcome::Complete);
        let settled = self.settle(&operator.session).await;
        assert_eq!((&*settled.end, &*settled.outcome), ("dose", "complete"));
        assert!(self.meter() <= settled.charged, "{} of {settled:?}", self.meter());
        assert!(!settled.uncertain);
        settled
    }

    /// Takes the gateway down, and reads what it wrote.
    async fn settle(&mut self, session: &str) -> Settled {
        assert!(self.gateway.terminate().await.0.success());
        let records = Records::read(&self.folder.path().join("data"));
        assert_eq!(records.open_marks(), Vec::<String>::new());
        records.settled(session).unwrap()
    }

    fn charged_at_most(&self, settled: &Settled, percent: u128) {
        let meter = self.meter();
        assert!(settled.charged <= meter + meter * percent / 100, "{meter} of {settled:?}");
    }
}

impl Drop for House {
    fn drop(&mut self) {
        self.plugs.iter().for_each(JoinHandle::abort);
    }
}

/// After a proof the unit is asked until it is seen supplied again.
const CLOSED: std::time::Duration = std::time::Duration::from_millis(1_500);

/// Writes the shipped configuration with one unit of the document and its board.
fn write(config: &Path, folder: &Path, unit: &str) {
    let shipped = root().join("config");
    for part in ["profiles", "units", "boards"] {
        fs::create_dir_all(config.join(part)).unwrap();
    }
    for file in ["gateway.toml", "limits.toml", "rooms.toml"] {
        fs::copy(shipped.join(file), config.join(file)).unwrap();
    }
    for file in fs::read_dir(shipped.join("profiles")).unwrap().map(|file| file.unwrap()) {
        fs::copy(file.path(), config.join("profiles").join(file.file_name())).unwrap();
    }
    let place = |name: &str| Value::from(folder.join(name).to_string_lossy().into_owned());
    let blocks = DOCUMENT.split("```toml\n").skip(1);
    let blocks: Vec<_> = blocks.map(|rest| rest.split("```").next().unwrap()).collect();
    let is = |block: &&&str| block.contains(&format!("\nname = \"{unit}\"\n"));
    let file = config.join(format!("units/{unit}.toml"));
    fs::write(&file, blocks.iter().find(is).unwrap()).unwrap();
    edit(&file, |table| {
        section(table, "link").insert("port".into(), place(unit));
    });
    let board = fs::read_to_string(shipped.join("boards/board-1.toml")).unwrap();
    let file = config.join("boards/board-1.toml");
    fs::write(&file, format!("{board}\n{}", blocks.last().unwrap())).unwrap();
    edit(&file, |board| {
        section(board, "link").insert("port".into(), place("board-1"));
        for of_units in ["channel", "input"] {
            let all = board[of_units].as_array_mut().unwrap();
            all.retain(|one| one.get("unit").is_none_or(|own| own.as_str() == Some(unit)));
        }
    });
    edit(&config.join("rooms.toml"), |rooms| {
        rooms["room"].as_array_mut().unwrap().truncate(1);
    });
    settle(config, &folder.join("data"));
}
