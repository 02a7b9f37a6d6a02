//! What stands in the file, read with nothing but SQL.

use std::sync::{Mutex, mpsc};

use clinic::{Entry, EntryId, Receipt};
use safety::{Cause, Outcome, Region, Side, SkinType};

use super::{
    CONFIG, LASER, PATIENCE, PEMF, Place, STIMULATOR, UNITS, When, anna, bert, exposure, joules,
    open, pulses, setting, settle, slice,
};
use crate::ledger::{Ledger, Opened, word::Word};

/// Every value of an open mark, each with its unit, and both clocks and the boot beside it (TIM-05),
/// and the hash of the configuration (CFG-07).
#[test]
fn an_open_mark_keeps_what_was_confirmed() {
    let place = Place::new();
    let mut running = place.open(When::FIRST);
    let (laser, pemf) = (running.session(7), running.session(8));
    let stimulator = running.session(9);
    running.enter_durably(&[
        open(laser, LASER, anna(), joules(16, 2)),
        open(pemf, PEMF, bert(), exposure(4, 2)),
        open(stimulator, STIMULATOR, bert(), pulses(9, 686_070, 1)),
    ]);
    let facts: Vec<String> = place.look(
        "SELECT concat_ws(' ', s.run, token, modality, unit, patient_issuer, patient_id, region,
            side, prescribed_quantity, prescribed_time_ns, hash, opened_utc, opened_boot_ns, boot_id, config)
         FROM sessions AS s JOIN runs USING (run) ORDER BY token",
    );
    let hash = "ab".repeat(32);
    assert_eq!(
        facts,
        [
            format!(
                "1 7 laser laser-1 clinic-a anna-4711 posterior_neck left 1200000000000000 \
             300000000000 {hash} 2026-11-22T12:00:00.000000000Z 100000000000 first {CONFIG}"
            ),
            format!(
                "1 8 pemf pemf-1 clinic-a bert-0815 temple right 2400000000000000 1200000000000 \
             {hash} 2026-11-22T12:00:00.000000000Z 100000000000 first {CONFIG}"
            ),
            format!(
                "1 9 stimulator stimulator-1 clinic-a bert-0815 forearm left 450000000000000 \
             45000000000 {hash} 2026-11-22T12:00:00.000000000Z 100000000000 first {CONFIG}"
            ),
        ]
    );
    let texts: Vec<String> = place.look("SELECT prescription FROM sessions ORDER BY token");
    let read = |text: &String| serde_json::from_str::<serde_json::Value>(text).unwrap();
    assert_eq!(
        texts.iter().map(read).collect::<Vec<_>>(),
        [laser_text(), pemf_text(), stimulator_text()]
    );
}

fn laser_text() -> serde_json::Value {
    serde_json::json!({
        "site": { "region": "posterior_neck", "side": "left" },
        "touched_sites": [],
        "power_milliwatts": 8_000,
        "mix": [
            { "wavelength_nanometres": 810, "share_permille": 400 },
            { "wavelength_nanometres": 980, "share_permille": 600 },
        ],
        "gate": { "frequency_millihertz": 20_000, "duty_permille": 500 },
        "spot_square_millimetres": 500,
        "technique": { "scanning_field_square_millimetres": 20_000 },
        "fluence": { "field_microjoules_per_cm2": 6_000_000 },
        "dose_picojoules": 1_200_000_000_000_000_u64,
        "time_nanos": 300_000_000_000_u64,
        "course_sessions": 12,
        "skin": { "type": "II", "dark_field": "no", "test_spot": true },
        "epilepsy": "no",
        "eyewear": {
            "patient_density_tenths": 50,
            "operator_density_tenths": 55,
            "others_density_tenths": "nobody",
        },
        "overrides": ["energy at the site"],
    })
}

fn pemf_text() -> serde_json::Value {
    serde_json::json!({
        "site": { "region": "temple", "side": "right" },
        "touched_sites": [],
        "flux_microteslas": 2_000,
        "frequency_millihertz": 10_000,
        "waveform": "sine",
        "slew_micros": 25_000,
        "duty_permille": 1_000,
        "dose_femtotesla_seconds": 2_400_000_000_000_000_u64,
        "time_nanos": 1_200_000_000_000_u64,
        "course_sessions": 20,
        "applicator": 7,
        "screening": {
            "implant": "no",
            "pregnancy": "no",
            "epilepsy": "no",
            "metal": "no",
            "bystander_implant": "unanswered",
            "age_days": 3,
        },
        "overrides": [],
    })
}

fn stimulator_text() -> serde_json::Value {
    serde_json::json!({
        "site": { "region": "forearm", "side": "left" },
        "touched_sites": [],
        "motor_threshold_permille": 470,
        "threshold_multiple_permille": 1_086,
        "rate_millihertz": 10_000,
        "pulses_per_train": 9,
        "trains": 50,
        "wait_nanos": 10_500_000_000_u64,
        "course_sessions": 10,
        "coil": 9,
        "screening": {
            "implant": "no",
            "pregnancy": "no",
            "epilepsy": "no",
            "metal": "no",
            "bystander_implant": "unanswered",
            "age_days": 3,
        },
        "overrides": ["intensity of the motor threshold"],
    })
}

