//! Coils on one pair of wires with real byte times.

use clinic::{
    Answer, AnyPlan, AnyPrescription, AnyStatus, Ask, Call, CallId, Clinic, Confirmation, Effect,
    Evidence, Happening, HoldSource, LeaseBy, LineId, PatientKey, Plan, Proposal, Receipt, RoomId,
    SessionId, StopProof, UnitId, Verb, Wiring,
};
use device_drivers::{
    Budget, Company, Dialect, Frame, Rank, modbus_rtu,
    profile::{Plate, Registers, Source, Wire},
};
use safety::{Beacon, Cause, Fence, Instant, Nanos, Pace, Pemf, State, Status, Terms, Timing};
use simulated_units::{
    Device,
    riden::{Riden, RidenModel},
};

use test_bench::{
    limits::Permitted,
    profiles::{riden, riden_plate},
};

pub(crate) const MS: u64 = 1_000_000;
/// When a world begins: long enough after zero that nothing is due by accident.
const BEGIN: u64 = 5_000 * MS;
/// What came in is handed over this long after its last byte, as the driver of a port does.
const LATENCY: u64 = MS;
/// A hang is a failure.
const STEPS_MAX: u32 = 4_000_000;
pub(crate) const LINE: LineId = LineId(3);

/// How a line is used.
#[derive(Clone, Copy)]
pub(crate) struct Bus {
    pub(crate) units: u16,
    pub(crate) baud: u32,
    /// How long a unit may think, in milliseconds.
    pub(crate) within: u64,
}

/// What becomes of an answer: what is on the wires instead, and how much later.
pub(crate) type Spoil = Box<dyn FnMut(usize, Vec<u8>) -> Vec<(u64, Vec<u8>)>>;

pub(crate) struct World {
    pub(crate) now: u64,
    pub(crate) clinic: Clinic,
    pub(crate) units: Vec<Riden>,
    pub(crate) budgets: Vec<Budget>,
    /// How long an answer may take at most, with its question.
    pub(crate) word: u64,
    byte: u64,
    /// Every frame that went out, and when it began.
    pub(crate) said: Vec<(u64, Frame)>,
    /// Every answer, when it began and when its last byte was there.
    pub(crate) answered: Vec<(u64, u64, Vec<u8>)>,
    /// How often something was said into an answer, or answered into a question.
    pub(crate) collisions: usize,
    pub(crate) spoil: Option<Spoil>,
    /// Noise comes in every so many nanoseconds.
    pub(crate) flood: Option<u64>,
    flooded: u64,
    sending: Option<(u64, Vec<u8>)>,
    coming: Vec<(u64, Vec<u8>)>,
    pub(crate) stopped: Vec<(UnitId, StopProof)>,
    answers: Vec<(CallId, Answer)>,
    calls: u64,
    sessions: Vec<Option<(SessionId, Fence)>>,
}

pub(crate) fn id(place: usize) -> UnitId {
    UnitId(u16::try_from(place).unwrap())
}

/// The address of a unit on the line.
pub(crate) fn address(place: usize) -> u8 {
    u8::try_from(place + 11).unwrap()
}

pub(crate) fn plate(place: usize, bus: Bus) -> Plate<Pemf> {
    let mut profile = riden();
    profile.link.baud = bus.baud;
    profile.wire = Wire::Registers(Registers { address: address(place), source: Source::Vendor });
    let asked = profile.introduction.iter_mut().map(|asked| &mut asked.command);
    let polls = profile.polls.iter_mut().map(|poll| &mut poll.command);
    let told = profile.off.iter_mut().chain(&mut profile.tell).chain(&mut profile.fire);
    for command in asked.chain(polls).chain(told) {
        command.within = Nanos::from_millis(bus.within);
    }
    Plate { profile, serial: format!("{}", 4_711 + place), ..riden_plate("rd6006") }
}

fn dialect(place: usize, bus: Bus) -> Box<dyn Dialect<Pemf> + Send> {
    modbus_rtu::dialect(plate(place, bus)).unwrap()
}

