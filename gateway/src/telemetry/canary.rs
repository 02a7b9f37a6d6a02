//! Plants a patient in a clinic and looks for that patient in everything that leaves it (AUD-07).

use clinic::{
    AnyPlan, AnyPrescription, Ask, Call, CallId, Change, Clinic, Confirmation, Effect, Happening,
    LineId, Past, PatientKey, Plan, Proposal, Refused, RequestId, RoomId, UnitId, What, Wiring,
};
use device_drivers::{Budget, Dialect, Event, Out};
use safety::{
    Answer, Area, AreaFluence, Cause, Dose, Energy, Eyewear, Fluence, Gate, Instant, Laser,
    LaserLevel, LaserPrescription, Limits, Nanos, Overrides, Power, Region, Side, Site, Sites,
    Skin, SkinType, Technique,
};

use super::{
    event,
    moment::Moment,
    moment::tests::at_100_s,
    outbox::Outbox,
    presence::Presence,
    samples::{self, LASER, at},
    status::Standing,
    topics::{self, UnitTopics},
    values,
};
use crate::{herald::Herald, metrics::Metrics};

/// Nothing that the gateway says by itself holds this.
const CANARY: &str = "canary";

/// A unit that never answers.
struct Mute;

impl Dialect<Laser> for Mute {
    fn exact(&self, level: LaserLevel) -> Option<LaserLevel> {
        Some(level)
    }

