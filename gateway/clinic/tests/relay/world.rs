//! Three units and a board, joined by lines with real byte times and by wires.

use clinic::{
    Answer, AnyPlan, AnyPrescription, AnyStatus, Ask, BoardInput, BoardPlan, Call, CallId, Change,
    Clinic, Confirmation, DoorAt, Effect, Entry, Evidence, Happening, HoldSource, InputUse, KeyAt,
    LeaseBy, LineId, PatientKey, Plan, Proposal, Receipt, RoomId, SessionId, Shown, UnitId, Verb,
    Wiring,
};
use device_drivers::{
    open_link::OpenLink,
    relay::{self, Channels},
};
use safety::{
    Beacon, Cause, CoilLimits, Fence, Instant, Laser, Nanos, Pace, Pemf, State, Terms, Timing,
};
use simulated_units::{
    Button, Plan as Built, Unit,
    relay::{RelayBoard, RelayPlan},
};
use test_bench::{limits::Permitted, open_link::Simulated};

pub(crate) const MS: u64 = 1_000_000;
pub(crate) const UNITS: usize = 3;
/// The line of the board.
pub(crate) const BOARD: usize = 3;
pub(crate) const SOUNDER: usize = 7;
pub(crate) const DOOR: usize = 0;
pub(crate) const STOP: usize = 1;
pub(crate) const KEY: usize = 2;
pub(crate) const SUPPLY: usize = 3;
/// A hang is a failure.
const STEPS_MAX: u32 = 2_000_000;

/// What differs from one test to the next.
#[derive(Clone, Copy)]
pub(crate) struct House {
    pub(crate) door: DoorAt,
    pub(crate) lease: LeaseBy,
    pub(crate) proven: bool,
    pub(crate) restarts: bool,
    /// The channel of the sounder: its own, if the configuration was checked.
    pub(crate) sounder: u8,
    /// The units treat people.
    pub(crate) real: bool,
    /// How well the units are known.
    pub(crate) evidence: Evidence,
    /// An auxiliary contact of the first unit's relay is at an input.
    pub(crate) supply: bool,
}

impl Default for House {
    fn default() -> Self {
        Self {
            door: DoorAt::Board,
            lease: LeaseBy::Relay,
            proven: true,
            restarts: true,
            sounder: 7,
            real: false,
            evidence: Evidence::default(),
            supply: false,
        }
    }
}

pub(crate) struct World {
    pub(crate) now: u64,
    pub(crate) clinic: Clinic,
    pub(crate) units: Vec<Unit>,
    pub(crate) board: RelayBoard,
    pub(crate) span: u64,
    pub(crate) off_within: u64,
    /// What is on its way along each line, and when its last byte is there.
    sending: [Option<(u64, Vec<u8>)>; UNITS + 1],
    coming: [Option<(u64, Vec<u8>)>; UNITS + 1],
    pub(crate) unplugged: bool,
    pub(crate) answers: Vec<(CallId, Answer)>,
    pub(crate) changes: Vec<Change>,
    pub(crate) entries: Vec<Entry>,
    calls: u64,
    pub(crate) holds: bool,
    /// What the ledger says of an entry, if it says something.
    pub(crate) receipt: Option<Receipt>,
    sessions: [Option<(SessionId, Fence)>; UNITS],
    /// The contacts as they are at the wires.
    pub(crate) contacts: [bool; 8],
    /// Since when each unit's contact may not be closed.
    forbidden: [Option<u64>; UNITS],
    /// The board is as it was built.
    pub(crate) sound: bool,
    /// The board may not hear, or not answer in time.
    pub(crate) disturbed: bool,
}

pub(crate) fn room(place: usize) -> RoomId {
    RoomId(u16::from(place == 2))
}

pub(crate) fn id(place: usize) -> UnitId {
    UnitId(u16::try_from(place).unwrap())
}

fn line(place: usize) -> LineId {
    LineId(u16::try_from(place).unwrap())
}

fn laser(place: usize, built: &Built, house: House) -> AnyPlan {
    let key = if place == 1 { KeyAt::Board } else { KeyAt::Unit };
    AnyPlan::Laser(Box::new(Plan {
        id: id(place),
        line: line(place),
        room: room(place),
        real: house.real,
        evidence: house.evidence,
        terms: Terms {
            pace: Pace::Continuous,
            frozen: None,
            timing: Timing::LASER,
            lease: Nanos::from_millis(500),
            rise: Nanos::from_secs(1),
            off_below: safety::Power::from_milliwatts(50),
            second_enable: true,
            coil: None,
        },
        limits: Laser::limits(),
        byte: Nanos::new(86_806),
        wiring: Wiring { door: house.door, key, lease: house.lease, ..Wiring::default() },
        dialect: Box::new(OpenLink::new(Laser::plate(built)).unwrap()),
    }))
}