/// What each unit of a line takes at worst to be stopped.
pub(crate) fn budgets(bus: Bus) -> Vec<Budget> {
    let dialects = || (0..usize::from(bus.units)).map(|place| dialect(place, bus));
    let shares: Vec<_> = dialects().map(|own| own.share().expect("it may share")).collect();
    let budget = |(place, mut own): (usize, Box<dyn Dialect<Pemf> + Send>)| {
        let others = shares.iter().enumerate().filter(|(other, _)| *other != place);
        own.join(Company::of(others.map(|(_, share)| *share)));
        own.budget()
    };
    dialects().enumerate().map(budget).collect()
}

fn plan(place: usize, bus: Bus) -> Plan<Pemf> {
    Plan {
        id: id(place),
        line: LINE,
        room: RoomId(0),
        real: false,
        evidence: Evidence::default(),
        terms: Terms {
            pace: Pace::Continuous,
            frozen: None,
            timing: Timing::PEMF,
            lease: Nanos::from_millis(500),
            rise: Nanos::from_secs(1),
            off_below: safety::Flux::from_microteslas(100),
            second_enable: false,
            coil: None,
        },
        limits: Pemf::limits(),
        byte: Nanos::new(byte(bus)),
        wiring: Wiring { lease: LeaseBy::Unit, ..Wiring::default() },
        dialect: dialect(place, bus),
    }
}

fn byte(bus: Bus) -> u64 {
    (10 * 1_000_000_000_u64).div_ceil(u64::from(bus.baud))
}

impl World {
    /// A line whose units are all in STANDBY.
    pub(crate) fn ready(bus: Bus) -> Self {
        let mut world = Self::opened(bus);
        world.pass(3_000);
        (0..usize::from(bus.units)).for_each(|place| world.is(place, State::Standby));
        world
    }

    /// A line whose port has just opened.
    pub(crate) fn opened(bus: Bus) -> Self {
        let mut world = Self::closed(bus);
        world.tell(Happening::Opened(LINE));
        world
    }

    pub(crate) fn closed(bus: Bus) -> Self {
        let places = 0..usize::from(bus.units);
        let plans = places.clone().map(|place| AnyPlan::Pemf(Box::new(plan(place, bus))));
        Self::of(bus, plans.collect())
    }

    pub(crate) fn of(bus: Bus, plans: Vec<AnyPlan>) -> Self {
        let places = 0..usize::from(bus.units);
        let clinic = Clinic::new(1, plans, Vec::new(), Instant::from_boot(BEGIN));
        let unit = |place: usize| {
            let serial = 4_711 + u32::try_from(place).unwrap();
            let mut unit = Riden::new(RidenModel::Rd6006, serial).at(address(place));
            unit.advance(BEGIN);
            unit
        };
        let share = dialect(0, bus).share().unwrap();
        let mut world = Self {
            now: BEGIN,
            clinic,
            units: places.clone().map(unit).collect(),
            budgets: budgets(bus),
            word: share.word.get(),
            byte: byte(bus),
            said: Vec::new(),
            answered: Vec::new(),
            collisions: 0,
            spoil: None,
            flood: None,
            flooded: BEGIN,
            sending: None,
            coming: Vec::new(),
            stopped: Vec::new(),
            answers: Vec::new(),
            calls: 0,
            sessions: places.map(|_| None).collect(),
        };
        world.tell(Happening::Past(clinic::Past::default()));
        world
    }

    pub(crate) fn tell(&mut self, happening: Happening) {
        let mut effects = Vec::new();
        self.clinic.step(Instant::from_boot(self.now), happening, &mut effects);
        let mut receipts = Vec::new();
        for effect in effects {
            match effect {
                Effect::Write(line, frame) => {
                    assert_eq!(line, LINE);
                    assert!(self.sending.is_none(), "two frames at once");
                    let busy = self.answered.last().is_some_and(|(_, end, _)| self.now < *end);
                    self.collisions += usize::from(busy);
                    if frame.purge_first {
                        self.coming.retain(|(at, _)| self.now < *at);
                    }
                    let end = self.now + self.time(&frame.bytes);
                    self.sending = Some((end, frame.bytes.clone()));
                    self.said.push((self.now, frame));
                }
                Effect::Enter(entry, _) => {
                    receipts.push(Happening::Receipt(entry, Receipt::Durable));
                }
                Effect::Answer(_, Answer::Stopped(unit, proof)) => self.stopped.push((unit, proof)),
                Effect::Answer(call, answer) => self.answers.push((call, answer)),
                Effect::Show(_) | Effect::Relay(..) | Effect::Tell(_) => {}
            }
        }
        receipts.into_iter().for_each(|receipt| self.tell(receipt));
    }

