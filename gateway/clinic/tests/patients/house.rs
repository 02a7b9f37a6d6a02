//! A laser, two coils and a ledger, and people who treat with them.

use std::sync::{Arc, atomic::Ordering};

use clinic::{
    Answer, AnyChecked, AnyPlan, AnyPrescription, AnyStatus, Ask, Call, CallId, Change, Clinic,
    Confirmation, Effect, Entry, EntryId, Evidence, Happening, HoldSource, Kind, LineId, Past,
    PatientKey, Plan, Proposal, Receipt, Refused, RequestId, RoomId, SessionId, Shown, Summary,
    UnitId, Verb, What, Wiring,
};
use safety::{
    Beacon, Cause, Checkable, Decision, Fence, Instant, Laser, Modality, Nanos, Pace, Pemf, State,
    Terms, Timing,
};

use test_bench::limits::Permitted;

use crate::obedient::{Knobs, Obedient};

pub(crate) const LASER: usize = 0;
pub(crate) const COIL: usize = 1;
pub(crate) const OTHER_COIL: usize = 2;
pub(crate) const UNITS: usize = 3;
pub(crate) const HOUR: Nanos = Nanos::from_secs(3_600);

pub(crate) struct House {
    pub(crate) now: Instant,
    clinic: Clinic,
    pub(crate) knobs: [Arc<Knobs>; UNITS],
    /// Whether entries become durable at once; what does not waits.
    pub(crate) writes: bool,
    waiting: Vec<EntryId>,
    pub(crate) entries: Vec<Entry>,
    pub(crate) changes: Vec<Change>,
    answers: Vec<(CallId, Answer)>,
    fences: [Option<Fence>; UNITS],
    calls: u64,
}

pub(crate) fn id(place: usize) -> UnitId {
    UnitId(u16::try_from(place).unwrap())
}

fn line(place: usize) -> LineId {
    LineId(u16::try_from(place).unwrap())
}

pub(crate) fn patient(name: &str) -> PatientKey {
    PatientKey::new("clinic-a", name).unwrap()
}

fn plan<M: Permitted + Kind>(
    place: usize,
    knobs: &Arc<Knobs>,
    timing: Timing,
    off_below: M::Output,
) -> Plan<M>
where
    M::Output: Send,
{
    Plan {
        id: id(place),
        line: line(place),
        room: RoomId(u16::try_from(place).unwrap()),
        real: false,
        evidence: Evidence::default(),
        terms: Terms {
            timing,
            lease: Nanos::from_millis(500),
            rise: Nanos::ZERO,
            off_below,
            second_enable: false,
            coil: None,
            pace: Pace::Continuous,
            frozen: None,
        },
        limits: M::limits(),
        byte: Nanos::from_micros(87),
        wiring: Wiring::default(),
        dialect: Box::new(Obedient::<M>::new(knobs)),
    }
}

impl House {
    pub(crate) fn new() -> Self {
        Self::after(Past::default())
    }

    /// A house in which every unit is in STANDBY, unless its past forbids.
    pub(crate) fn after(past: Past) -> Self {
        let now = Instant::default().after(HOUR.times(24 * 365));
        let knobs: [Arc<Knobs>; UNITS] = Default::default();
        let watts = safety::Power::from_milliwatts(50);
        let field = safety::Flux::from_microteslas(50);
        let coil = |place: usize| {
            AnyPlan::Pemf(Box::new(plan::<Pemf>(place, &knobs[place], Timing::PEMF, field)))
        };
        let laser = plan::<Laser>(LASER, &knobs[LASER], Timing::LASER, watts);
        let plans = vec![AnyPlan::Laser(Box::new(laser)), coil(COIL), coil(OTHER_COIL)];
        let mut house = Self {
            now,
            clinic: Clinic::new(7, plans, Vec::new(), now),
            knobs,
            writes: true,
            waiting: Vec::new(),
            entries: Vec::new(),
            changes: Vec::new(),
            answers: Vec::new(),
            fences: [None; UNITS],
            calls: 0,
        };
        house.tell(Happening::Past(past));
        (0..UNITS).for_each(|place| house.tell(Happening::Opened(line(place))));
        house.pass(Nanos::from_secs(2));
        house
    }

    pub(crate) fn tell(&mut self, happening: Happening) {
        let mut effects = Vec::new();
        self.clinic.step(self.now, happening, &mut effects);
        let mut durable = Vec::new();
        for effect in effects {
            match effect {
                Effect::Enter(id, entry) => {
                    self.entries.push(entry);
                    if self.writes { durable.push(id) } else { self.waiting.push(id) }
                }
                Effect::Answer(call, answer) => self.answers.push((call, answer)),
                Effect::Tell(change) => self.changes.push(change),
                Effect::Write(..) => panic!("these units are told nothing by bytes"),
                Effect::Show(_) | Effect::Relay(..) => {}
            }
        }
        for id in durable {
            self.tell(Happening::Receipt(id, Receipt::Durable));
        }
    }

    /// The ledger catches up.
    pub(crate) fn write(&mut self) {
        self.writes = true;
        for id in std::mem::take(&mut self.waiting) {
            self.tell(Happening::Receipt(id, Receipt::Durable));
        }
    }

    /// Lets time pass, with every operator at work.
    pub(crate) fn pass(&mut self, span: Nanos) {
        let end = self.now.after(span);
        while self.now < end {
            self.now = self.clinic.wake().max(self.now.after(Nanos::new(1))).min(end);
            self.tell(Happening::Wake);
            (0..UNITS).for_each(|place| self.hold(place));
        }
    }