fn pemf(place: usize, built: &Built, house: House) -> AnyPlan {
    AnyPlan::Pemf(Box::new(Plan {
        id: id(place),
        line: line(place),
        room: room(place),
        real: house.real,
        evidence: house.evidence,
        terms: Terms {
            pace: Pace::Continuous,
            frozen: None,
            timing: Timing::PEMF,
            lease: Nanos::from_millis(2_000),
            rise: Nanos::from_millis(500),
            off_below: safety::Flux::from_microteslas(100),
            second_enable: false,
            coil: Some(CoilLimits::STANDARD),
        },
        limits: Pemf::limits(),
        byte: Nanos::new(86_806),
        wiring: Wiring { door: DoorAt::None, lease: LeaseBy::Relay, ..Wiring::default() },
        dialect: Box::new(OpenLink::new(Pemf::plate(built)).unwrap()),
    }))
}

fn board_plan(house: House) -> BoardPlan {
    let plate = relay::Plate {
        address: 1,
        baud: 9_600,
        channels: Channels::from_bits(0b1000_0111),
        inputs: true,
        answer_within: Nanos::from_millis(10),
        lease: Nanos::from_secs(1),
    };
    let input = |input: usize, is| BoardInput {
        input: u8::try_from(input).unwrap(),
        is,
        closed_permits: true,
    };
    let mut inputs = vec![
        input(STOP, InputUse::EmergencyStop(RoomId(0))),
        input(KEY, InputUse::Reset(RoomId(0))),
    ];
    if house.door == DoorAt::Board {
        inputs.push(input(DOOR, InputUse::Door(RoomId(0))));
    }
    if house.supply {
        inputs.push(input(SUPPLY, InputUse::Supply(id(0))));
    }
    BoardPlan {
        line: line(BOARD),
        channels: vec![(0, id(0)), (1, id(1)), (2, id(2))],
        inputs,
        sounder: Some((house.sounder, RoomId(0))),
        driver: relay::Board::new(plate).unwrap(),
    }
}

impl World {
    /// A house in which every unit is in STANDBY and its contact closed.
    pub(crate) fn ready() -> Self {
        Self::of(House::default())
    }

    pub(crate) fn of(house: House) -> Self {
        let mut world = Self::closed(house);
        world.open(0..=UNITS);
        world.pass(3_000);
        for place in 0..UNITS {
            world.is(place, State::Standby);
        }
        world
    }

    /// Opens the ports of units, and the last of them all, which is the board's.
    pub(crate) fn open(&mut self, places: std::ops::RangeInclusive<usize>) {
        for place in places {
            self.tell(Happening::Opened(line(place)));
        }
    }

    pub(crate) fn closed(house: House) -> Self {
        let now = 5_000 * MS;
        let built =
            [Built::laser("OL15-0001"), Built::laser("OL15-0002"), Built::pemf("RING-0001")];
        let plans =
            vec![laser(0, &built[0], house), laser(1, &built[1], house), pemf(2, &built[2], house)];
        let board = board_plan(house);
        assert_eq!(board.validate().is_ok(), house.sounder == 7);
        let plate = *board.driver.plate();
        let mut clinic = Clinic::new(1, plans, vec![board], Instant::from_boot(now));
        let mut past = clinic::Past::default();
        if house.proven {
            past.proofs = (0..UNITS).map(|place| (id(place), Some(Nanos::from_secs(60)))).collect();
        }
        clinic.step(Instant::from_boot(now), Happening::Past(past), &mut Vec::new());
        let mut units: Vec<_> =
            (0..).zip(built).map(|(seed, plan)| Unit::new(plan, seed, 0)).collect();
        units.iter_mut().for_each(|unit| unit.advance(now));
        let relays = RelayPlan { restarts: house.restarts, ..RelayPlan::default() };
        let mut board = RelayBoard::new(relays, now);
        [DOOR, STOP, KEY].into_iter().for_each(|input| board.put_input(input, true));
        let mut world = Self {
            now,
            clinic,
            units,
            board,
            span: plate.span().get(),
            off_within: plate.off_within(4).get(),
            sending: Default::default(),
            coming: Default::default(),
            unplugged: false,
            answers: Vec::new(),
            changes: Vec::new(),
            entries: Vec::new(),
            calls: 0,
            holds: true,
            receipt: Some(Receipt::Durable),
            sessions: [None; UNITS],
            contacts: [true; 8],
            forbidden: [Some(now); UNITS],
            sound: house.restarts,
            disturbed: false,
        };
        world.wire();
        world
    }

