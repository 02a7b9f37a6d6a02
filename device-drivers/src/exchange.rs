//! Units that answer one question at a time and number none of their answers.
//!
//! Makers of real units agree on little, but on this: a command, perhaps an answer, then the next.
//! One machine speaks with all of them. What a family has of its own, its words and what its answers
//! mean, is its [`Tongue`]; the rules that nobody may get wrong are kept here, once:
//!
//! - Off outruns everything and is repeated until a later answer shows it (COM-04).
//! - What turns on goes out once per grant, whatever becomes of its answer (COM-05). A run that nothing
//!   interrupts has a grant of its own: that it is over is reported, and whether another follows is
//!   for the core to say.
//! - Nothing is turned on that did not prove who it is, was not seen off, and does not hold what was
//!   ordered, all of it since it was told (SES-05, COM-07).
//! - After an answer that did not come, nothing is asked until the line has been silent for as long
//!   as an answer may take: a late answer is never believed (COM-03).

mod agenda;
mod budget;
mod hearing;
mod known;
#[cfg(test)]
pub(crate) mod tests;

use alloc::{collections::VecDeque, vec::Vec};
use core::fmt::Debug;

use safety::{Demand, Grant, Instant, Modality, Nanos, Setting, Temperature};

use crate::{Budget, Company, Dialect, Event, Out, Share};

use self::{agenda::Script, hearing::Asked, known::Known};

/// What a family of units has of its own.
///
/// A word is one frame: a question or a command with everything that it carries. A tongue remembers
/// nothing of what was said; it only knows how to say and how to read.
pub(crate) trait Tongue<M: Modality>: Debug + Send {
    /// Everything that can be said to a unit. What must never be said has no word.
    type Word: Copy + Debug + PartialEq + Send;

    /// What the unit emits if it is told `level`: rounded down to what it can do.
    fn exact(&self, level: M::Level) -> Option<M::Level>;

    /// How the line is used.
    fn manner(&self) -> &Manner<M>;

    /// What asks the unit who it is, and which of its variants. Each answer has a [`Sense::Plated`].
    fn introduction(&self) -> &[Self::Word];

    /// What is asked again and again, what proves off first.
    fn polls(&self) -> &[Self::Word];

    /// How many of the polls, from the first on, prove off.
    fn proofs(&self) -> usize {
        self.polls().len()
    }

    /// What turns off, in the order in which it is said. Harmless at any time, however often.
    fn off(&self) -> &[Self::Word];

    /// What makes the unit hold `setting`, turning nothing on. `None` if it cannot be told this.
    fn tell(&self, setting: &Setting<M>) -> Option<Vec<Self::Word>>;

    /// What makes the unit ready to be turned on, if that is a step of its own. Said once after each
    /// stop, and turns nothing on.
    fn enable(&self) -> &[Self::Word] {
        &[]
    }

    /// How long after that a unit may say that it is ready while it is not yet.
    fn settles(&self) -> Nanos {
        Nanos::ZERO
    }

    /// What turns on: said once per grant, each word only after the one before was answered well.
    fn fire(&self, setting: &Setting<M>) -> Vec<Self::Word>;

    /// Whether the answers to what it is told are all that says what it holds: each of them then
    /// has a [`Sense::Held`], and it is told as often as others are asked. What turns such a unit on
    /// tells it once more.
    fn is_held_by_echo(&self) -> bool {
        false
    }

    /// Whether `word` begins a run and is answered only once that is over: until then the unit hears
    /// nothing. A good answer is then the word that it ran.
    fn is_run(&self, word: Self::Word) -> bool {
        let _answered_at_once = word;
        false
    }

    /// How long one run of `setting` takes, if a run ends by itself after it was answered.
    fn run(&self, setting: &Setting<M>) -> Option<Nanos> {
        let _continuous = setting;
        None
    }

    /// Whether the unit speaks unasked, in frames that are told apart from answers. What came in of
    /// one when a question goes out is then kept, and read as what was said before the question.
    fn talks(&self) -> bool {
        false
    }

    /// Whether every frame, ours and theirs, names the unit that it is for or from.
    fn is_addressed(&self) -> bool {
        false
    }

    /// What is said beside questions and Off, with amounts of nothing: how long it may take is what
    /// others on a line want to know. What makes the unit hold a setting comes first.
    fn commands(&self) -> Vec<Self::Word> {
        Vec::new()
    }

