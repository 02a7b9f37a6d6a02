//! A whole clinic in virtual time: one gateway, its ledger, its units, and the people at them.

use clinic::{Answer, Effect, Happening, UnitId, What};
use rand::{Rng, SeedableRng, rngs::StdRng};
use safety::{Cause, Instant};

use crate::{
    device::Device,
    disk::Disk,
    gateway::{Asked, Digest, Gateway},
    glance::Glance,
    judge::{Judge, Violation},
    line::Line,
    marks::Marks,
    mishap::{Fuse, Mending},
    operator::Operator,
    recording::{Recorded, Recording},
    seat::Surroundings,
    story::Story,
    ward::UNITS,
};

const MS: u64 = 1_000_000;
/// When the story begins: a machine that has run for a while.
const BEGIN: u64 = 1_000_000 * MS;
/// From the effect to the contact.
const RELAY_NS: u64 = 20 * MS;
/// How many lines of a log are kept.
const LOG_MAX: usize = 400;
/// More steps of the core in one virtual second than this are a busy loop.
const STEPS_MAX: u64 = 4_000;

/// A clinic and its story.
pub struct World {
    pub(crate) now: u64,
    pub(crate) chance: StdRng,
    pub(crate) story: Story,
    pub(crate) devices: [Device; UNITS],
    pub(crate) lines: [Line; UNITS],
    pub(crate) disk: Disk,
    pub(crate) gateway: Option<Gateway>,
    pub(crate) operators: [Operator; UNITS],
    pub(crate) judge: Judge,
    /// What was reached.
    pub marks: Marks,
    pub(crate) mendings: Vec<(u64, Mending)>,
    pub(crate) mishap_due: u64,
    /// Between which two effects the gateway is gone.
    pub(crate) fuse: Option<Fuse>,
    pub(crate) run: u32,
    pub(crate) restart_due: u64,
    /// Until when the control thread counts as disturbed.
    pub(crate) shaken_until: u64,
    digest: Digest,
    steps: u64,
    steps_before: (u64, u64),
    effects: Vec<Effect>,
    /// The runs of the gateway that were recorded, if they are, and the one that goes on.
    pub(crate) records: Option<Vec<Recorded>>,
    pub(crate) recording: Option<Recording>,
    log: Option<Vec<String>>,
}

/// How a story ended.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// A promise that was not kept.
    pub violation: Option<Violation>,
    /// A hash over everything that the core wanted done.
    pub digest: u64,
    /// How often the core was stepped.
    pub steps: u64,
    /// What was reached.
    pub marks: Marks,
    /// The last of what happened, if it was written down.
    pub log: Vec<String>,
    /// Each run of the gateway, if they were recorded.
    pub records: Vec<Recorded>,
}

impl World {
    /// The world of `seed`. `written` says that what happens is written down.
    pub fn new(seed: u64, written: bool) -> Self {
        Self::with(seed, Story::new(seed), written)
    }

    /// The world of `seed` with a story of its own.
    pub fn with(seed: u64, story: Story, written: bool) -> Self {
        let mut world = Self::still(seed, story, written);
        world.start();
        world
    }

    /// The world of `seed`, each run of its gateway recorded.
    pub fn recorded(seed: u64) -> Self {
        let mut world = Self::still(seed, Story::new(seed), false);
        world.records = Some(Vec::new());
        world.start();
        world
    }