    pub(crate) fn tell(&mut self, happening: Happening) {
        let mut effects = Vec::new();
        self.clinic.step(Instant::from_boot(self.now), happening, &mut effects);
        let mut receipts = Vec::new();
        for effect in effects {
            match effect {
                Effect::Write(LineId(place), frame) => {
                    let place = usize::from(place);
                    let byte = if place == BOARD { 1_041_666 } else { 86_806 };
                    let takes = byte * u64::try_from(frame.bytes.len()).unwrap();
                    assert!(self.sending[place].is_none(), "two frames on line {place}");
                    self.sending[place] = Some((self.now + takes, frame.bytes));
                }
                Effect::Enter(entry, what) => {
                    self.entries.push(what);
                    let receipt = self.receipt.map(|receipt| Happening::Receipt(entry, receipt));
                    receipts.extend(receipt);
                }
                Effect::Answer(call, answer) => self.answers.push((call, answer)),
                Effect::Tell(change) => self.changes.push(change),
                Effect::Show(_) | Effect::Relay(..) => {}
            }
        }
        self.note();
        receipts.into_iter().for_each(|receipt| self.tell(receipt));
    }

    /// Lets time pass, from one happening to the next.
    pub(crate) fn pass(&mut self, millis: u64) {
        let end = self.now + millis * MS;
        let mut left = STEPS_MAX;
        while self.now < end {
            left -= 1;
            assert!(left > 0, "spins at {}", self.now);
            let lines = self.sending.iter().chain(&self.coming).flatten().map(|(at, _)| *at);
            let units = self.units.iter().filter_map(|unit| unit.wake(self.now));
            let wake = Some(self.clinic.wake().since_boot());
            let next = lines.chain(units).chain(self.board.wake(self.now)).chain(wake).min();
            self.now = next.unwrap_or(end).clamp(self.now + 1, end);
            self.settle();
        }
    }

    /// Lets time pass while the control thread stands still.
    pub(crate) fn stall(&mut self, millis: u64) {
        let end = self.now + millis * MS;
        while self.now < end {
            self.now += MS;
            self.wire();
        }
        self.settle();
    }

    fn settle(&mut self) {
        self.wire();
        for place in 0..=UNITS {
            self.carry(place);
        }
        if self.clinic.wake() <= Instant::from_boot(self.now) {
            self.tell(Happening::Wake);
        }
        self.hold();
        self.judge();
    }

    /// Moves the bytes of one line.
    fn carry(&mut self, place: usize) {
        if let Some((at, bytes)) = self.sending[place].take_if(|(at, _)| *at <= self.now) {
            match place {
                BOARD if self.unplugged => {}
                BOARD => self.board.receive(at, &bytes),
                _ => self.units[place].receive(at, &bytes),
            }
            self.tell(Happening::Written(line(place)));
        }
        let mut bytes = Vec::new();
        match place {
            BOARD => self.board.transmit(self.now, &mut bytes),
            _ => self.units[place].transmit(self.now, &mut bytes),
        }
        if !bytes.is_empty() {
            let byte = if place == BOARD { 1_041_666 } else { 0 };
            let takes = byte * u64::try_from(bytes.len()).unwrap();
            self.coming[place] = Some((self.now + takes, bytes));
        }
        if let Some((_, bytes)) = self.coming[place].take_if(|(at, _)| *at <= self.now)
            && !(place == BOARD && self.unplugged)
        {
            self.tell(Happening::Bytes(line(place), bytes));
        }
    }

    /// What is wired moves with what it is wired to.
    fn wire(&mut self) {
        self.units.iter_mut().for_each(|unit| unit.advance(self.now));
        let contacts = self.board.contacts(self.now);
        for ((unit, before), closed) in self.units.iter_mut().zip(self.contacts).zip(contacts) {
            if before != closed {
                unit.press(self.now, Button::Interlock, closed);
            }
        }
        self.contacts = contacts;
    }

    /// Since when each contact may not be closed.
    fn note(&mut self) {
        for place in 0..UNITS {
            let shown = self.shown(place);
            let free = causes(&shown).iter().all(|cause| *cause == Cause::Interlock);
            let since = &mut self.forbidden[place];
            let permitted = shown.relay_closed && free;
            *since = if permitted { None } else { since.or(Some(self.now)) };
        }
    }

    /// LCK-01 and LCK-02, at the wires of a sound board, at every instant.
    fn judge(&self) {
        for place in 0..UNITS {
            let lit = self.units[place].output_now() > 0;
            assert!(!lit || self.contacts[place], "{place} emits through an open contact");
            let Some(since) = self.forbidden[place] else { continue };
            let bound = if self.disturbed { self.span } else { self.off_within };
            let late = self.contacts[place] && bound < self.now - since;
            assert!(
                !late || !self.sound,
                "{place} is closed {} ms after it had to open: {:?}",
                (self.now - since) / MS,
                self.causes(place)
            );
        }
    }