    /// What was on the wires is lost with the port.
    pub(crate) fn hang_up(&mut self) {
        (self.sending, self.coming) = (None, Vec::new());
    }

    /// Lets time pass, from one happening to the next.
    pub(crate) fn pass(&mut self, millis: u64) {
        self.pass_until(self.now + millis * MS);
    }

    pub(crate) fn pass_until(&mut self, end: u64) {
        let mut left = STEPS_MAX;
        while self.now < end {
            left -= 1;
            assert!(left > 0, "spins at {}", self.now);
            let sent = self.sending.as_ref().map(|(at, _)| *at);
            let come = self.coming.iter().map(|(at, _)| *at).min();
            let units = self.units.iter().filter_map(|unit| unit.wake(self.now));
            let flood = self.flood.map(|every| self.flooded + every);
            let wake = Some(self.clinic.wake().since_boot());
            let next = units.chain(sent).chain(come).chain(flood).chain(wake).min();
            self.now = next.unwrap_or(end).clamp(self.now + 1, end);
            self.settle();
        }
    }

    /// Lets time pass until `done`, and says whether that was before `millis` were over.
    pub(crate) fn pass_till(&mut self, millis: u64, done: impl Fn(&Self) -> bool) -> bool {
        let end = self.now + millis * MS;
        while !done(self) && self.now < end {
            self.pass_until((self.now + MS / 4).min(end));
        }
        done(self)
    }

    /// Everything that happens at this instant.
    fn settle(&mut self) {
        let now = self.now;
        if let Some((at, bytes)) = self.sending.take_if(|(at, _)| *at <= now) {
            self.units.iter_mut().for_each(|unit| unit.receive(at, &bytes));
            self.tell(Happening::Written(LINE));
        }
        for place in 0..self.units.len() {
            let mut bytes = Vec::new();
            self.units[place].transmit(now, &mut bytes);
            if !bytes.is_empty() {
                let all = match &mut self.spoil {
                    Some(spoil) => spoil(place, bytes),
                    None => vec![(0, bytes)],
                };
                for (later, bytes) in all {
                    self.answer(place, now + later, bytes);
                }
            }
        }
        while let Some(place) = self.coming.iter().position(|(at, _)| *at <= now) {
            let (_, bytes) = self.coming.remove(place);
            self.tell(Happening::Bytes(LINE, bytes));
        }
        if self.flood.is_some_and(|every| self.flooded + every <= now) {
            self.flooded = now;
            self.tell(Happening::Bytes(LINE, vec![0xA5]));
        }
        if self.clinic.wake().since_boot() <= now {
            self.tell(Happening::Wake);
        }
        self.hold();
    }

    /// Puts an answer on the wires. The other units hear it as well; its own does not while it speaks.
    fn answer(&mut self, from: usize, begin: u64, mut bytes: Vec<u8>) {
        let end = begin + self.time(&bytes);
        let busy = self.answered.iter().any(|(since, until, _)| *since < end && begin < *until);
        if self.sending.is_some() || busy {
            self.collisions += 1;
            bytes.iter_mut().for_each(|byte| *byte ^= 0x18);
        }
        let own = |place: usize| place == from || bytes.first() == Some(&address(place));
        let others = self.units.iter_mut().enumerate().filter(|(place, _)| !own(*place));
        others.for_each(|(_, unit)| unit.receive(self.now, &bytes));
        self.answered.push((begin, end, bytes.clone()));
        self.coming.push((end + LATENCY, bytes));
    }

    fn time(&self, bytes: &[u8]) -> u64 {
        self.byte * u64::try_from(bytes.len()).unwrap()
    }

    fn hold(&mut self) {
        for place in 0..self.units.len() {
            let Some((_, fence)) = self.sessions[place] else { continue };
            let status = self.status(place);
            let Some(Beacon(number)) = status.session.map(|own| own.beacon) else { continue };
            let fence = Fence { epoch: status.epoch, ..fence };
            self.ask(Ask::Hold(id(place), fence, Beacon(number), HoldSource::Script));
            self.answers.clear();
        }
    }

    fn ask(&mut self, ask: Ask) -> Answer {
        self.calls += 1;
        let call = CallId(self.calls);
        self.tell(Happening::Call(Call { id: call, request: None, ask }));
        let found = self.answers.iter().rev().find(|(other, _)| *other == call);
        found.expect("an answer").1.clone()
    }