/// Pulses, joules and the time of trains, each raised by itself and never lowered.
#[test]
fn a_slice_of_stimulation_counts_each_part() {
    let place = Place::new();
    let mut running = place.open(When::FIRST);
    let session = running.session(1);
    let facts = "SELECT concat_ws(' ', slice, quantity / 1000000000000, energy_pj / 1000000000,
                     time_ns / 1000000000) FROM slices";
    let mut expect = |entry: Entry, row: &str| {
        running.enter_durably(&[entry]);
        assert_eq!(place.look::<String>(facts), [row]);
    };
    expect(open(session, STIMULATOR, anna(), pulses(9, 700, 1)), "0 9 700 1");
    expect(slice(session, 1, pulses(18, 1_400, 2)), "1 18 1400 2");
    expect(slice(session, 1, pulses(9, 700, 1)), "1 18 1400 2");
    expect(slice(session, 1, pulses(9, 1_401, 1)), "1 18 1401 2");
    expect(slice(session, 2, pulses(27, 1_000, 1)), "2 27 1401 2");
}

/// Every value of a settlement of stimulation, and of what it gave without a session.
#[test]
fn a_settlement_of_stimulation_keeps_pulses_and_joules() {
    let place = Place::new();
    let mut running = place.open(When::FIRST);
    let session = running.session(1);
    let mut end = settle(session, pulses(15, 151, 2), Outcome::Complete);
    if let Entry::Settle { summary, .. } = &mut end {
        summary.delivered = pulses(14, 141, 3);
        summary.debt = pulses(1, 11, 4);
        summary.prescribed = pulses(16, 161, 5);
    }
    let stray = |patient, dose| Entry::Stray { unit: STIMULATOR, patient, dose };
    running.enter_durably(&[
        open(session, STIMULATOR, anna(), pulses(16, 160, 2)),
        end,
        stray(None, pulses(1, 10, 1)),
        stray(Some(anna()), pulses(3, 31, 2)),
        stray(Some(anna()), pulses(2, 33, 2)),
    ]);
    let facts: Vec<String> = place.look(
        "SELECT concat_ws(' ', modality, prescribed_quantity, prescribed_energy_pj,
            prescribed_time_ns, charged_quantity, charged_energy_pj, charged_time_ns,
            delivered_quantity, delivered_energy_pj, delivered_time_ns, debt_quantity,
            debt_energy_pj, debt_time_ns) FROM settlements",
    );
    assert_eq!(
        facts,
        ["stimulator 16000000000000 161000000000 5000000000 15000000000000 151000000000 \
         2000000000 14000000000000 141000000000 3000000000 1000000000000 11000000000 4000000000"]
    );
    let strays: Vec<String> = place.look(
        "SELECT concat_ws(' ', stretch, modality, coalesce(patient_id, 'nobody'),
            from_quantity / 1000000000000, from_energy_pj / 1000000000,
            quantity / 1000000000000, energy_pj / 1000000000)
         FROM strays ORDER BY stretch",
    );
    assert_eq!(strays, ["0 stimulator nobody 0 0 1 10", "1 stimulator anna-4711 1 10 3 33"]);
}

/// The same slice twice, and an older one after a newer: what is durable is the largest, once.
#[test]
fn a_slice_counts_once_and_never_lowers() {
    let place = Place::new();
    let mut running = place.open(When::FIRST);
    let session = running.session(1);
    let facts = "SELECT concat_ws(' ', slice, quantity / 1000000000000, time_ns / 1000000000)
                 FROM slices";
    let mut expect = |entry: Entry, row: &str| {
        running.enter_durably(&[entry]);
        assert_eq!(place.look::<String>(facts), [row]);
    };
    expect(open(session, LASER, anna(), joules(16, 2)), "0 16 2");
    expect(slice(session, 2, joules(48, 6)), "2 48 6");
    expect(slice(session, 2, joules(48, 6)), "2 48 6");
    expect(slice(session, 1, joules(32, 4)), "2 48 6");
    expect(slice(session, 1, joules(32, 7)), "2 48 7");
    expect(slice(session, 3, joules(40, 3)), "3 48 7");
}

/// Every value of a settlement.
#[test]
fn a_settlement_keeps_both_doses() {
    let place = Place::new();
    let mut running = place.open(When::FIRST);
    let session = running.session(1);
    let mut end = settle(session, joules(15, 2), Outcome::Complete);
    if let Entry::Settle { summary, .. } = &mut end {
        summary.delivered = joules(14, 3);
        summary.debt = joules(1, 4);
        summary.prescribed = joules(16, 5);
    }
    running.enter_durably(&[open(session, LASER, anna(), joules(16, 2)), end]);
    let facts: Vec<String> = place.look(
        "SELECT concat_ws(' ', modality, prescribed_quantity, prescribed_time_ns, charged_quantity,
            charged_time_ns, delivered_quantity, delivered_time_ns, debt_quantity, debt_time_ns,
            end, outcome, uncertain, reconciled, settled_run, settled_utc, settled_boot_ns)
         FROM settlements WHERE cause IS NULL",
    );
    assert_eq!(
        facts,
        ["laser 16000000000000 5000000000 15000000000000 2000000000 14000000000000 3000000000 \
         1000000000000 4000000000 dose complete 0 0 1 2026-11-22T12:00:00.000000000Z 100000000000"]
    );
}

