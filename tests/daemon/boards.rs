//! Drivers without a watchdog of their own, whose lease is the contact of a relay board in their
//! interlock: simulated ones on ptys, wired as their files say.
//!
//! What ends an emission here is judged by the meter of the driver. Drivers and board live in the test,
//! so they go on when the gateway is gone.

use std::{fs, time::Duration};

use ::gateway::{
    clock,
    config::Config,
    demo::{bench, prescriptions::shine, put_up, stand::Stand},
};
use proto::v1::{
    BeamState, CauseKind, ProveRelayRequest, RefusalReason, RelayContact, RelayFlaw, RelayProof,
    Role, UnitState, UnitStatus, maintenance_service_client::MaintenanceServiceClient,
};
use safety::{Instant, Nanos, Permille, Wavelength};
use simulated_units::Button;
use tempfile::TempDir;
use tokio::task::JoinHandle;

use super::{
    house::{edit, section, settle},
    ledger::Records,
    operator::Operator,
    prescriptions::{LONG, laser},
    process::{Gateway, command, text},
    releases::{release, released},
    time::{in_real_time, until, watch_for, within},
    watcher::has,
};
use crate::foreign::shipped;

const BOARD: &str = "board-1";
/// Two drivers with their contacts at the same board, in one room.
const MAIMAN: &str = "maiman-a";
const ARROYO: &str = "arroyo-a";
/// What the files of both units say: their contact opens no later after the last kick.
const LEASE: Duration = Duration::from_millis(800);
/// Beside the lease a fault is noticed, and this test may look late.
const NOTICED: Duration = Duration::from_millis(200);

/// Fault 23 by a relay (LCK-01, SES-08, SES-14, LAS-07): the contact of a driver whose gateway was
/// killed falls by itself, and that ends the emission within the lease. The next gateway resumes
/// nothing and closes no contact of a unit that it has not reconciled.
#[test]
fn a_gateway_that_is_killed_leaves_its_drivers_to_their_relay() {
    in_real_time(async || {
        let room = Room::new();
        let mut gateway = Gateway::start_with(&room.config()).await;
        room.proven(&gateway, MAIMAN).await;
        let operator = room.emit(&gateway, MAIMAN).await;
        let begun = room.stand(MAIMAN).meter();
        gateway.kill().await;
        let killed = clock::now();
        let ended = room.dark(MAIMAN).await;
        assert!(ended.since(killed) <= nanos(LEASE), "{} ms", ended.since(killed).millis());
        let light = room.stand(MAIMAN).meter();
        // One watt is a microjoule in a microsecond; what it is told is rounded down.
        assert!(light - begun <= LEASE.as_micros() * 1_020_000, "{} pJ", light - begun);
        watch_for(Duration::from_secs(1)).await;
        assert_eq!(room.stand(MAIMAN).meter(), light);
        let records = Records::read(&room.data());
        assert_eq!(records.open_marks(), [operator.session.as_str()]);
        assert!(light <= records.bound(&operator.session));
        drop(records);

        let mut next = Gateway::start_with(&room.config()).await;
        let status = next.watcher.until_latched(MAIMAN, CauseKind::OpenMark).await;
        assert_eq!(status.state(), UnitState::Locked);
        // The same patient on another unit.
        room.proven(&next, ARROYO).await;
        let again = of_arroyo(operator.prescription.clone());
        let refused = Operator::confirm(next.channel().await, ARROYO, again).await;
        assert_eq!(refused.err().unwrap().reason(), RefusalReason::Locked);
        watch_for(Duration::from_secs(1)).await;
        let contact = next.watcher.status(MAIMAN).relay_contact.unwrap();
        assert!(contact.online && !contact.closed, "{contact:?}");
        released(&next, MAIMAN, CauseKind::OpenMark, Role::Service).await;
        next.watcher.until(MAIMAN, "its contact", closed).await;
        assert_eq!(room.stand(MAIMAN).meter(), light, "it resumed");
        assert!(next.terminate().await.0.success());
        assert!(light <= Records::read(&room.data()).charged(MAIMAN));
    });
}