    /// How many of the commands make the unit hold a setting.
    fn tells(&self) -> usize {
        0
    }

    /// The frame of `word`. `turn` counts frames: a tongue whose answers all look alike varies the
    /// shape of its questions by it.
    fn say(&self, word: Self::Word, turn: u32) -> Saying;

    /// Reads the beginning of `bytes`: an answer to `word`, if something was asked, or what the unit
    /// says unasked. What the setting read back is compared with is `wanted`.
    fn hear(&self, heard: Heard<'_, M, Self::Word>, senses: &mut Vec<Sense<M>>) -> Hearing;
}

/// What came in, and what it may answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Heard<'a, M: Modality, W> {
    /// The word that waits for its answer, and the turn at which it was said.
    pub(crate) asked: Option<(W, u32)>,
    /// What came in and was not yet read.
    pub(crate) bytes: &'a [u8],
    /// Something bad came in since that word was said. A family whose frames say too little of what
    /// they answer believes nothing more until the next.
    pub(crate) spoiled: bool,
    /// The setting that the unit was last told.
    pub(crate) wanted: Option<&'a Setting<M>>,
}

/// What the beginning of some bytes is. A count is of the bytes that it takes up, one at the least.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hearing {
    /// Too little to tell.
    More,
    /// The answer that was waited for.
    Answer(usize),
    /// Something that the unit says by itself, and that is allowed to it.
    Unasked(usize),
    /// Said whole by another unit on the same wires. On a line of its own that is as bad as noise.
    Passing(usize),
    /// Nothing that can be believed.
    Bad(usize),
}

/// How a line is used.
#[derive(Clone, Debug)]
pub(crate) struct Manner<M: Modality> {
    /// The time that one byte takes.
    pub(crate) byte: Nanos,
    /// Between two questions for the same fact.
    pub(crate) poll: Nanos,
    /// Without an answer for longer, the link is lost: what the supervisor goes by.
    pub(crate) link: Nanos,
    /// From our last byte to no emission, by whatever the profile names as the unit's lease.
    pub(crate) lease: Nanos,
    /// The least rest between two frames of ours, for all frames, stops included.
    pub(crate) gap: Nanos,
    /// Both sides share one pair of wires: a frame of ours in an answer would break both.
    pub(crate) half_duplex: bool,
    /// From the end of off to no output.
    pub(crate) fall: Nanos,
    /// Output below this counts as none.
    pub(crate) off_below: M::Output,
    /// Which facts the polls bring.
    pub(crate) brings: Brings,
}

/// Which facts the polls of a unit bring. What is not brought is not reported, and what is, is
/// reported only once every part of it is known.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Brings {
    /// The contacts that the unit reports. The others permit, as far as it is concerned.
    pub(crate) contacts: &'static [Contact],
    /// How many answers carry faults: numbered from zero.
    pub(crate) faults: usize,
    /// In how many parts a setting is read back: numbered from zero.
    pub(crate) parts: usize,
    /// A temperature is read.
    #[expect(
        dead_code,
        reason = "it is reported whenever it was read; written down for whoever reads"
    )]
    pub(crate) temperature: bool,
    /// The unit says when it is ready to be turned on.
    #[cfg_attr(not(test), expect(dead_code, reason = "a unit that is enabled says so always"))]
    pub(crate) ready: bool,
    /// The unit says whether a run goes on.
    pub(crate) running: bool,
}

/// A contact at a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Contact {
    /// The key is turned on.
    Key,
    /// The footswitch is pressed.
    Footswitch,
    /// The remote interlock is closed.
    Interlock,
    /// The emergency stop is released.
    EmergencyStop,
    /// The applicator that the profile names is in place.
    Applicator,
}

/// One thing that an answer says, in the vocabulary that every family is translated to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sense<M: Modality> {
    /// Whether an answer of the introduction is as the plate has it.
    Plated(bool),
    /// The unit holds itself on.
    Enabled(bool),
    /// The output, measured or derived.
    Output(M::Output),
    /// What the unit counted since it started.
    #[expect(dead_code, reason = "no family that counts is spoken here yet")]
    Counter(<M::Output as safety::Output>::Integral),
    /// Whether this part of the setting is held exactly as it was told.
    Held(usize, bool),
    /// A contact permits.
    Contact(Contact, bool),
    /// The faults of one answer, each a bit; bits of different answers must not overlap.
    Faults(usize, u32),
    /// The temperature at the applicator.
    Temperature(Option<Temperature>),
    /// The unit is ready to be turned on.
    Ready(bool),
    /// A run goes on.
    Running(bool),
    /// The unit refused the command that this answers.
    Refused,
    /// The unit has started anew, or left our control.
    Restarted,
}

