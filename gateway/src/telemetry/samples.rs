//! What tests show: a laser that emits, a magnetic field that is locked and a stimulator, with a value
//! in every field, and one of every kind of change.

use std::sync::Arc;

use clinic::{
    AnyDose, AnyStatus, Change, LineId, Refused, RoomId, SessionId, Shown, Summary, Traffic,
    UnitId, What,
};
use safety::{
    Beacon, Beam, BootId, Cause, Causes, Contacts, Dose, Emission, End, Energy, Exposure, FROZEN,
    Finding, Findings, Flux, Frequency, Gate, Input, Instant, Laser, LaserLevel, Nanos, Outcome,
    Pace, Pemf, PemfLevel, Permille, Power, Pulses, Pulsing, Refusal, SessionStatus, Slew, State,
    Status, Stimulator, StimulatorDose, StimulatorLevel, Supervisor, Temperature, Terms, Timing,
    Warning, Warnings, Waveform,
};

use crate::directory::{Directory, Modality, Plate, UnitCard};

pub(crate) const LASER: UnitId = UnitId(0);
pub(crate) const PEMF: UnitId = UnitId(1);
pub(crate) const STIMULATOR: UnitId = UnitId(2);

pub(crate) fn directory() -> Arc<Directory> {
    let card = |name: &str, modality, real| UnitCard {
        name: name.into(),
        room: RoomId(0),
        modality,
        real,
        dialect: "open-link".into(),
        port: "/dev/ttyUSB0".into(),
        line: LineId(0),
        address: None,
        plate: Plate::default(),
    };
    Arc::new(Directory {
        site: "site-1".into(),
        gateway: "gw-1".into(),
        run: 7,
        rooms: vec!["room-1".into()],
        units: vec![
            card("laser-1", Modality::Laser, false),
            card("pemf-1", Modality::Pemf, true),
            card("stimulator-1", Modality::Stimulator, true),
        ],
        sources: Default::default(),
    })
}

/// So many milliseconds after boot.
pub(crate) fn at(millis: u64) -> Instant {
    Instant::from_boot(millis * 1_000_000)
}

/// A laser that emits 500 mW, 100 s after boot.
pub(crate) fn laser() -> Shown {
    let energy = |millijoules| Dose {
        quantity: Energy::from_millijoules(millijoules),
        time: Nanos::from_millis(millijoules * 2),
    };
    let output = Power::from_milliwatts(498);
    let status = Status::<Laser> {
        at: at(99_990),
        state: State::Emitting,
        beam: Beam::On(at(97_000)),
        causes: Causes::default(),
        epoch: 3,
        session: Some(SessionStatus {
            token: 1,
            beacon: Beacon(12),
            level: laser_level(),
            prescribed: energy(6_000),
            charged: Dose { quantity: Energy::from_microjoules(1_500_001), ..energy(1_500) },
            delivered: Dose { quantity: Energy::from_microjoules(1_499_999), ..energy(1_490) },
            left: Nanos::from_millis(8_999),
            until: Some(at(100_290)),
            held: Some(at(99_800)),
            read_back: true,
            gated: false,
        }),
        emission: Some((at(99_957), Emission { enabled: true, output, counter: None })),
        contacts: Some((at(99_900), contacts(true))),
        temperature: Some((at(99_500), Some(Temperature::from_centicelsius(3_012)))),
        faults: 0,
        boot: Some(BootId(9)),
        identity: Some(at(97_500)),
        warnings: Warnings::default(),
        garbled_percent: 2,
        stray: Dose::default(),
    };
    let session = Some(SessionId { run: 7, token: 1 });
    Shown {
        status: AnyStatus::Laser(status),
        session,
        relay_closed: true,
        contact: None,
        meter: clinic::ShownMeter::NONE,
        link: Traffic::default(),
    }
}

/// A field that is locked by an emergency stop and a silent link, 100 s after boot.
pub(crate) fn pemf() -> Shown {
    let output = Flux::from_microteslas(0);
    let status = Status::<Pemf> {
        at: at(99_990),
        state: State::Locked,
        beam: Beam::Unknown(at(98_000)),
        causes: causes(&[(90_000, Cause::LinkSilence), (95_000, Cause::EmergencyStop)]),
        epoch: 4,
        session: None,
        emission: Some((at(98_000), Emission { enabled: false, output, counter: None })),
        contacts: None,
        temperature: Some((at(98_000), None)),
        faults: 5,
        boot: None,
        identity: None,
        warnings: [Warning::CoilWarm].into_iter().collect(),
        garbled_percent: 100,
        stray: Dose { quantity: Exposure::from_femtotesla_seconds(1), time: Nanos::new(1) },
    };
    Shown {
        status: AnyStatus::Pemf(status),
        session: None,
        relay_closed: false,
        contact: None,
        meter: clinic::ShownMeter::NONE,
        link: Traffic::default(),
    }
}