    fn command(&mut self, place: usize, verb: Verb) {
        let token = self.sessions[place].map_or(0, |(session, _)| session.token);
        let fence = Fence { token, epoch: self.status(place).epoch };
        let answer = self.ask(Ask::Command(id(place), verb, fence));
        let (state, causes) = (self.status(place).state, self.causes(place));
        let taken = matches!(answer, Answer::Accepted(_));
        assert!(taken, "{verb:?} of {place} {answer:?} in {state:?} {causes:?}");
    }

    /// From STANDBY to EMITTING, with everything that a person does for it.
    pub(crate) fn emit(&mut self, place: usize) {
        let patient = PatientKey::new("test", &format!("patient-{place}")).unwrap();
        let prescription = AnyPrescription::Pemf(Pemf::prescription());
        let proposal = Proposal { unit: id(place), patient, prescription };
        let confirmation = Confirmation { hash: [0; 32], epoch: self.status(place).epoch };
        let answer = self.ask(Ask::Confirm(proposal, confirmation));
        let Answer::Confirmed(session, fence) = answer else {
            panic!("{:.200}", format!("{answer:?}"))
        };
        self.sessions[place] = Some((session, fence));
        self.command(place, Verb::Arm);
        self.pass(1_500);
        self.command(place, Verb::Start);
        self.pass(3_000);
        self.is(place, State::Emitting);
        assert!(self.units[place].output_now() > 0);
    }

    /// Stops one unit, and waits until that is answered.
    pub(crate) fn stop(&mut self, place: usize) -> Stopped {
        let began = self.now;
        self.calls += 1;
        self.tell(Happening::Stop(CallId(self.calls), id(place)));
        self.stopped_since(place, began)
    }

    pub(crate) fn stopped_since(&mut self, place: usize, began: u64) -> Stopped {
        let answered = |world: &Self| world.proof(place, began).is_some();
        assert!(self.pass_till(3_000, answered), "no stop of {place}");
        let proof = self.proof(place, began).unwrap();
        let first = self.stops_since(place, began).first().copied().expect("a stop");
        Stopped { first: first - began, proven: proof.confirmed.map(|at| at.since_boot() - first) }
    }

    fn proof(&self, place: usize, began: u64) -> Option<StopProof> {
        let since = |proof: &&(UnitId, StopProof)| {
            proof.0 == id(place) && began <= proof.1.accepted.since_boot()
        };
        self.stopped.iter().find(since).map(|(_, proof)| *proof)
    }

    /// When the unit was told off, from `since` on.
    pub(crate) fn stops_since(&self, place: usize, since: u64) -> Vec<u64> {
        let own = self.said.iter().filter(|(at, frame)| {
            since <= *at && frame.bytes[0] == address(place) && frame.rank == Rank::Stop
        });
        own.map(|(at, _)| *at).collect()
    }

    /// When anything was said to the unit, from `since` on.
    pub(crate) fn said_since(&self, place: usize, since: u64) -> Vec<u64> {
        let own =
            self.said.iter().filter(|(at, frame)| since <= *at && frame.bytes[0] == address(place));
        own.map(|(at, _)| *at).collect()
    }

    pub(crate) fn status(&self, place: usize) -> Status<Pemf> {
        match self.clinic.shown(id(place)).expect("a unit").status {
            AnyStatus::Pemf(status) => status,
            AnyStatus::Laser(_) | AnyStatus::Stimulator(_) => panic!("no coil"),
        }
    }

    pub(crate) fn link(&self, place: usize) -> clinic::Traffic {
        self.clinic.shown(id(place)).expect("a unit").link
    }

    pub(crate) fn causes(&self, place: usize) -> Vec<Cause> {
        self.status(place).causes.iter().map(|latched| latched.cause).collect()
    }

    pub(crate) fn is(&self, place: usize, state: State) {
        let causes = self.causes(place);
        assert_eq!(self.status(place).state, state, "unit {place} at {}: {causes:?}", self.now);
    }
}

/// How a stop went, in nanoseconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stopped {
    /// From the stop to its first byte.
    pub(crate) first: u64,
    /// From that byte to the proof of off, if there was one.
    pub(crate) proven: Option<u64>,
}