    /// Nothing happened yet.
    fn still(seed: u64, story: Story, written: bool) -> Self {
        let mut chance = StdRng::seed_from_u64(seed);
        let mut devices: [Device; UNITS] =
            core::array::from_fn(|place| Device::new(place, chance.random(), BEGIN));
        let lines = core::array::from_fn(|place| Line::new(place, story.latency_ns));
        let mut operators: [Operator; UNITS] = core::array::from_fn(|place| {
            Operator::new(place, BEGIN + chance.random_range(0..2_000) * MS, story.silly)
        });
        let mishap_due = story.next(BEGIN + 2_000 * MS, &mut chance);
        for absent in story.units..UNITS {
            (devices[absent].due, operators[absent].due) = (u64::MAX, u64::MAX);
        }
        Self {
            now: BEGIN,
            chance,
            story,
            devices,
            lines,
            disk: Disk::new(),
            gateway: None,
            operators,
            judge: Judge::new(),
            marks: Marks::default(),
            mendings: Vec::new(),
            mishap_due,
            fuse: None,
            run: 0,
            restart_due: u64::MAX,
            shaken_until: 0,
            digest: Digest::new(),
            steps: 0,
            steps_before: (BEGIN, 0),
            effects: Vec::new(),
            records: None,
            recording: None,
            log: written.then(Vec::new),
        }
    }

    /// Lets `seconds` of the story pass, or less if a promise is broken.
    pub fn run(mut self, seconds: u64) -> Outcome {
        let end = self.now + seconds * 1_000 * MS;
        while self.now < end && self.judge.violation.is_none() {
            self.advance();
        }
        self.end_recording();
        Outcome {
            records: self.records.unwrap_or_default(),
            violation: self.judge.violation,
            digest: self.digest.value(),
            steps: self.steps,
            marks: self.marks,
            log: self.log.unwrap_or_default(),
        }
    }

    /// Everything that a person at the screen of `place` sees.
    pub(crate) fn glance(&self, place: usize) -> Option<Glance> {
        self.gateway.as_ref().and_then(|gateway| gateway.board[place])
    }

    pub(crate) fn write(&mut self, line: impl FnOnce() -> String) {
        if let Some(log) = &mut self.log {
            let line = line();
            log.push(format!("{:>11.6} {line}", (self.now - BEGIN) as f64 / 1e9));
            if log.len() > LOG_MAX {
                log.drain(..LOG_MAX / 2);
            }
        }
    }

    /// Jumps to whatever happens next, and lets it happen.
    fn advance(&mut self) {
        self.now = self.next().max(self.now);
        self.move_bytes();
        self.turn_disk();
        self.run_gateway();
        self.people();
        if self.mishap_due <= self.now {
            self.mishap_due = self.story.next(self.now, &mut self.chance);
            self.mishap();
        }
        self.mend();
        if self.judge.due() <= self.now {
            (0..UNITS).for_each(|place| self.move_device(place));
        }
        if self.restart_due <= self.now {
            self.start();
        }
        self.judge.expect_answers(self.now);
        self.count_steps();
    }

    fn next(&self) -> u64 {
        let devices = self.devices.iter().map(|device| device.due);
        let wires =
            self.lines.iter().map(|line| line.due().min(line.up.due()).min(line.down.due()));
        let people = self.operators.iter().map(|operator| operator.due);
        let mendings = self.mendings.iter().map(|(at, _)| *at);
        let gateway = self.gateway.as_ref().map_or(self.restart_due, Gateway::due);
        let own = [self.disk.due(), gateway, self.mishap_due, self.judge.due()];
        let all = devices.chain(wires).chain(people).chain(mendings).chain(own);
        all.min().unwrap_or(u64::MAX)
    }

    fn move_bytes(&mut self) {
        let now = self.now;
        for place in 0..UNITS {
            if self.devices[place].due <= now {
                self.move_device(place);
            }
        }
        for place in 0..UNITS {
            while let Some(bytes) = self.lines[place].down.arrived(now) {
                let device = self.lines[place].device;
                self.devices[device].receive(now, &bytes);
                self.move_device(device);
            }
            while let Some(bytes) = self.lines[place].up.arrived(now) {
                if self.lines[place].is_open() {
                    let line = clinic::LineId(u16::try_from(place).unwrap_or_default());
                    self.tell(Happening::Bytes(line, bytes));
                }
            }
            if let Some(happening) = self.lines[place].turn(now, &mut self.chance) {
                self.tell(happening);
            }
        }
    }