    /// Lets hours pass in which nothing is plugged in.
    pub(crate) fn sleep(&mut self, hours: u64) {
        (0..UNITS).for_each(|place| self.tell(Happening::Closed(line(place))));
        for _ in 0..hours {
            self.now = self.now.after(HOUR);
            self.tell(Happening::Wake);
        }
        (0..UNITS).for_each(|place| self.tell(Happening::Opened(line(place))));
        self.pass(Nanos::from_secs(2));
        for place in 0..UNITS {
            for cause in self.causes(place) {
                let _may_stand = self.ask(Ask::Release(id(place), cause));
            }
        }
    }

    fn hold(&mut self, place: usize) {
        let Some(fence) = self.fences[place] else { return };
        let beacon = match self.shown(place).status {
            AnyStatus::Laser(status) => status.session.map(|session| session.beacon),
            AnyStatus::Pemf(status) => status.session.map(|session| session.beacon),
            AnyStatus::Stimulator(status) => status.session.map(|session| session.beacon),
        };
        let Some(Beacon(number)) = beacon else { return };
        let fence = Fence { epoch: self.epoch(place), ..fence };
        let ask = Ask::Hold(id(place), fence, Beacon(number), HoldSource::Script);
        let _late = self.ask(ask);
    }

    pub(crate) fn ask(&mut self, ask: Ask) -> Answer {
        self.ask_as(None, ask)
    }

    pub(crate) fn ask_as(&mut self, request: Option<RequestId>, ask: Ask) -> Answer {
        self.calls += 1;
        let call = CallId(self.calls);
        self.tell(Happening::Call(Call { id: call, request, ask }));
        let found = self.answers.iter().rposition(|(other, _)| *other == call);
        let (_, answer) = self.answers.swap_remove(found.expect("an answer"));
        answer
    }

    pub(crate) fn proposal(place: usize, whose: &PatientKey) -> Proposal {
        let prescription = match place {
            LASER => AnyPrescription::Laser(<Laser as Permitted>::prescription()),
            _ => AnyPrescription::Pemf(<Pemf as Permitted>::prescription()),
        };
        Proposal { unit: id(place), patient: whose.clone(), prescription }
    }

    pub(crate) fn confirm(
        &mut self,
        place: usize,
        whose: &PatientKey,
    ) -> Result<SessionId, Refused> {
        let confirmation = Confirmation { hash: [0; 32], epoch: self.epoch(place) };
        let ask = Ask::Confirm(Self::proposal(place, whose), confirmation);
        match self.ask(ask) {
            Answer::Confirmed(session, fence) => {
                self.fences[place] = Some(fence);
                Ok(session)
            }
            Answer::Refused(refused) => Err(refused),
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn command(&mut self, place: usize, verb: Verb) -> Answer {
        let fence = Fence { epoch: self.epoch(place), ..self.fences[place].unwrap_or_default() };
        self.ask(Ask::Command(id(place), verb, fence))
    }

    pub(crate) fn must(&mut self, place: usize, verb: Verb) {
        let answer = self.command(place, verb);
        assert!(matches!(answer, Answer::Accepted(_)), "{verb:?}: {answer:?}");
    }

    /// Confirms, arms and starts, up to the emission.
    pub(crate) fn emit(&mut self, place: usize, whose: &PatientKey) -> SessionId {
        let session = self.confirm(place, whose).expect("a session");
        self.must(place, Verb::Arm);
        self.pass(Nanos::from_secs(1));
        self.must(place, Verb::Start);
        self.pass(Nanos::from_secs(4));
        assert_eq!(self.state(place), State::Emitting, "{:?}", self.causes(place));
        session
    }

    pub(crate) fn leave(&mut self, place: usize) {
        let token = self.fences[place].unwrap_or_default().token;
        let answer = self.ask(Ask::Leave(id(place), token));
        assert!(matches!(answer, Answer::Accepted(_)), "{answer:?}");
        self.pass(Nanos::from_secs(1));
    }

    /// How a session ended.
    pub(crate) fn ended(&self, session: SessionId) -> Option<Summary> {
        self.changes.iter().find_map(|change| match &change.what {
            What::Ended(summary) if change.session == Some(session) => Some(*summary),
            _ => None,
        })
    }

    /// What the core decides of another session of somebody on the laser.
    pub(crate) fn decisions(&mut self, whose: &PatientKey) -> Vec<Decision> {
        match self.ask(Ask::Check(Self::proposal(LASER, whose))) {
            Answer::Checked(AnyChecked::Laser(checked)) => own(*checked),
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn stick(&self, place: usize, stuck: bool) {
        self.knobs[place].is_stuck.store(stuck, Ordering::Relaxed);
    }

    pub(crate) fn count(&self, place: usize, permille: u64) {
        self.knobs[place].counts_permille.store(permille, Ordering::Relaxed);
    }

    fn shown(&self, place: usize) -> Shown {
        self.clinic.shown(id(place)).expect("a unit")
    }

    fn epoch(&self, place: usize) -> u32 {
        self.facts(place).0
    }

    pub(crate) fn state(&self, place: usize) -> State {
        self.facts(place).1
    }

    pub(crate) fn causes(&self, place: usize) -> Vec<Cause> {
        self.facts(place).2
    }

    fn facts(&self, place: usize) -> (u32, State, Vec<Cause>) {
        fn of<M: Modality>(status: &safety::Status<M>) -> (u32, State, Vec<Cause>) {
            let causes = status.causes.iter().map(|latched| latched.cause).collect();
            (status.epoch, status.state, causes)
        }
        match &self.shown(place).status {
            AnyStatus::Laser(status) => of(status),
            AnyStatus::Pemf(status) => of(status),
            AnyStatus::Stimulator(status) => of(status),
        }
    }
}

fn own<M: Checkable>(checked: safety::Checked<M>) -> Vec<Decision> {
    checked.decisions().to_vec()
}