/// Faults 21 and 24 by a relay (LCK-02, TIM-04): a gateway whose time stands still kicks nothing.
#[test]
fn a_gateway_that_is_stuck_leaves_its_drivers_to_their_relay() {
    in_real_time(async || {
        let room = Room::new();
        let mut gateway = Gateway::start_with(&room.config()).await;
        room.proven(&gateway, ARROYO).await;
        let operator = room.emit(&gateway, ARROYO).await;
        gateway.stun();
        let stunned = clock::now();
        let ended = room.dark(ARROYO).await;
        assert!(ended.since(stunned) <= nanos(LEASE), "{} ms", ended.since(stunned).millis());
        watch_for(Duration::from_secs(1)).await;
        let light = room.stand(ARROYO).meter();
        gateway.wake();
        let why = [CauseKind::Lateness, CauseKind::Suspend, CauseKind::LinkSilence];
        let reason = operator.end().await.reason();
        assert!(why.contains(&reason), "{reason:?}");
        gateway.watcher.until_state(ARROYO, UnitState::Locked).await;
        watch_for(Duration::from_secs(1)).await;
        assert_eq!(room.stand(ARROYO).meter(), light, "it resumed");
        assert!(gateway.terminate().await.0.success());
        let settled = Records::read(&room.data()).settled(&operator.session).unwrap();
        assert!(light <= settled.charged, "{settled:?}");
    });
}

/// LCK-01, LCK-05: a board that is gone, or of which nothing whole is heard in time, holds no contact,
/// and the inputs that are not heard of any more count as open.
#[test]
fn a_board_that_is_cut_off_ends_the_emission() {
    in_real_time(|| ends_the_emission(|board| board.connect(false)));
}

#[test]
fn a_board_that_is_mute_ends_the_emission() {
    in_real_time(|| ends_the_emission(|board| assert!(board.break_as("mute"))));
}

#[test]
fn a_board_that_is_deaf_ends_the_emission() {
    in_real_time(|| ends_the_emission(|board| assert!(board.break_as("deaf"))));
}

#[test]
fn a_board_that_is_late_ends_the_emission() {
    in_real_time(|| ends_the_emission(|board| assert!(board.break_as("delay:400"))));
}

#[test]
fn a_board_whose_messages_are_corrupt_ends_the_emission() {
    in_real_time(|| ends_the_emission(|board| assert!(board.break_as("corrupt"))));
}

async fn ends_the_emission(broken: impl Fn(&Stand)) {
    let room = Room::new();
    let mut gateway = Gateway::start_with(&room.config()).await;
    room.proven(&gateway, MAIMAN).await;
    let operator = room.emit(&gateway, MAIMAN).await;
    let began = clock::now();
    broken(room.stand(BOARD));
    let ended = room.dark(MAIMAN).await;
    let took = ended.since(began);
    assert!(took <= nanos(LEASE + NOTICED), "{} ms", took.millis());
    let light = room.stand(MAIMAN).meter();
    // The emergency stop at its inputs may have been pressed; or the open contact was seen before, by
    // the interlock of the driver or by its darkness.
    let why = [CauseKind::EmergencyStop, CauseKind::Interlock, CauseKind::UnexpectedOff];
    let end = operator.end().await;
    assert!(why.contains(&end.reason()), "{:?}: {}", end.reason(), end.sentence);
    gateway.watcher.until_state(MAIMAN, UnitState::Locked).await;
    room.stand(BOARD).heal();
    room.stand(BOARD).connect(true);
    watch_for(Duration::from_secs(2)).await;
    assert_eq!(room.stand(MAIMAN).meter(), light, "it resumed");
    assert_eq!(gateway.watcher.status(MAIMAN).state(), UnitState::Locked);
    assert!(gateway.terminate().await.0.success());
    let settled = Records::read(&room.data()).settled(&operator.session).unwrap();
    assert!(light <= settled.charged, "{settled:?}");
}