    /// Lets a unit go on, puts what it says on its wire, and has the judge look at it.
    pub(crate) fn move_device(&mut self, place: usize) {
        let now = self.now;
        let mut said = Vec::new();
        self.devices[place].transmit(now, &mut said);
        if !said.is_empty()
            && let Some(line) = self.lines.iter_mut().find(|line| line.device == place)
            && line.plugged
        {
            line.up.put(now, &said, line.quality, &mut self.chance);
        }
        self.look(place);
    }

    pub(crate) fn look(&mut self, place: usize) {
        let around = self.surroundings(place);
        self.judge.look(self.now, place, &self.devices[place], around);
    }

    fn surroundings(&self, place: usize) -> Surroundings {
        let line = &self.lines[place];
        let heard = line.disturbed_until <= self.now
            && line.device == place
            && line.is_open()
            && !self.devices[place].is_deaf()
            && self.shaken_until <= self.now
            && self.gateway.as_ref().is_some_and(|gateway| gateway.stalled.is_none());
        Surroundings { heard, relay: self.story.relays }
    }

    fn turn_disk(&mut self) {
        if self.disk.due() <= self.now {
            let receipts = self.disk.complete(self.now, self.run, &mut self.chance);
            self.judge.durable(self.now, &mut self.disk.book);
            for (id, receipt) in receipts {
                self.tell(Happening::Receipt(id, receipt));
            }
        }
    }

    fn run_gateway(&mut self) {
        let now = self.now;
        let Some(gateway) = &mut self.gateway else { return };
        if now < gateway.due() {
            return;
        }
        let Some((_, deadline)) = gateway.stalled.take() else {
            self.tell(Happening::Wake);
            self.expect_rest();
            return;
        };
        gateway.sort_inbox();
        for happening in std::mem::take(&mut gateway.inbox) {
            self.tell(happening);
        }
        self.tell(Happening::Wake);
        if deadline + 50 * MS < now {
            self.marks.hit("late");
            self.tell(Happening::Fault(Cause::Lateness));
        }
    }

    /// After a wake-up nothing is due: what is due at once is a loop.
    fn expect_rest(&mut self) {
        let wake = self.gateway.as_ref().map(|gateway| gateway.clinic.wake().since_boot());
        if wake.is_some_and(|wake| wake <= self.now) {
            self.judge.fail(self.now, "wants to be woken in the past".to_owned());
        }
    }

    /// Steps come at a bounded rate, however short the second is in which they come.
    fn count_steps(&mut self) {
        let (since, before) = self.steps_before;
        let steps = self.steps - before;
        if STEPS_MAX < steps {
            self.judge.fail(self.now, format!("{steps} steps within a second"));
        }
        if 1_000 * MS <= self.now - since {
            self.steps_before = (self.now, self.steps);
        }
    }

    /// Tells the core what happened, and does what it wants done, one effect after another.
    pub(crate) fn tell(&mut self, happening: Happening) {
        let Some(gateway) = &mut self.gateway else { return };
        if gateway.stalled.is_some() {
            gateway.inbox.push_back(happening);
            return;
        }
        self.steps += 1;
        if self.log.is_some() && !matches!(happening, Happening::Wake | Happening::Written(_)) {
            let text = crate::log::happening(&happening);
            self.write(|| text);
        }
        let Some(gateway) = &mut self.gateway else { return };
        let mut effects = std::mem::take(&mut self.effects);
        let told = self.recording.is_some().then(|| happening.clone());
        gateway.clinic.step(Instant::from_boot(self.now), happening, &mut effects);
        if let (Some(recording), Some(told)) = (&mut self.recording, told) {
            recording.take(self.now, &told, &effects, &gateway.clinic);
        }
        for effect in effects.drain(..) {
            let kind = crate::log::kind(&effect);
            if self.fuse.as_mut().is_some_and(|fuse| fuse.is_burnt(kind)) {
                self.crash(kind);
            }
            if self.gateway.is_none() {
                continue;
            }
            self.digest.take(self.now, &effect);
            self.perform(effect);
        }
        self.effects = effects;
    }

