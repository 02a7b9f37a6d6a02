//! How a unit stands, as the API shows it: every value with its age (API-06).

use clinic::{AnyStatus, Kind, Shown, ShownContact, Traffic, UnitId};
use proto::v1;
use safety::{
    Beam, Contacts, Flaw, Instant, Laser, Nanos, Output, Pemf, Proof, SessionStatus, State, Status,
    Stimulator, Temperature, Timing, Warning,
};

use super::{
    Control, cause,
    clocks::Clocks,
    dose::{self, Round},
    level::{self, aged, freshness, milliseconds},
    meter, unit,
};
use crate::directory::Directory;

/// How a unit stands.
pub(crate) fn shown(control: &Control, unit: UnitId, shown: &Shown) -> v1::UnitStatus {
    let scene = Scene { control, unit, shown, clocks: Clocks::read() };
    match shown.status {
        AnyStatus::Laser(status) => scene.status(&status),
        AnyStatus::Pemf(status) => scene.status(&status),
        AnyStatus::Stimulator(status) => scene.status(&status),
    }
}

/// What is known of emission, whatever the state.
pub(crate) fn beam(shown: &Shown) -> v1::Beam {
    match &shown.status {
        AnyStatus::Laser(status) => beam_at(status.beam, status.at),
        AnyStatus::Pemf(status) => beam_at(status.beam, status.at),
        AnyStatus::Stimulator(status) => beam_at(status.beam, status.at),
    }
}

/// The epoch, the instant and the state of a unit.
pub(crate) fn marks(shown: &Shown) -> (u32, Instant, State) {
    match &shown.status {
        AnyStatus::Laser(status) => (status.epoch, status.at, status.state),
        AnyStatus::Pemf(status) => (status.epoch, status.at, status.state),
        AnyStatus::Stimulator(status) => (status.epoch, status.at, status.state),
    }
}

/// The newest beacon of the session on a unit that is watched by `timing`, and for how long its hold
/// lasts.
pub(crate) fn beacon(shown: &Shown, timing: &Timing) -> Option<(u64, Nanos)> {
    fn of<M: Shape>(status: &Status<M>, timing: &Timing) -> Option<(u64, Nanos)> {
        let session = status.session?;
        let until = session.held.map(|held| held.after(timing.hold));
        Some((session.beacon.0, until.map_or(Nanos::ZERO, |until| until.since(status.at))))
    }
    match &shown.status {
        AnyStatus::Laser(status) => of(status, timing),
        AnyStatus::Pemf(status) => of(status, timing),
        AnyStatus::Stimulator(status) => of(status, timing),
    }
}

/// What a modality looks like in the API.
trait Shape: Kind {
    const PLACE: v1::TemperaturePlace;

    fn level(control: &Control, unit: UnitId, level: Self::Level) -> v1::Level;
    fn measured(output: Self::Output) -> v1::Level;
}

impl Shape for Laser {
    const PLACE: v1::TemperaturePlace = v1::TemperaturePlace::Handpiece;

    fn level(control: &Control, unit: UnitId, told: Self::Level) -> v1::Level {
        level::laser(told, &control.facts(unit).wavelengths)
    }

    fn measured(output: Self::Output) -> v1::Level {
        level::measured_light(output.count())
    }
}

impl Shape for Pemf {
    const PLACE: v1::TemperaturePlace = v1::TemperaturePlace::Coil;

    fn level(_control: &Control, _unit: UnitId, told: Self::Level) -> v1::Level {
        level::pemf(told)
    }

    fn measured(output: Self::Output) -> v1::Level {
        level::measured_field(output.count())
    }
}

impl Shape for Stimulator {
    const PLACE: v1::TemperaturePlace = v1::TemperaturePlace::Coil;

    fn level(_control: &Control, _unit: UnitId, told: Self::Level) -> v1::Level {
        level::stimulator(told)
    }

    fn measured(output: Self::Output) -> v1::Level {
        level::measured_pulses(output)
    }
}

/// One unit at one moment, and what is needed to name what is there.
struct Scene<'a> {
    control: &'a Control,
    unit: UnitId,
    shown: &'a Shown,
    clocks: Clocks,
}