/// Fault 55 and LAS-21, LAS-08: the door and the emergency stop of a driver that has neither are at
/// its board.
#[test]
fn a_door_at_the_board_ends_the_emission() {
    in_real_time(async || {
        let room = Room::new();
        let mut gateway = Gateway::start_with(&room.config()).await;
        for (unit, button, on, cause) in [
            (MAIMAN, Button::Interlock, false, CauseKind::Interlock),
            (ARROYO, Button::EStop, true, CauseKind::EmergencyStop),
        ] {
            room.proven(&gateway, unit).await;
            let operator = room.emit(&gateway, unit).await;
            let opened = clock::now();
            room.stand(unit).press(button, on);
            let took = room.dark(unit).await.since(opened);
            assert!(took <= nanos(DOOR), "{unit}: {} ms", took.millis());
            assert_eq!(operator.end().await.reason(), cause, "{unit}");
            room.stand(unit).press(button, !on);
            if cause == CauseKind::Interlock {
                for locked in [MAIMAN, ARROYO] {
                    // The door is that of the room, and only what was armed is locked by it.
                    let status = gateway.watcher.status(locked);
                    if has(&status, cause) {
                        released(&gateway, locked, cause, Role::Operator).await;
                    }
                    gateway.watcher.until_state(locked, UnitState::Standby).await;
                }
            }
        }
        assert!(gateway.terminate().await.0.success());
    });
}

/// Fault 7 (OPS-01): a contact that is welded is found by its proof, which says so. The unit does not
/// start, and a restart does not help; what helps is a contact that was mended and proven.
#[test]
fn a_welded_contact_is_found_and_keeps_its_unit_from_starting() {
    in_real_time(async || {
        let flaw = |contact: &RelayContact| {
            assert_eq!(contact.flaw(), RelayFlaw::StayedClosed, "{contact:?}");
        };
        unproven("weld:1", flaw, "welded").await;
    });
}

/// Two contacts whose wires are exchanged: the proof of each opens the other.
#[test]
fn contacts_that_are_exchanged_are_found_and_keep_their_units_from_starting() {
    in_real_time(async || {
        let flaw = |contact: &RelayContact| {
            assert_eq!(contact.flaw(), RelayFlaw::OtherOpened, "{contact:?}");
            assert_eq!(contact.opened_unit_id, ARROYO);
        };
        unproven("swap:1,2", flaw, "the interlock of arroyo-a opened").await;
    });
}

/// A contact that opens another interlock beside its own.
#[test]
fn a_contact_that_is_in_two_interlocks_is_found() {
    in_real_time(async || {
        let flaw = |contact: &RelayContact| {
            assert_eq!(contact.flaw(), RelayFlaw::OtherOpened, "{contact:?}");
            assert_eq!(contact.opened_unit_id, ARROYO);
        };
        unproven("join:1,2", flaw, "the interlock of arroyo-a opened").await;
    });
}

async fn unproven(broken: &str, flaw: impl Fn(&RelayContact), said: &str) {
    let room = Room::new();
    let mut gateway = Gateway::start_with(&room.config()).await;
    // It was well once, and what was is worth nothing.
    room.proven(&gateway, MAIMAN).await;
    assert!(room.stand(BOARD).break_as(broken));
    let contact = room.prove(&gateway, MAIMAN).await;
    assert_eq!(contact.proof(), RelayProof::Failed, "{contact:?}");
    flaw(&contact);
    room.refused(&gateway).await;
    assert!(gateway.terminate().await.0.success());

    let mut next = Gateway::start_with(&room.config()).await;
    let status = next.watcher.until(MAIMAN, "its contact", |status| {
        status.relay_contact.as_ref().is_some_and(|contact| contact.online)
    });
    let contact = status.await.relay_contact.unwrap();
    assert_eq!(contact.flaw(), RelayFlaw::Earlier, "{contact:?}");
    room.stand(BOARD).heal();
    room.free(&next).await;
    room.refused(&next).await;
    // A proof by command, as service does it, while it is broken again and once it is mended.
    assert!(room.stand(BOARD).break_as(broken));
    let at = next.grpc.to_string();
    let proof = until("a proof begins", async || {
        let proof = command(&["prove", MAIMAN, "--address", &at]).await;
        (!text(&proof).contains("cannot be proven now")).then_some(proof)
    })
    .await;
    assert!(!proof.status.success() && text(&proof).contains(said), "{}", text(&proof));
    room.stand(BOARD).heal();
    room.free(&next).await;
    room.proven(&next, MAIMAN).await;
    let _operator = room.emit(&next, MAIMAN).await;
    assert!(next.terminate().await.0.success());
}