/// A field of 5 mT that is being given.
pub(crate) fn pemf_emitting() -> Shown {
    let exposure = |count| Dose {
        quantity: Exposure::from_microtesla_seconds(count),
        time: Nanos::from_secs(60),
    };
    let AnyStatus::Pemf(locked) = pemf().status else { unreachable!() };
    let level = PemfLevel {
        flux: Flux::from_microteslas(5_000),
        frequency: Frequency::from_millihertz(10_000),
        waveform: Waveform::Rectangular,
        slew: Slew::from_micros(400),
        duty: Permille::WHOLE,
    };
    let output = Flux::from_microteslas(4_980);
    let status = Status {
        state: State::Emitting,
        beam: Beam::On(at(40_000)),
        causes: Causes::default(),
        session: Some(SessionStatus {
            token: 2,
            beacon: Beacon(1),
            level,
            prescribed: exposure(600_000),
            charged: exposure(301_000),
            delivered: exposure(299_000),
            left: Nanos::from_secs(60),
            until: None,
            held: None,
            read_back: true,
            gated: false,
        }),
        emission: Some((at(99_300), Emission { enabled: true, output, counter: None })),
        ..locked
    };
    let session = Some(SessionId { run: 7, token: 2 });
    Shown {
        status: AnyStatus::Pemf(status),
        session,
        relay_closed: true,
        contact: None,
        meter: clinic::ShownMeter::NONE,
        link: Traffic::default(),
    }
}

/// A stimulator between two of its trains: 9 pulses of 76.23 J at 10 Hz.
pub(crate) fn stimulator() -> Shown {
    let dose = |pulses| StimulatorDose {
        pulses: Pulses::from_picopulses(pulses),
        energy: Energy::from_picojoules(pulses * 76 + pulses / 100 * 23),
        time: Nanos::new(pulses / 10_000),
    };
    let level = StimulatorLevel {
        intensity: Permille::new(550).unwrap(),
        rate: Frequency::from_millihertz(10_000),
        pulses: 9,
        wait: Nanos::from_secs(10),
        pulse_energy: Energy::from_picojoules(76_230_000_000_001),
    };
    let output = Pulsing { rate: level.rate, pulse_energy: level.pulse_energy };
    let status = Status::<Stimulator> {
        at: at(99_990),
        state: State::Emitting,
        beam: Beam::On(at(60_000)),
        causes: Causes::default(),
        epoch: 5,
        session: Some(SessionStatus {
            token: 3,
            beacon: Beacon(4),
            level,
            prescribed: dose(450_000_000_000_000),
            charged: dose(27_000_000_000_100),
            delivered: dose(26_999_999_999_900),
            left: Nanos::from_millis(42_300),
            until: None,
            held: Some(at(99_750)),
            read_back: true,
            gated: false,
        }),
        emission: Some((at(99_900), Emission { enabled: true, output, counter: None })),
        contacts: None,
        temperature: Some((at(99_900), Some(Temperature::from_centicelsius(3_550)))),
        faults: 0,
        boot: None,
        identity: Some(at(50_000)),
        warnings: Warnings::default(),
        garbled_percent: 0,
        stray: dose(100),
    };
    let session = Some(SessionId { run: 7, token: 3 });
    Shown {
        status: AnyStatus::Stimulator(status),
        session,
        contact: None,
        meter: clinic::ShownMeter::NONE,
        relay_closed: true,
        link: Traffic::default(),
    }
}

/// One of every kind of change.
pub(crate) fn changes() -> Vec<Change> {
    let joules = |count| {
        let quantity = Energy::from_microjoules(count);
        AnyDose::Laser(Dose { quantity, time: Nanos::from_micros(count * 2) })
    };
    let summary = Summary {
        prescribed: joules(6_000_000),
        charged: joules(6_000_001),
        delivered: joules(5_899_999),
        debt: joules(1),
        end: End::Alarm(Cause::Deviation),
        outcome: Outcome::Partial,
        uncertain: true,
        findings: [Finding::CountsDiffer, Finding::Debt].into_iter().collect(),
    };
    let certain = Summary {
        end: End::Dose,
        outcome: Outcome::Complete,
        uncertain: false,
        findings: Findings::default(),
        ..summary
    };
    let all = [
        What::Confirmed,
        What::State { from: State::Warning, to: State::Emitting },
        What::Latched(Cause::LinkSilence),
        What::Latched(Cause::Deviation),
        What::Latched(Cause::OpenMark),
        What::Stopped,
        What::Ended(certain),
        What::Ended(summary),
        What::Released(Cause::Deviation),
        What::Reviewed([Finding::Unseen].into_iter().collect()),
        What::Refused(Refused::Unit(Refusal::FootswitchHeld)),
    ];
    let session = Some(SessionId { run: 7, token: 1 });
    all.into_iter().map(|what| Change { at: at(99_000), unit: LASER, session, what }).collect()
}

pub(crate) fn laser_level() -> LaserLevel {
    let duty = Permille::new(500).unwrap();
    let mut mix = [Permille::ZERO; 4];
    mix[0] = Permille::WHOLE;
    LaserLevel {
        power: Power::from_milliwatts(500),
        mix,
        gate: Gate::Pulsed { frequency: Frequency::from_millihertz(10_000), duty },
    }
}

pub(crate) fn terms() -> Terms<Laser> {
    Terms {
        timing: Timing::LASER,
        lease: Nanos::from_millis(1_000),
        rise: Nanos::from_millis(200),
        off_below: Power::from_milliwatts(5),
        second_enable: true,
        coil: None,
        pace: Pace::Continuous,
        frozen: Some(FROZEN),
    }
}

fn contacts(footswitch: bool) -> Contacts {
    Contacts {
        key: true,
        footswitch,
        interlock: true,
        emergency_stop_released: true,
        applicator: true,
    }
}

/// Only a supervisor latches.
fn causes(latched: &[(u64, Cause)]) -> Causes {
    let mut supervisor = Supervisor::<Laser>::new(terms(), at(0));
    for (millis, cause) in latched {
        supervisor.step(at(*millis), Input::Lock(*cause)).unwrap();
    }
    *supervisor.causes()
}