impl Scene<'_> {
    fn status<M: Shape>(&self, status: &Status<M>) -> v1::UnitStatus {
        let directory = self.control.directory();
        let card = directory.card(self.unit);
        let at = status.at;
        let timing = &self.control.facts(self.unit).timing;
        let deadline = timing.link.plus(timing.poll);
        let told = status.session.map(|session| M::level(self.control, self.unit, session.level));
        let now = |level| aged(level, at, at, deadline);
        let until = status.session.and_then(|session| ends(status.state, session.until));
        v1::UnitStatus {
            unit_id: directory.name(self.unit).to_owned(),
            mark: mark(card.is_none_or(|card| card.real)).into(),
            made_boottime_nanoseconds: at.since_boot(),
            epoch: status.epoch.into(),
            state: state(status.state).into(),
            state_remaining_milliseconds: until.map(|until| milliseconds(until.since(at))),
            beam: Some(beam_at(status.beam, at)),
            causes: cause::of_unit(self.control, self.unit, self.shown, self.clocks),
            level_set: told.clone().map(now),
            level_ordered: Some(now(ordered(status, told.clone()))),
            level_read_back: told.filter(|_| reads_back(status)).map(now),
            level_measured: status
                .emission
                .map(|(asked, reading)| aged(M::measured(reading.output), asked, at, deadline)),
            contacts: status
                .contacts
                .map_or_else(Vec::new, |(asked, read)| contacts(asked, read, at, deadline)),
            temperatures: temperature::<M>(status.temperature, at, deadline),
            applicator_code: self.applicator(status),
            session: self.session(status),
            stray: stray::<M>(status.stray),
            link: Some(link(&self.shown.link, at)),
            warnings: status.warnings.iter().map(|one| warning(one).into()).collect(),
            relay_contact: self
                .shown
                .contact
                .as_ref()
                .map(|contact| relay_contact(contact, directory)),
            meter_check: Some(meter::check(&self.shown.meter)),
        }
    }

    /// The code on the plate, which the unit proved to have. A unit with another applicator shows
    /// its contact as open (LAS-18, PEM-07).
    fn applicator<M: Shape>(&self, status: &Status<M>) -> String {
        let attached = status.contacts.is_some_and(|(_, contacts)| contacts.applicator);
        match self.control.directory().card(self.unit) {
            Some(card) if attached && unit::is_proven(self.shown) => {
                format!("{:#06x}", card.plate.applicator)
            }
            Some(_) | None => String::new(),
        }
    }

    fn session<M: Shape>(&self, status: &Status<M>) -> Option<v1::SessionSummary> {
        let id = self.shown.session;
        let kept = id.and_then(|id| self.control.sessions().find(id));
        let (Some(id), Some(session)) = (id, status.session) else {
            return self.control.sessions().last_on(self.unit);
        };
        let of = kept.as_ref().map(|kept| &kept.prescription);
        let SessionStatus { prescribed, charged, delivered, left, .. } = session;
        Some(v1::SessionSummary {
            session_id: id.to_string(),
            prescribed: Some(dose::shown(M::dose(prescribed), of, Round::Up)),
            charged: Some(dose::shown(M::dose(charged), of, Round::Up)),
            delivered: Some(dose::shown(M::dose(delivered), of, Round::Down)),
            debt: None,
            remaining_time_milliseconds: left.millis(),
            outcome: v1::SessionOutcome::Unspecified.into(),
            uncertain: false,
            findings: Vec::new(),
        })
    }
}

/// Emission that belongs to no session, if there was any.
fn stray<M: Shape>(dose: M::Dose) -> Option<v1::Dose> {
    (dose != M::Dose::default()).then(|| dose::shown(M::dose(dose), None, Round::Up))
}

/// What the unit is ordered to emit now. What emits in vain, behind a footswitch, is still ordered.
fn ordered<M: Shape>(status: &Status<M>, told: Option<v1::Level>) -> v1::Level {
    match (status.state, told) {
        (State::Emitting, Some(level)) => level,
        (
            State::Offline
            | State::Standby
            | State::Ready
            | State::Warning
            | State::Emitting
            | State::Paused
            | State::Stopping
            | State::Locked,
            _,
        ) => level::off(),
    }
}

fn reads_back<M: Shape>(status: &Status<M>) -> bool {
    status.session.is_some_and(|session| session.read_back)
}

/// When the state ends by itself. An order to emit ends so too, but is renewed.
fn ends(state: State, until: Option<Instant>) -> Option<Instant> {
    match state {
        State::Ready | State::Warning | State::Paused => until,
        State::Offline | State::Standby | State::Emitting | State::Stopping | State::Locked => None,
    }
}

fn contacts(asked: Instant, read: Contacts, at: Instant, deadline: Nanos) -> Vec<v1::Contact> {
    let Contacts { key, footswitch, interlock, emergency_stop_released, applicator } = read;
    let each = [
        (v1::ContactKind::Key, key),
        (v1::ContactKind::Footswitch, footswitch),
        (v1::ContactKind::Door, interlock),
        (v1::ContactKind::EmergencyStop, emergency_stop_released),
        (v1::ContactKind::Applicator, applicator),
    ];
    let age = at.since(asked);
    let contact = |(kind, closed): (v1::ContactKind, bool)| v1::Contact {
        kind: kind.into(),
        state: if closed { v1::ContactState::Closed } else { v1::ContactState::Open }.into(),
        known_boottime_nanoseconds: asked.since_boot(),
        age_milliseconds: milliseconds(age),
        freshness: freshness(age, deadline).into(),
    };
    each.map(contact).into()
}