/// A room with two drivers and the board in their interlocks, all plugged in.
struct Room {
    folder: TempDir,
    stands: Vec<Stand>,
    plugs: Vec<JoinHandle<()>>,
}

impl Room {
    fn new() -> Self {
        let folder = TempDir::with_prefix("boards-").unwrap();
        let config = shipped(folder.path());
        settle(&config, &folder.path().join("data"));
        for file in fs::read_dir(config.join("units")).unwrap().map(|file| file.unwrap().path()) {
            if ![MAIMAN, ARROYO].iter().any(|unit| file.file_stem() == Some(unit.as_ref())) {
                fs::remove_file(file).unwrap();
            }
        }
        for (part, name) in [("units", MAIMAN), ("units", ARROYO), ("boards", BOARD)] {
            edit(&config.join(part).join(name).with_extension("toml"), |file| {
                let port = folder.path().join(name).to_string_lossy().into_owned();
                section(file, "link").insert("port".into(), port.into());
            });
        }
        edit(&config.join("rooms.toml"), |rooms| {
            rooms["room"].as_array_mut().unwrap().truncate(1);
        });
        let read = Config::load(&config).unwrap_or_else(|mistakes| panic!("{mistakes}"));
        let (units, boards): (Vec<_>, Vec<_>) =
            (read.units.iter().collect(), read.boards.iter().collect());
        let stands = put_up(&units, &boards, folder.path());
        // Drivers and board have processors of their own: this machine's work does not make them late.
        let bench = bench().unwrap();
        let plugs = stands.iter().cloned().map(|stand| {
            bench.spawn(async move {
                let ended = stand.plug_in().await;
                panic!("{} lost its pty: {ended:?}", stand.name());
            })
        });
        Self { plugs: plugs.collect(), stands, folder }
    }

    fn config(&self) -> std::path::PathBuf {
        self.folder.path().join("config")
    }

    fn data(&self) -> std::path::PathBuf {
        self.folder.path().join("data")
    }

    fn stand(&self, name: &str) -> &Stand {
        self.stands.iter().find(|stand| stand.name() == name).unwrap()
    }

    /// Has the contact of a unit that is free proven, whatever comes of it. On a machine that is late
    /// a proof may be interrupted or see nothing, and then a person begins another.
    async fn prove(&self, gateway: &Gateway, unit: &str) -> RelayContact {
        let ready = |status: &UnitStatus| status.state() == UnitState::Standby && closed(status);
        gateway.watcher.until(unit, "ready to be proven", ready).await;
        let mut client = MaintenanceServiceClient::new(gateway.channel().await);
        until("a proof begins", async || {
            let request_id = format!("prove-{}", clock::now().since_boot());
            let request = ProveRelayRequest { request_id, unit_id: unit.to_owned() };
            let answer = within("a proof", client.prove_relay(request)).await;
            let contact = answer.ok()?.into_inner().contact;
            let late = [RelayFlaw::Interrupted, RelayFlaw::Unseen];
            contact.filter(|contact| !late.contains(&contact.flaw()))
        })
        .await
    }

    async fn proven(&self, gateway: &Gateway, unit: &str) {
        let contact = self.prove(gateway, unit).await;
        assert_eq!(contact.proof(), RelayProof::Passed, "{unit}: {contact:?}");
    }