    fn step(&mut self, _now: Instant, _event: Event<'_, Laser>, _out: &mut Out<Laser>) {}

    fn wake(&self) -> Instant {
        Instant::NEVER
    }

    fn budget(&self) -> Budget {
        let none = Nanos::ZERO;
        Budget { detect: none, turn: none, confirm: none, lease: none }
    }
}

fn patient(id: &str) -> PatientKey {
    PatientKey::new(&format!("{CANARY}-issuer"), &format!("{CANARY}-{id}")).unwrap()
}

fn clinic() -> Clinic {
    let plan = Plan {
        id: LASER,
        line: LineId(0),
        room: RoomId(0),
        real: false,
        evidence: clinic::Evidence::default(),
        terms: samples::terms(),
        limits: Limits {
            library: Default::default(),
            unit: Default::default(),
            tail: Nanos::from_millis(1_400),
        },
        wiring: Wiring::default(),
        byte: Nanos::from_micros(87),
        dialect: Box::new(Mute),
    };
    Clinic::new(7, vec![AnyPlan::Laser(Box::new(plan))], Vec::new(), at(99_000))
}

fn prescription() -> LaserPrescription {
    let quantity = Energy::from_millijoules(6_000);
    LaserPrescription {
        site: Site::new(Region::Trapezius, Side::Left).unwrap(),
        touched: Sites::NONE,
        power: Power::from_milliwatts(500),
        mix: [None; 4],
        gate: Gate::Continuous,
        spot: Area::from_square_millimetres(300),
        technique: Technique::Scanning { field: Area::from_square_millimetres(9_000) },
        fluence: AreaFluence::Field(Fluence::from_microjoules_per_cm2(4_000_000)),
        dose: Dose { quantity, time: Nanos::from_secs(12) },
        course: 1,
        skin: Skin { kind: Some(SkinType::Six), dark_field: Answer::Yes, test_spot: false },
        epilepsy: Answer::Yes,
        eyewear: Eyewear::default(),
        overrides: Overrides::NONE,
    }
}

fn confirm(id: u64, patient: PatientKey) -> Happening {
    let prescription = AnyPrescription::Laser(prescription());
    let proposal = Proposal { unit: LASER, patient, prescription };
    let confirmation = Confirmation { hash: [0; 32], epoch: 0 };
    let request = RequestId::new(&format!("{CANARY}-request-{id}"));
    let ask = Ask::Confirm(proposal, confirmation);
    Happening::Call(Call { id: CallId(id), request, ask })
}

/// Everything that a clinic tells of a patient who is locked, one who is refused, and stops.
fn told(clinic: &mut Clinic) -> Vec<Change> {
    let marked = patient("marked");
    let open_marks = vec![(Some(LASER), marked.clone())];
    let mut effects = Vec::new();
    for (millis, happening) in [
        Happening::Past(Past { open_marks, ..Past::default() }),
        Happening::Opened(LineId(0)),
        confirm(1, marked),
        confirm(2, patient("refused")),
        Happening::Stop(CallId(3), LASER),
        Happening::StopAll(CallId(4), None),
        Happening::Fault(Cause::Ledger),
        Happening::Wake,
    ]
    .into_iter()
    .zip(0..)
    .map(|(happening, step)| (99_100 + step * 100, happening))
    {
        clinic.step(at(millis), happening, &mut effects);
    }
    let told = effects.into_iter().filter_map(|effect| match effect {
        Effect::Tell(change) => Some(change),
        Effect::Write(..)
        | Effect::Enter(..)
        | Effect::Answer(..)
        | Effect::Show(_)
        | Effect::Relay(..) => None,
    });
    told.collect()
}

#[test]
fn no_patient_is_in_any_topic_payload_metric_or_log() {
    let mut clinic = clinic();
    let changes = told(&mut clinic);
    let refused = |change: &Change| match &change.what {
        What::Refused(refused) => Some(matches!(refused, Refused::Prescription(_))),
        What::State { .. }
        | What::Confirmed
        | What::Ended(_)
        | What::Latched(_)
        | What::Released(_)
        | What::Stopped
        | What::Proven(_)
        | What::Metered(_)
        | What::Reviewed(_) => None,
    };
    let refusals: Vec<_> = changes.iter().filter_map(refused).collect();
    assert_eq!(refusals, [false, true], "the canaries went in: {changes:?}");

    let all = everything(&clinic, &changes);
    for (place, text) in &all {
        assert!(!text.to_lowercase().contains(CANARY), "{place}: {text}");
        for medical in ["epilep", "skin", "trapez", "tattoo"] {
            assert!(!text.to_lowercase().contains(medical), "{place}: {text}");
        }
    }
    assert!(all.iter().any(|(_, text)| text.contains("open_mark")), "the lock itself is told");
}

/// Everything that leaves a gateway in which these changes were told.
fn everything(clinic: &Clinic, changes: &[Change]) -> Vec<(&'static str, String)> {
    let directory = samples::directory();
    let card = directory.card(LASER).unwrap();
    let moment: Moment = at_100_s();
    let shown = clinic.shown(UnitId(0)).unwrap();
    let text = |bytes: serde_json::Result<Vec<u8>>| String::from_utf8(bytes.unwrap()).unwrap();

    let mut all = Vec::new();
    let UnitTopics { status, telemetry, event } = UnitTopics::new(&directory, card);
    for topic in [status, telemetry, event, topics::gateway(&directory)] {
        all.push(("topic", topic));
    }
    let standing = Standing::next(None, &shown, moment.now);
    all.push(("status", text(standing.payload(&directory, card, moment))));
    all.push(("telemetry", text(values::payload(&directory, card, &shown, moment))));
    all.push(("gateway", text(Presence::Connected.payload(&directory, moment))));

    let (herald, mouth, _carry) = Herald::new(samples::directory());
    mouth.show(LASER, shown);
    let metrics = Metrics::new(herald, None);
    let mut outbox = Outbox::new(2, changes.len());
    for change in changes {
        metrics.count(LASER.0, &change.what);
        outbox.push(change.clone(), moment.wall_at(change.at));
    }
    while let Some(entry) = outbox.send() {
        all.push(("event", text(event::payload(&directory, card, entry))));
        outbox.taken();
    }
    all.push(("metrics", metrics.render()));
    all.push(("log", crate::log::tests::logged(directory, changes)));
    all
}