fn temperature<M: Shape>(
    reading: Option<(Instant, Option<Temperature>)>,
    at: Instant,
    deadline: Nanos,
) -> Vec<v1::Temperature> {
    let Some((asked, Some(temperature))) = reading else { return Vec::new() };
    let age = at.since(asked);
    vec![v1::Temperature {
        place: M::PLACE.into(),
        temperature_millidegrees_celsius: temperature.centicelsius().saturating_mul(10),
        age_milliseconds: milliseconds(age),
        freshness: freshness(age, deadline).into(),
    }]
}

pub(crate) fn beam_at(beam: Beam, at: Instant) -> v1::Beam {
    let (state, since) = match beam {
        Beam::OffProven(since) => (v1::BeamState::OffProven, since),
        Beam::On(since) => (v1::BeamState::On, since),
        Beam::Unknown(since) => (v1::BeamState::Unknown, since),
    };
    v1::Beam {
        state: state.into(),
        since_boottime_nanoseconds: since.since_boot(),
        lasted_milliseconds: at.since(since).millis(),
    }
}

fn link(traffic: &Traffic, at: Instant) -> v1::LinkHealth {
    let Traffic { open, since, good_frames, bad_frames, last_good, .. } = *traffic;
    let round_trip = traffic.round_trip(at).map(|took| took.get().div_ceil(NANOS_PER_MICRO));
    v1::LinkHealth {
        open,
        since_boottime_nanoseconds: since.since_boot(),
        good_frames,
        bad_frames,
        last_good_frame_age_milliseconds: last_good.map(|last| milliseconds(at.since(last))),
        round_trip_microseconds: round_trip.map(|took| u32::try_from(took).unwrap_or(u32::MAX)),
    }
}

/// What people are warned of.
const fn warning(warning: Warning) -> v1::Warning {
    match warning {
        Warning::Deviation => v1::Warning::Deviation,
        Warning::CoilWarm => v1::Warning::CoilWarm,
        Warning::BadFrames => v1::Warning::BadFrames,
        Warning::MoveHandpiece => v1::Warning::MoveHandpiece,
        Warning::CountsDiffer => v1::Warning::CountsDiffer,
    }
}

/// Whether a unit treats people. What is not known is taken for real.
pub(crate) const fn mark(real: bool) -> v1::UnitMark {
    if real { v1::UnitMark::Real } else { v1::UnitMark::Simulated }
}

const fn state(state: State) -> v1::UnitState {
    match state {
        State::Offline => v1::UnitState::Offline,
        State::Standby => v1::UnitState::Standby,
        State::Ready => v1::UnitState::Ready,
        State::Warning => v1::UnitState::Warning,
        State::Emitting => v1::UnitState::Emitting,
        State::Paused => v1::UnitState::Paused,
        State::Stopping => v1::UnitState::Stopping,
        State::Locked => v1::UnitState::Locked,
    }
}

const NANOS_PER_MICRO: u64 = 1_000;

/// How the relay in a unit's interlock stands.
pub(super) fn relay_contact(contact: &ShownContact, directory: &Directory) -> v1::RelayContact {
    let none = v1::RelayFlaw::Unspecified;
    let (proof, age, flaw) = match contact.proof {
        Proof::Never => (v1::RelayProof::Never, None, none),
        Proof::Due => (v1::RelayProof::Due, None, none),
        Proof::Running => (v1::RelayProof::Running, None, none),
        Proof::Passed(age) => (v1::RelayProof::Passed, Some(age.millis()), none),
        Proof::Failed(flaw) => (v1::RelayProof::Failed, None, relay_flaw(flaw)),
    };
    let opened = contact.opened;
    v1::RelayContact {
        online: contact.online,
        closed: contact.closed,
        proof: proof.into(),
        passed_age_milliseconds: age,
        flaw: flaw.into(),
        opened_unit_id: opened.map_or_else(String::new, |unit| directory.name(unit).to_owned()),
    }
}