    /// A session that emits at one watt, far from its end.
    async fn emit(&self, gateway: &Gateway, unit: &str) -> Operator {
        let prescription = if unit == ARROYO { of_arroyo(laser(LONG)) } else { of_maiman() };
        let mut operator = gateway.confirm(unit, prescription).await;
        // A driver that remembers that its interlock was open says so once more after a proof.
        until("it is armed", async || {
            match operator.answer(&operator.send(operator.arm_ask())).await {
                Ok(accepted) => Some(accepted),
                Err(refused) => {
                    assert_eq!(refused.reason(), RefusalReason::InterlockOpen, "{unit}");
                    None
                }
            }
        })
        .await;
        operator.until(UnitState::Ready).await;
        operator.start(self.stand(unit)).await;
        operator.until(UnitState::Emitting).await;
        until("light", async || (0 < self.stand(unit).output()).then_some(())).await;
        operator
    }

    /// Waits until a unit that emits has ceased to. Returns when it was last seen to.
    async fn dark(&self, unit: &str) -> Instant {
        let mut seen = clock::now();
        assert!(0 < self.stand(unit).output(), "{unit} is dark already");
        until("darkness", async || {
            let now = clock::now();
            let on = 0 < self.stand(unit).output();
            seen = if on { now } else { seen };
            (!on).then_some(())
        })
        .await;
        seen
    }

    /// The relay of the Maiman keeps it from being armed.
    async fn refused(&self, gateway: &Gateway) {
        let channel = gateway.channel().await;
        let mut operator = match Operator::confirm(channel, MAIMAN, of_maiman()).await {
            Ok(operator) => operator,
            // A contact that does not open is a cause of its own.
            Err(refused) => {
                assert_eq!(refused.reason(), RefusalReason::Locked);
                gateway.watcher.until_latched(MAIMAN, CauseKind::RelayMismatch).await;
                return;
            }
        };
        let arm = operator.arm_ask();
        let refused = operator.ask(arm).await.unwrap_err();
        assert_eq!(refused.reason(), RefusalReason::RelayUnproven);
        operator.half_close();
        operator.end().await;
        assert_eq!(self.stand(MAIMAN).output(), 0);
    }

    /// Releases what a broken contact latched, as a person at the units.
    async fn free(&self, gateway: &Gateway) {
        for unit in [MAIMAN, ARROYO] {
            watch_for(Duration::from_millis(500)).await;
            if has(&gateway.watcher.status(unit), CauseKind::RelayMismatch) {
                let absent =
                    release(gateway, unit, CauseKind::RelayMismatch, Role::Clinician).await;
                assert!(absent.is_err(), "{absent:?}");
                for on in [false, true] {
                    self.stand(unit).press(Button::Key, on);
                    watch_for(Duration::from_millis(500)).await;
                }
                released(gateway, unit, CauseKind::RelayMismatch, Role::Clinician).await;
            }
            gateway.watcher.until_state(unit, UnitState::Standby).await;
            let beam = gateway.watcher.status(unit).beam.unwrap();
            assert_eq!(beam.state(), BeamState::OffProven, "{unit}");
        }
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.plugs.iter().for_each(JoinHandle::abort);
    }
}

/// From a door that opens to darkness, at worst: what `check` prints, and what this test is late.
const DOOR: Duration = Duration::from_millis(300);

fn closed(status: &UnitStatus) -> bool {
    status.relay_contact.as_ref().is_some_and(|contact| contact.online && contact.closed)
}

fn of_maiman() -> proto::v1::Prescription {
    of(laser(LONG), 980)
}

fn of_arroyo(prescription: proto::v1::Prescription) -> proto::v1::Prescription {
    of(prescription, 810)
}

/// A prescription of one wavelength.
fn of(mut prescription: proto::v1::Prescription, nanometres: u16) -> proto::v1::Prescription {
    shine(&mut prescription, &[(Wavelength::from_nanometres(nanometres), Permille::WHOLE)]);
    prescription
}

fn nanos(time: Duration) -> Nanos {
    Nanos::new(u64::try_from(time.as_nanos()).unwrap())
}