/// A frame, and what is waited for after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Saying {
    /// What goes out.
    pub(crate) bytes: Vec<u8>,
    /// How long the unit may think, and how many bytes its answer has at most. `None`: no answer
    /// comes.
    pub(crate) answer: Option<(Nanos, usize)>,
    /// How long the line has to rest after it.
    pub(crate) quiet: Nanos,
}

/// How far a stop has come.
#[derive(Clone, Copy, Debug)]
struct Stop {
    /// Off was said in full, last at this instant, since the stop began.
    said: Option<Instant>,
    /// An answer that was asked for after that showed off.
    proven: bool,
    /// When off is due again.
    due: Instant,
}

/// Whether the unit is the one of its plate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Introduced {
    /// Nobody knows. It is asked from here on.
    Due(Instant),
    /// It is being asked: which word is next, and when the first was asked.
    Asking(usize, Instant),
    /// It is. It is asked again while it is off.
    Proven(Instant),
}

/// A unit of one family, as it is spoken with.
#[derive(Debug)]
pub(crate) struct Exchange<M: Modality, T: Tongue<M>> {
    tongue: T,
    /// What others on its line may take between two of its turns.
    company: Company,
    open: bool,
    /// What came in and was not yet understood.
    input: Vec<u8>,
    /// What came in began before the last question, so it is no answer to it.
    stale: bool,
    /// What was said and not yet answered, oldest first.
    waiting: VecDeque<Asked<T::Word>>,
    /// Whether the noise since the last question was counted.
    noted: bool,
    /// Nothing goes out before this, not even off: the gap that frames are told apart by.
    gap_until: Instant,
    /// Nothing but off goes out before this: an answer was lost, or a command has to settle.
    rest_until: Instant,
    /// How many answers in a row did not come.
    missed: u32,
    turn: u32,
    /// How often the unit was found to have started anew.
    boot: u32,
    order: Demand<M>,
    /// The order ran out, and off was said for that.
    lapsed: bool,
    used: Option<Grant>,
    stop: Stop,
    introduced: Introduced,
    /// It was judged by its introduction since the port opened or the unit started.
    judged: bool,
    script: Script<M, T::Word>,
    /// What it was told to hold, and when the last word of that was said.
    told: Option<(Setting<M>, Instant)>,
    tell_due: Instant,
    /// When the first word of what it is being told was said.
    tell_began: Instant,
    enabled: bool,
    /// When it was told to get ready.
    enabled_at: Instant,
    /// The run that was taken and is not known to be over.
    run: Option<Run>,
    /// When a run was last heard to be over that the unit hears nothing in: before the next, all that
    /// is asked again and again is asked.
    ran: Instant,
    polled: Vec<Instant>,
    known: Known<M>,
}

/// A run that ends by itself.
#[derive(Clone, Copy, Debug)]
struct Run {
    grant: Grant,
    over: Instant,
}

impl<M: Modality, T: Tongue<M>> Exchange<M, T> {
    /// A unit whose port is closed.
    pub(crate) fn new(tongue: T) -> Self {
        let polls = tongue.polls().len();
        let known = Known::new(tongue.manner());
        Self {
            tongue,
            company: Company::default(),
            open: false,
            input: Vec::new(),
            stale: false,
            waiting: VecDeque::new(),
            noted: false,
            gap_until: Instant::default(),
            rest_until: Instant::default(),
            missed: 0,
            turn: 0,
            boot: 1,
            order: Demand::Off,
            lapsed: false,
            used: None,
            stop: Stop { said: None, proven: false, due: Instant::NEVER },
            introduced: Introduced::Due(Instant::default()),
            judged: false,
            script: Script::None,
            told: None,
            tell_due: Instant::default(),
            tell_began: Instant::default(),
            enabled: false,
            enabled_at: Instant::default(),
            run: None,
            ran: Instant::default(),
            polled: alloc::vec![Instant::default(); polls],
            known,
        }
    }

    fn opened(&mut self, now: Instant) {
        self.closed();
        self.open = true;
        self.start_over(now);
    }

