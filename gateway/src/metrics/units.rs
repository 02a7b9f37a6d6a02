//! What is shown of one unit.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

use clinic::{AnyDose, AnyStatus, Shown, What};
use metrics::Gauge;
use safety::{
    Beam, Cause, Causes, Contacts, Emission, Flux, Instant, Modality, Power, Pulsing, State,
    Status, Temperature,
};

use super::{
    gateway::{big, seconds},
    recorder::{Name, Recorder},
};
use crate::{
    directory::{self, UnitCard},
    telemetry::{unit::Quality, values},
    word,
};

/// The metrics of one unit. What is not known is not a number.
#[derive(Debug)]
pub(super) struct UnitMetrics {
    labels: [(&'static str, String); 3],
    states: Vec<(State, Gauge)>,
    beams: Vec<(&'static str, Gauge)>,
    measured: Gauge,
    ordered: Gauge,
    prescribed: Gauge,
    charged: Gauge,
    delivered: Gauge,
    stray: Gauge,
    reading_age: Gauge,
    temperature: Gauge,
    garbled: Gauge,
    causes: Gauge,
    epoch: Gauge,
    faults: Gauge,
    footswitch: Gauge,
    /// Causes that were ever seen latched.
    seen: Mutex<BTreeSet<Cause>>,
}

impl UnitMetrics {
    pub(super) fn new(recorder: &Recorder, card: &UnitCard) -> Self {
        let labels = [
            ("unit", card.name.clone()),
            ("modality", word::modality(card.modality).to_owned()),
            ("mark", word::mark(card).to_owned()),
        ];
        let with =
            |name, more: &[(&'static str, &str)]| recorder.gauge(name, &joined(&labels, more));
        let gauge = |name| with(name, &[]);
        let names = Names::of(card.modality);
        let state = |state: &State| (*state, with(STATE, &[("state", word::state(*state))]));
        let beam = |beam: &&'static str| (*beam, with(BEAM, &[("beam", beam)]));
        Self {
            states: word::STATES.iter().map(state).collect(),
            beams: ["off_proven", "on", "unknown"].iter().map(beam).collect(),
            measured: gauge(names.measured),
            ordered: gauge(names.ordered),
            prescribed: gauge(names.prescribed),
            charged: gauge(names.charged),
            delivered: gauge(names.delivered),
            stray: gauge(names.stray),
            reading_age: gauge(READING_AGE),
            temperature: gauge(TEMPERATURE),
            garbled: gauge(GARBLED),
            causes: gauge(CAUSES),
            epoch: gauge(EPOCH),
            faults: gauge(FAULTS),
            footswitch: gauge(FOOTSWITCH),
            seen: Mutex::default(),
            labels,
        }
    }

    pub(super) fn look(&self, recorder: &Recorder, shown: &Shown, now: Instant) {
        match &shown.status {
            AnyStatus::Laser(status) => {
                self.look_at(recorder, status, now, |power: Power| {
                    f64::from(power.milliwatts()) / 1e3
                });
                let session = status.session.as_ref();
                self.prescribed.set(dose(session.map(|open| AnyDose::Laser(open.prescribed))));
                self.charged.set(dose(session.map(|open| AnyDose::Laser(open.charged))));
                self.delivered.set(dose(session.map(|open| AnyDose::Laser(open.delivered))));
                self.stray.set(dose(Some(AnyDose::Laser(status.stray))));
            }
            AnyStatus::Pemf(status) => {
                self.look_at(recorder, status, now, |flux: Flux| {
                    f64::from(flux.microteslas()) / 1e6
                });
                let session = status.session.as_ref();
                self.prescribed.set(dose(session.map(|open| AnyDose::Pemf(open.prescribed))));
                self.charged.set(dose(session.map(|open| AnyDose::Pemf(open.charged))));
                self.delivered.set(dose(session.map(|open| AnyDose::Pemf(open.delivered))));
                self.stray.set(dose(Some(AnyDose::Pemf(status.stray))));
            }
            AnyStatus::Stimulator(status) => {
                self.look_at(recorder, status, now, |output: Pulsing| {
                    f64::from(output.rate.millihertz()) / 1e3
                });
                let session = status.session.as_ref();
                let any = AnyDose::Stimulator;
                self.prescribed.set(dose(session.map(|open| any(open.prescribed))));
                self.charged.set(dose(session.map(|open| any(open.charged))));
                self.delivered.set(dose(session.map(|open| any(open.delivered))));
                self.stray.set(dose(Some(any(status.stray))));
            }
        }
        for quality in [Quality::Good, Quality::Stale, Quality::Bad] {
            let is = Quality::of(shown, now) == quality;
            self.gauge(recorder, QUALITY, ("quality", quality.word())).set(flag(is));
        }
    }

    pub(super) fn count(&self, recorder: &Recorder, what: &What) {
        let (name, label) = match what {
            What::State { to, .. } => (ENTERED, Some(("state", word::state(*to)))),
            What::Confirmed => (CONFIRMED, None),
            What::Ended(summary) => (ENDED, Some(("outcome", word::outcome(summary.outcome)))),
            What::Latched(cause) => (LATCHED, Some(("cause", word::cause(*cause)))),
            What::Released(cause) => (RELEASED, Some(("cause", word::cause(*cause)))),
            What::Stopped => (STOPPED, None),
            What::Proven(proof) => (PROVEN, Some(("proof", word::proof(*proof)))),
            What::Metered(passed) => {
                (METERED, Some(("proof", if *passed { "passed" } else { "failed" })))
            }
            What::Reviewed(_) => (REVIEWED, None),
            What::Refused(refused) => (REFUSED, Some(("reason", word::refused(refused)))),
        };
        recorder.counter(name, &joined(&self.labels, label.as_slice())).increment(1);
    }

    fn look_at<M: Modality>(
        &self,
        recorder: &Recorder,
        status: &Status<M>,
        now: Instant,
        base: impl Fn(M::Output) -> f64,
    ) {
        for (state, gauge) in &self.states {
            gauge.set(flag(*state == status.state));
        }
        self.look_at_beam(status.beam);
        let reading = status.emission.map(|(_, Emission { output, .. })| base(output));
        self.measured.set(reading.unwrap_or(f64::NAN));
        self.ordered.set(base(values::ordered(status)));
        let age = status.emission.map(|(asked, _)| seconds(now.since(asked).get()));
        self.reading_age.set(age.unwrap_or(f64::NAN));
        let temperature = status.temperature.and_then(|(_, temperature)| temperature);
        self.temperature.set(temperature.map_or(f64::NAN, celsius));
        self.garbled.set(f64::from(status.garbled_percent) / 100.0);
        self.epoch.set(f64::from(status.epoch));
        self.faults.set(f64::from(status.faults));
        let pressed = status.contacts.map(|(_, Contacts { footswitch, .. })| flag(footswitch));
        self.footswitch.set(pressed.unwrap_or(f64::NAN));
        self.look_at_causes(recorder, &status.causes);
    }

    fn look_at_beam(&self, beam: Beam) {
        for (known, gauge) in &self.beams {
            gauge.set(flag(*known == word::beam(beam)));
        }
    }

    /// One gauge per cause that was ever latched here, so that an alarm can name it.
    fn look_at_causes(&self, recorder: &Recorder, causes: &Causes) {
        self.causes.set(big(u64::try_from(causes.iter().count()).unwrap_or(u64::MAX)));
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.extend(causes.iter().map(|latched| latched.cause));
        for cause in seen.iter() {
            let gauge = self.gauge(recorder, CAUSE, ("cause", word::cause(*cause)));
            gauge.set(flag(causes.holds(*cause)));
        }
    }

    fn gauge(&self, recorder: &Recorder, name: Name, label: (&'static str, &str)) -> Gauge {
        recorder.gauge(name, &joined(&self.labels, &[label]))
    }
}

/// The names that depend on what a unit emits, each with its own base unit: doses of different
/// modalities cannot be added up by mistake.
struct Names {
    measured: Name,
    ordered: Name,
    prescribed: Name,
    charged: Name,
    delivered: Name,
    stray: Name,
}

impl Names {
    const fn of(modality: directory::Modality) -> Self {
        match modality {
            directory::Modality::Laser => Self {
                measured: Name("therapy_gateway_laser_measured_watts", MEASURED),
                ordered: Name("therapy_gateway_laser_ordered_watts", ORDERED),
                prescribed: Name("therapy_gateway_laser_prescribed_joules", PRESCRIBED),
                charged: Name("therapy_gateway_laser_charged_joules", CHARGED),
                delivered: Name("therapy_gateway_laser_delivered_joules", DELIVERED),
                stray: Name("therapy_gateway_laser_stray_joules", STRAY),
            },
            directory::Modality::Pemf => Self {
                measured: Name("therapy_gateway_pemf_measured_teslas", MEASURED),
                ordered: Name("therapy_gateway_pemf_ordered_teslas", ORDERED),
                prescribed: Name("therapy_gateway_pemf_prescribed_tesla_seconds", PRESCRIBED),
                charged: Name("therapy_gateway_pemf_charged_tesla_seconds", CHARGED),
                delivered: Name("therapy_gateway_pemf_delivered_tesla_seconds", DELIVERED),
                stray: Name("therapy_gateway_pemf_stray_tesla_seconds", STRAY),
            },
            directory::Modality::Stimulator => Self {
                measured: Name("therapy_gateway_stimulator_measured_hertz", MEASURED),
                ordered: Name("therapy_gateway_stimulator_ordered_hertz", ORDERED),
                prescribed: Name("therapy_gateway_stimulator_prescribed_pulses", PRESCRIBED),
                charged: Name("therapy_gateway_stimulator_charged_pulses", CHARGED),
                delivered: Name("therapy_gateway_stimulator_delivered_pulses", DELIVERED),
                stray: Name("therapy_gateway_stimulator_stray_pulses", STRAY),
            },
        }
    }
}

fn joined<'a>(
    labels: &'a [(&'static str, String)],
    more: &[(&'static str, &'a str)],
) -> Vec<(&'static str, &'a str)> {
    let own = labels.iter().map(|(label, value)| (*label, value.as_str()));
    own.chain(more.iter().copied()).collect()
}

/// Joules, tesla-seconds or pulses; without a session, none.
fn dose(dose: Option<AnyDose>) -> f64 {
    match dose {
        Some(AnyDose::Laser(dose)) => big(dose.quantity.picojoules()) / 1e12,
        Some(AnyDose::Pemf(dose)) => big(dose.quantity.femtotesla_seconds()) / 1e15,
        Some(AnyDose::Stimulator(dose)) => big(dose.pulses.picopulses()) / 1e12,
        None => 0.0,
    }
}

fn celsius(temperature: Temperature) -> f64 {
    f64::from(temperature.centicelsius()) / 100.0
}

fn flag(is: bool) -> f64 {
    f64::from(u8::from(is))
}

const MEASURED: &str = "The newest reading of the output.";
const ORDERED: &str = "The output that the unit is ordered to emit now.";
const PRESCRIBED: &str = "The dose of the open session; 0 without one.";
const CHARGED: &str = "What the open session is charged: never less than what was given.";
const DELIVERED: &str = "What the open session delivered, at best knowledge.";
const STRAY: &str = "What was emitted outside of every session since the gateway started.";
const STATE: Name = Name("therapy_gateway_unit_state", "1 for the state that the unit is in.");
const BEAM: Name =
    Name("therapy_gateway_unit_beam", "1 for what is known of the emission, apart from the state.");
const QUALITY: Name =
    Name("therapy_gateway_unit_quality", "1 for how far the newest reading may be trusted.");
const READING_AGE: Name =
    Name("therapy_gateway_unit_reading_age_seconds", "The age of the newest reading.");
const TEMPERATURE: Name =
    Name("therapy_gateway_unit_temperature_celsius", "The temperature at the applicator.");
const GARBLED: Name = Name(
    "therapy_gateway_unit_garbled_ratio",
    "The share of the last hundred frames that was damaged or missing.",
);
const CAUSES: Name = Name("therapy_gateway_unit_causes", "How many causes are latched.");
const CAUSE: Name = Name("therapy_gateway_unit_cause", "1 while this cause is latched.");
const EPOCH: Name = Name("therapy_gateway_unit_epoch", "The epoch of the unit; a stop raises it.");
const FAULTS: Name =
    Name("therapy_gateway_unit_faults", "The unit's own faults, as the bits of its protocol.");
const FOOTSWITCH: Name =
    Name("therapy_gateway_unit_footswitch_pressed", "1 while the footswitch is pressed.");
const ENTERED: Name =
    Name("therapy_gateway_unit_states_entered_total", "How often the unit went into a state.");
const CONFIRMED: Name =
    Name("therapy_gateway_sessions_confirmed_total", "Sessions that were confirmed.");
const ENDED: Name =
    Name("therapy_gateway_sessions_ended_total", "Sessions that ended, by outcome.");
const LATCHED: Name = Name("therapy_gateway_causes_latched_total", "Causes that were latched.");
const RELEASED: Name = Name("therapy_gateway_causes_released_total", "Causes that were released.");
const STOPPED: Name = Name("therapy_gateway_stops_total", "Times that somebody stopped the unit.");
const PROVEN: Name =
    Name("therapy_gateway_relay_proofs_total", "Proofs of the relay in the unit's interlock.");
const METERED: Name =
    Name("therapy_gateway_meter_checks_total", "Meter checks of the unit's output by people.");
const REVIEWED: Name =
    Name("therapy_gateway_sessions_reviewed_total", "Sessions that a clinician reviewed.");
const REFUSED: Name = Name("therapy_gateway_refusals_total", "Calls that were refused.");