    fn hold(&mut self) {
        for place in 0..UNITS {
            let Some((_, fence)) = self.sessions[place] else { continue };
            let beacon = match self.shown(place).status {
                AnyStatus::Laser(status) => status.session.map(|own| own.beacon),
                AnyStatus::Pemf(status) => status.session.map(|own| own.beacon),
                AnyStatus::Stimulator(status) => status.session.map(|own| own.beacon),
            };
            if let Some(Beacon(number)) = beacon.filter(|_| self.holds)
                && number % 2 == 0
            {
                let epoch = self.epoch(place);
                let fence = Fence { epoch, ..fence };
                let ask = Ask::Hold(id(place), fence, Beacon(number), HoldSource::Switch);
                self.ask(ask);
                self.answers.clear();
            }
        }
    }

    pub(crate) fn ask(&mut self, ask: Ask) -> Answer {
        self.calls += 1;
        let call = CallId(self.calls);
        self.tell(Happening::Call(Call { id: call, request: None, ask }));
        let found = self.answers.iter().rev().find(|(other, _)| *other == call);
        found.expect("an answer").1.clone()
    }

    pub(crate) fn command(&mut self, place: usize, verb: Verb) -> Answer {
        let token = self.sessions[place].map_or(0, |(session, _)| session.token);
        let fence = Fence { token, epoch: self.epoch(place) };
        self.ask(Ask::Command(id(place), verb, fence))
    }

    pub(crate) fn confirm(&mut self, place: usize) {
        assert_eq!(self.confirm_if_it_may(place), None);
    }

    /// Gives why not, if not.
    pub(crate) fn confirm_if_it_may(&mut self, place: usize) -> Option<Answer> {
        let prescription = match place {
            2 => AnyPrescription::Pemf(Pemf::prescription()),
            _ => AnyPrescription::Laser(Laser::prescription()),
        };
        let patient = PatientKey::new("test", &format!("patient-{place}")).unwrap();
        let proposal = Proposal { unit: id(place), patient, prescription };
        let confirmation = Confirmation { hash: [0; 32], epoch: self.epoch(place) };
        match self.ask(Ask::Confirm(proposal, confirmation)) {
            Answer::Confirmed(session, fence) => self.sessions[place] = Some((session, fence)),
            other => return Some(other),
        }
        None
    }

    /// From STANDBY to EMITTING, with everything that a person does for it.
    pub(crate) fn emit(&mut self, place: usize) {
        self.confirm(place);
        let armed = self.command(place, Verb::Arm);
        assert!(matches!(armed, Answer::Accepted(_)), "{armed:?}");
        self.pass(500);
        self.units[place].press(self.now, Button::Footswitch, true);
        self.pass(600);
        let started = self.command(place, Verb::Start);
        assert!(matches!(started, Answer::Accepted(_)), "{started:?}");
        self.pass(5_000);
        self.is(place, State::Emitting);
        assert!(self.units[place].output_now() > 0);
    }

    pub(crate) fn release(&mut self, place: usize, cause: Cause) -> Answer {
        self.ask(Ask::Release(id(place), cause))
    }

    pub(crate) fn shown(&self, place: usize) -> Shown {
        self.clinic.shown(id(place)).expect("a unit")
    }

    pub(crate) fn epoch(&self, place: usize) -> u32 {
        match self.shown(place).status {
            AnyStatus::Laser(status) => status.epoch,
            AnyStatus::Pemf(status) => status.epoch,
            AnyStatus::Stimulator(status) => status.epoch,
        }
    }

    pub(crate) fn state(&self, place: usize) -> State {
        match self.shown(place).status {
            AnyStatus::Laser(status) => status.state,
            AnyStatus::Pemf(status) => status.state,
            AnyStatus::Stimulator(status) => status.state,
        }
    }

    pub(crate) fn causes(&self, place: usize) -> Vec<Cause> {
        causes(&self.shown(place))
    }

    pub(crate) fn is(&self, place: usize, state: State) {
        assert_eq!(self.state(place), state, "unit {place}: {:?}", self.causes(place));
    }

    pub(crate) fn put_input(&mut self, input: usize, closed: bool) {
        self.board.put_input(input, closed);
    }

    pub(crate) fn unplug(&mut self) {
        (self.unplugged, self.disturbed) = (true, true);
        self.tell(Happening::Closed(line(BOARD)));
        self.sending[BOARD] = None;
        self.coming[BOARD] = None;
    }

    pub(crate) fn plug(&mut self) {
        self.unplugged = false;
        self.tell(Happening::Opened(line(BOARD)));
    }
}

fn causes(shown: &Shown) -> Vec<Cause> {
    let causes = match shown.status {
        AnyStatus::Laser(status) => status.causes,
        AnyStatus::Pemf(status) => status.causes,
        AnyStatus::Stimulator(status) => status.causes,
    };
    causes.iter().map(|latched| latched.cause).collect()
}