const fn relay_flaw(flaw: Flaw) -> v1::RelayFlaw {
    match flaw {
        Flaw::StayedClosed => v1::RelayFlaw::StayedClosed,
        Flaw::Held => v1::RelayFlaw::Held,
        Flaw::OtherOpened => v1::RelayFlaw::OtherOpened,
        Flaw::Unseen => v1::RelayFlaw::Unseen,
        Flaw::StayedOpen => v1::RelayFlaw::StayedOpen,
        Flaw::Interrupted => v1::RelayFlaw::Interrupted,
        Flaw::Earlier => v1::RelayFlaw::Earlier,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        control::{Facts, UnitFacts, stage},
        herald::Herald,
        inbox::Inbox,
        telemetry::samples,
        word,
    };

    /// The API of a gateway whose units are watched by `timing`.
    fn control(timing: Timing) -> Control {
        let (inbox, _nobody_answers) = Inbox::new(2);
        let (herald, _nothing_is_shown, _nor_carried) = Herald::new(samples::directory());
        let unit = UnitFacts { timing, ..UnitFacts::NONE };
        let facts = Facts { units: vec![unit; 3], ..Facts::default() };
        Control::new(inbox, herald, stage::recorded(), facts)
    }

    /// LAS-10, LAS-17, PEM-04, COM-06: what the core warns of is shown.
    #[test]
    fn warnings_are_shown() {
        let status = shown(&control(Timing::PEMF), samples::PEMF, &samples::pemf());
        assert_eq!(status.warnings().collect::<Vec<_>>(), [v1::Warning::CoilWarm]);
        let status = shown(&control(Timing::LASER), samples::LASER, &samples::laser());
        assert_eq!(status.warnings, Vec::<i32>::new());
    }

    /// What a stimulator is told, is ordered, shows and was charged, each in its own numbers.
    #[test]
    fn a_stimulator_is_shown_in_pulses_and_joules() {
        let shown =
            shown(&control(Timing::STIMULATOR), samples::STIMULATOR, &samples::stimulator());
        let level = |aged: Option<v1::AgedLevel>| match aged.unwrap().level.unwrap().emission {
            Some(v1::level::Emission::Stimulator(level)) => level,
            other => panic!("{other:?}"),
        };
        let told = v1::StimulatorLevel {
            intensity_permille: 550,
            rate_millihertz: 10_000,
            pulses_per_train: 9,
            wait_milliseconds: 10_000,
            pulse_energy_microjoules: 76_230_001,
        };
        for aged in [&shown.level_set, &shown.level_ordered, &shown.level_read_back] {
            assert_eq!(level(aged.clone()), told);
        }
        let measured = level(shown.level_measured);
        let found = (measured.rate_millihertz, measured.pulse_energy_microjoules);
        assert_eq!((found, measured.intensity_permille), ((10_000, 76_230_001), 0));
        let dose = |dose: Option<v1::Dose>| match dose.unwrap().amount {
            Some(v1::dose::Amount::Stimulator(dose)) => (dose.pulses, dose.energy_millijoules),
            other => panic!("{other:?}"),
        };
        let session = shown.session.unwrap();
        assert_eq!(dose(session.prescribed), (450, 34_303_500));
        assert_eq!(dose(session.charged), (28, 2_058_211));
        assert_eq!(dose(session.delivered), (26, 2_058_209));
        assert_eq!(session.remaining_time_milliseconds, 42_300);
        assert_eq!(dose(shown.stray), (1, 1));
        assert_eq!(shown.temperatures[0].place(), v1::TemperaturePlace::Coil);
    }

    /// API-06: past which age a value is unknown is what the unit's configuration says.
    #[test]
    fn a_value_is_fresh_as_long_as_it_is_configured() {
        let shorter = Nanos::from_millis(40);
        for (timing, wanted) in [
            (Timing::LASER, v1::Freshness::Fresh),
            (Timing { link: shorter, poll: shorter, ..Timing::LASER }, v1::Freshness::Unknown),
        ] {
            // Its contacts are 90 ms old.
            let status = shown(&control(timing), samples::LASER, &samples::laser());
            assert!(status.contacts.iter().all(|contact| contact.freshness() == wanted));
            assert_eq!(status.contacts.len(), 5);
        }
    }

    /// API-04: how long a hold lasts is what the unit's configuration says.
    #[test]
    fn a_hold_lasts_as_long_as_it_is_configured() {
        let shown = samples::laser();
        for (hold, left) in [(2_000, 1_810), (1_000, 810), (100, 0)] {
            let timing = Timing { hold: Nanos::from_millis(hold), ..Timing::LASER };
            assert_eq!(beacon(&shown, &timing), Some((12, Nanos::from_millis(left))));
        }
    }

    /// A warning and a state have one word each, wherever people read it.
    #[test]
    fn the_api_names_warnings_and_states_by_the_words_of_telemetry() {
        for one in Warning::ALL {
            let name = warning(*one).as_str_name().to_lowercase();
            assert_eq!(name.strip_prefix("warning_"), Some(word::warning(*one)));
        }
        for one in word::STATES {
            let name = state(*one).as_str_name().to_lowercase();
            assert_eq!(name.strip_prefix("unit_state_"), Some(word::state(*one)));
        }
    }
}