    fn perform(&mut self, effect: Effect) {
        let now = self.now;
        if self.log.is_some()
            && let Some(text) = crate::log::effect(&effect)
        {
            self.write(|| text);
        }
        match effect {
            Effect::Write(line, frame) => {
                self.judge.written(now, usize::from(line.0), &frame.bytes);
                self.lines[usize::from(line.0)].write(now, frame, &mut self.chance);
            }
            Effect::Enter(id, entry) => {
                self.judge.entered(now, id.0, &entry);
                if !self.disk.enter(now, id, entry, &mut self.chance) {
                    self.mendings.push((now, Mending::Refuse(self.run, id)));
                }
            }
            Effect::Answer(call, answer) => self.answer(call, &answer),
            Effect::Show(unit) => self.show(unit),
            Effect::Tell(change) => {
                self.mark(&change.what);
                self.judge.told(now, &change);
            }
            Effect::Relay(unit, closed) if self.story.relays => {
                let run = self.run;
                self.mendings.push((now + RELAY_NS, Mending::Relay(run, unit, closed)));
            }
            Effect::Relay(..) => {}
        }
    }

    fn answer(&mut self, call: clinic::CallId, answer: &Answer) {
        if let Answer::Stopped(unit, proof) = answer {
            let place = usize::from(unit.0);
            self.marks.hit(if proof.confirmed.is_some() { "stop proven" } else { "stop unproven" });
            self.judge.stopped(self.now, call, place, proof, &self.devices[place]);
            return;
        }
        let Some(gateway) = &mut self.gateway else { return };
        let Some(Asked { ask, request }) = gateway.calls.remove(&call) else { return };
        let before = request.and_then(|request| match gateway.requests.get(&request) {
            Some(before) => Some(before.clone()),
            None => gateway.requests.insert(request, answer.clone()),
        });
        let first = before.is_none();
        if before.is_some_and(|before| before != *answer) {
            self.judge.fail(self.now, format!("call {} has two answers", call.0));
        }
        if let Answer::Refused(refused) = answer {
            self.marks.hit(&crate::log::refusal(refused));
        }
        self.judge.answered(self.now, &ask, answer, first);
        if let Some(unit) = crate::log::unit_of(&ask)
            && let Some(operator) = self.operators.get_mut(usize::from(unit.0))
        {
            operator.hear(&ask, answer);
        }
    }

    pub(crate) fn show(&mut self, unit: UnitId) {
        let Some(gateway) = &mut self.gateway else { return };
        let Some(shown) = gateway.clinic.shown(unit) else { return };
        let glance = Glance::of(&shown);
        let place = usize::from(unit.0);
        let news = gateway.board[place].is_none_or(|before| before.state != glance.state);
        gateway.board[place] = Some(glance);
        if news {
            self.marks.hit(&format!("{:?}", glance.state));
        }
        // What the books of earlier runs say does not change while this one goes on.
        let before = gateway.charged_before[place];
        self.look(place);
        self.judge.shown(self.now, place, glance, before);
    }

    fn mark(&mut self, what: &What) {
        match what {
            What::Ended(summary) => {
                self.marks.hit(&format!("{:?}", summary.outcome));
                let end = format!("{:?}", summary.end);
                self.marks.hit(end.split('(').next().unwrap_or_default());
                for finding in summary.findings.iter() {
                    self.marks.hit(&format!("{finding:?}"));
                }
            }
            What::Reviewed(_) => self.marks.hit("reviewed"),
            What::Latched(cause) => self.marks.hit(&format!("{cause:?}")),
            What::Released(cause) => self.marks.hit(&format!("{cause:?} released")),
            What::State { .. }
            | What::Confirmed
            | What::Stopped
            | What::Proven(_)
            | What::Metered(_)
            | What::Refused(_) => {}
        }
    }
}