/// What a unit emitted without a session is cumulative over a run; each patient has the part that
/// came while it was the last one, and nobody the part before.
#[test]
fn strays_are_parted_by_patient() {
    let place = Place::new();
    let mut running = place.open(When::FIRST);
    let stray = |patient, dose| Entry::Stray { unit: LASER, patient, dose };
    running.enter_durably(&[
        stray(None, joules(1, 1)),
        stray(Some(anna()), joules(3, 2)),
        stray(Some(anna()), joules(6, 3)),
        stray(Some(anna()), joules(5, 3)),
        stray(Some(bert()), joules(10, 4)),
        stray(Some(anna()), joules(11, 5)),
        Entry::Stray { unit: PEMF, patient: None, dose: exposure(2, 1) },
    ]);
    running.close();
    let mut running = place.open(When::FIRST);
    running.enter_durably(&[stray(None, joules(4, 1))]);
    let facts: Vec<String> = place.look(
        "SELECT concat_ws(' ', run, unit, stretch, modality, coalesce(patient_id, 'nobody'),
            (quantity - from_quantity) / 1000000000, (time_ns - from_time_ns) / 1000000000)
         FROM strays ORDER BY run, unit, stretch",
    );
    assert_eq!(
        facts,
        [
            "1 laser-1 0 laser nobody 1000 1",
            "1 laser-1 1 laser anna-4711 5000 2",
            "1 laser-1 2 laser bert-0815 4000 1",
            "1 laser-1 3 laser anna-4711 1000 1",
            "1 pemf-1 0 pemf nobody 2 1",
            "2 laser-1 0 laser nobody 4000 1",
        ]
    );
}

/// Every word that is written reads back as what it stood for, and no two are alike.
#[test]
fn words_read_back() {
    fn check<W: Word + Copy + PartialEq + std::fmt::Debug>(all: &[W]) {
        for one in all {
            assert_eq!(W::from_word(one.word()), Some(*one));
        }
    }
    check(Cause::ALL);
    check(Region::ALL);
    check(Side::ALL);
    check(&[Outcome::Complete, Outcome::Partial, Outcome::Under, Outcome::Aborted]);
    check(&[SkinType::One, SkinType::Six]);
    assert_eq!(Cause::from_word("gremlins"), None);
}

/// What waits while one group is written goes into the next, whole: one commit for all of it.
#[test]
fn what_waits_is_one_commit() {
    let place = Place::new();
    let (open_gate, gate) = mpsc::sync_channel::<()>(1);
    let gate = Mutex::new(gate);
    let (send, receipts) = mpsc::sync_channel(1_024);
    let receive = move |id: EntryId, receipt: Receipt| {
        if id == EntryId(0) {
            gate.lock().unwrap().recv().unwrap();
        }
        send.send((id, receipt)).unwrap();
    };
    let units = UNITS.map(str::to_owned);
    let setting = setting("first");
    let (now, wall) = (When::FIRST.now(), When::FIRST.wall());
    let opened = Ledger::open(&place.path(), &units, setting, now, move || wall, receive).unwrap();
    let Opened { ledger, thread, .. } = opened;
    let enter = |id| {
        let entry = Entry::Stray { unit: LASER, patient: None, dose: joules(id, id) };
        ledger.try_enter(now, EntryId(id), entry).unwrap();
    };
    enter(0);
    while ledger.health().commits == 0 {
        std::thread::yield_now();
    }
    (1..=100).for_each(enter);
    open_gate.send(()).unwrap();
    for id in 0..=100 {
        assert_eq!(receipts.recv_timeout(PATIENCE), Ok((EntryId(id), Receipt::Durable)));
    }
    let health = ledger.health();
    assert_eq!((health.entries, health.commits), (101, 2));
    drop(ledger);
    thread.join();
}

/// Nothing that can be printed names a patient.
#[test]
fn no_debug_output_names_a_patient() {
    let place = Place::new();
    let mut running = place.open(When::FIRST);
    let session = running.session(1);
    let entries = [
        open(session, LASER, anna(), joules(5, 4)),
        Entry::Stray { unit: PEMF, patient: Some(bert()), dose: exposure(1, 1) },
    ];
    running.enter_durably(&entries);
    running.close();
    let opened = place.open(When::FIRST).opened;
    let printed = format!("{entries:?} {opened:?} {:?}", opened.ledger.health());
    for word in ["clinic-a", "anna", "4711", "bert", "0815"] {
        assert!(!printed.contains(word), "{word}");
    }
}