    fn closed(&mut self) {
        self.open = false;
        self.input.clear();
        self.stale = false;
        self.waiting.clear();
        self.noted = false;
        self.script = Script::None;
    }

    /// Nothing is known of the unit: it is told off and asked who it is, and what was granted to it
    /// is void.
    fn start_over(&mut self, now: Instant) {
        self.void_grant();
        self.begin_stop(now);
        self.introduced = Introduced::Due(now);
        self.judged = false;
        self.known.forget();
        self.polled.fill(Instant::default());
    }

    /// Off is wanted at once, whatever was proven before.
    fn begin_stop(&mut self, now: Instant) {
        self.stop = Stop { said: None, proven: false, due: now };
        self.script = Script::None;
        self.told = None;
        self.tell_due = now;
        self.enabled = false;
        self.run = None;
    }

    fn void_grant(&mut self) {
        if let Demand::Emit { grant, .. } = self.order {
            self.used = self.used.max(Some(grant));
        }
    }

    pub(crate) fn ordered(&mut self, now: Instant, order: Demand<M>) {
        let was_emitting = matches!(self.order, Demand::Emit { .. });
        let was_off = matches!(self.order, Demand::Off);
        let was_lapsed = self.lapsed;
        let differs = setting_of(&self.order) != setting_of(&order);
        self.order = order;
        match order {
            Demand::Emit { valid_until, .. } => self.lapsed &= valid_until <= now,
            Demand::Off | Demand::Prepare(_) | Demand::Warn(_) => self.lapsed = false,
        }
        let emits = matches!(order, Demand::Emit { .. });
        let is_off = matches!(order, Demand::Off);
        // What is emitted is not changed while it is emitted: it goes off first. What lapsed was told
        // off already, and nothing was turned on since.
        let ends = (was_emitting && (!emits || differs)) || (is_off && !was_off);
        if ends && !was_lapsed {
            self.begin_stop(now);
        }
        if was_off && !is_off {
            self.introduced = Introduced::Due(now);
        }
        if differs && !matches!(self.script, Script::None | Script::Off(_)) {
            self.script = Script::None;
        }
    }

    /// Whether the unit may be brought to anything but off.
    fn may_act(&self) -> bool {
        let off = matches!(self.order, Demand::Off) || self.lapsed;
        !off && self.stop.proven && matches!(self.introduced, Introduced::Proven(_))
    }

    /// Whether everything that was ordered was read back since it was told.
    fn holds(&self) -> bool {
        let ordered = setting_of(&self.order);
        let told = self.told.filter(|(setting, _)| Some(*setting) == ordered);
        told.is_some_and(|(_, since)| self.known.holds(since))
    }
}

impl<M: Modality, T: Tongue<M>> Dialect<M> for Exchange<M, T> {
    fn exact(&self, level: M::Level) -> Option<M::Level> {
        self.tongue.exact(level)
    }

    fn step(&mut self, now: Instant, event: Event<'_, M>, out: &mut Out<M>) {
        self.expire(now, out);
        match event {
            Event::Opened => self.opened(now),
            Event::Closed => self.closed(),
            Event::Order(order) => self.ordered(now, order.demand()),
            Event::Stop => self.begin_stop(now),
            Event::Turn => self.speak(now, out),
            Event::Sent => self.sent(now),
            Event::Bytes(bytes) => self.receive(now, bytes, out),
            Event::Wake => {}
        }
    }

    fn wake(&self) -> Instant {
        self.next()
    }

    fn budget(&self) -> Budget {
        self.stop_path()
    }

    /// Only where an answer says who gave it, and nobody speaks unasked, can a line be shared.
    fn share(&self) -> Option<Share> {
        let addressed = self.tongue.is_addressed() && !self.tongue.talks();
        addressed.then(|| self.taken())
    }

    fn join(&mut self, company: Company) {
        self.company = company;
    }

    fn awaits(&self) -> bool {
        !self.waiting.is_empty()
    }

    fn urgent(&self) -> Instant {
        self.stop_due()
    }
}

fn setting_of<M: Modality>(order: &Demand<M>) -> Option<Setting<M>> {
    match order {
        Demand::Off => None,
        Demand::Prepare(setting) | Demand::Warn(setting) | Demand::Emit { setting, .. } => {
            Some(*setting)
        }
    }
}
