//! The tongue of every unit that a profile describes. How words become bytes is for the dialect.

use alloc::{boxed::Box, string::String, vec::Vec};

use safety::{Nanos, Setting};

use crate::{
    Dialect,
    exchange::{Brings, Contact, Exchange, Heard, Hearing, Manner, Saying, Sense, Tongue},
    rtu,
};

use super::{
    Amounts, Command, Echo, Means, Plate, PlateError, Profile, Question, Sign, Told, Variant, Wire,
};

/// Something that is said.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Word {
    pub(super) role: Role,
    pub(super) place: usize,
    pub(crate) part: Part,
    pub(crate) amounts: Amounts,
}

/// For what it is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Init,
    Introduce,
    Poll,
    Off,
    Tell,
    Enable,
    Fire,
    Chunk,
}

/// How much of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// All of it.
    Whole,
    /// All but its end: nothing happens yet.
    Body,
    /// Its end alone.
    End,
}

/// One unit of a profile.
#[derive(Debug)]
pub(crate) struct Reader<M: Told> {
    pub(crate) profile: Profile,
    pub(super) serial: String,
    pub(super) firmware: Vec<String>,
    variant: String,
    pub(super) levels: M::Levels,
    /// Whether it may be told anything but off.
    startable: bool,
    manner: Manner<M>,
    introduction: Vec<Word>,
    polls: Vec<Word>,
    off: Vec<Word>,
    enable: Vec<Word>,
}

impl Word {
    /// A word that tells nothing.
    fn of(role: Role, place: usize) -> Self {
        Self { role, place, part: Part::Whole, amounts: Amounts::default() }
    }

    /// It goes toward off, so that it begins with what throws a broken line away.
    pub(crate) fn is_off(self) -> bool {
        self.role == Role::Off
    }

    /// It is a question; a no is no answer to it.
    pub(crate) fn is_poll(self) -> bool {
        self.role == Role::Poll
    }

    /// It asks who the unit is; a no is an answer.
    pub(crate) fn introduces(self) -> bool {
        matches!(self.role, Role::Init | Role::Introduce)
    }
}

impl<M: Told> Reader<M> {
    /// The unit of `plate`, if it is of `registers` or of lines.
    pub(super) fn new(plate: Plate<M>, registers: bool) -> Result<Self, PlateError> {
        plate.validate()?;
        if matches!(plate.profile.wire, Wire::Registers(_)) != registers {
            return Err(PlateError::Dialect);
        }
        let profile = plate.resolved();
        let startable = plate.is_startable();
        let words = |role, count| (0..count).map(move |place| Word::of(role, place));
        let init = words(Role::Init, profile.init.len());
        Ok(Self {
            manner: manner(&plate, &profile),
            introduction: init.chain(words(Role::Introduce, profile.introduction.len())).collect(),
            polls: words(Role::Poll, profile.polls.len()).collect(),
            off: words(Role::Off, profile.off.len()).collect(),
            enable: words(Role::Enable, profile.enable.len()).collect(),
            serial: plate.serial,
            firmware: plate.firmware,
            variant: plate.variant,
            levels: plate.levels,
            startable,
            profile,
        })
    }

    /// The dialect of the unit of `plate`.
    pub(crate) fn dialect(
        plate: Plate<M>,
        registers: bool,
    ) -> Result<Box<dyn Dialect<M> + Send>, PlateError> {
        Ok(Box::new(Exchange::new(Self::new(plate, registers)?)))
    }

    /// The command of a word.
    pub(crate) fn command(&self, word: Word) -> Option<&Command> {
        let Profile { init, introduction, polls, off, tell, enable, fire, chunk, .. } =
            &self.profile;
        match word.role {
            Role::Init => init.get(word.place),
            Role::Introduce => introduction.get(word.place).map(|asked| &asked.command),
            Role::Poll => polls.get(word.place).map(|poll| &poll.command),
            Role::Off => off.get(word.place),
            Role::Tell => tell.get(word.place),
            Role::Enable => enable.get(word.place),
            Role::Fire => fire.get(word.place),
            Role::Chunk => chunk.as_ref().map(|chunk| &chunk.command),
        }
    }

    /// How the answer of a word is read, if it has a value.
    pub(crate) fn value(&self, word: Word) -> Option<&super::Value> {
        match word.role {
            Role::Introduce => self.profile.introduction.get(word.place).map(|own| &own.value),
            Role::Poll => self.profile.polls.get(word.place).map(|poll| &poll.value),
            Role::Init | Role::Off | Role::Tell | Role::Enable | Role::Fire | Role::Chunk => None,
        }
    }

    pub(super) fn variant(&self) -> Option<&Variant> {
        self.profile.variants.iter().find(|own| own.name == self.variant)
    }

    /// Under which number this poll reads a setting back.
    pub(super) fn part_of(&self, place: usize) -> usize {
        let before = self.profile.polls.iter().take(place);
        before.filter(|poll| is_part(&poll.means)).count()
    }

    /// Under which number this poll tells of faults.
    pub(super) fn faults_of(&self, place: usize) -> usize {
        let before = self.profile.polls.iter().take(place);
        before.filter(|poll| has_faults(&poll.means)).count()
    }

    /// The words of a command that emits: where each character comes back, its end goes out only
    /// after the rest was seen to have arrived as it was sent.
    fn compared(&self, word: Word, words: &mut Vec<Word>) {
        let echoes = match &self.profile.wire {
            Wire::Lines(lines) => lines.echo == Echo::Character && !lines.ours.is_empty(),
            Wire::Registers(_) => false,
        };
        if echoes {
            words.extend([Part::Body, Part::End].map(|part| Word { part, ..word }));
        } else {
            words.push(word);
        }
    }

    /// Whether each of these has a frame: none is forbidden, and every number fits.
    fn can_say(&self, words: &[Word]) -> bool {
        words.iter().all(|word| !self.say(*word, 0).bytes.is_empty())
    }

    fn chunk(&self, setting: &Setting<M>, words: &mut Vec<Word>) {
        let Some(chunk) = &self.profile.chunk else { return };
        let Some(amounts) = M::amounts(&self.levels, setting) else { return };
        let amounts = Amounts { seconds: chunk.most_seconds, ..amounts };
        self.compared(Word { amounts, ..Word::of(Role::Chunk, 0) }, words);
    }
}

impl<M: Told> Tongue<M> for Reader<M> {
    type Word = Word;

    fn exact(&self, level: M::Level) -> Option<M::Level> {
        M::exact(&self.levels, level).filter(|_| self.startable)
    }

    fn manner(&self) -> &Manner<M> {
        &self.manner
    }

    fn introduction(&self) -> &[Word] {
        &self.introduction
    }

    fn polls(&self) -> &[Word] {
        &self.polls
    }

    /// Up to the last of the questions that tell whether it emits, and how much.
    fn proofs(&self) -> usize {
        let proves = |poll: &Question| match &poll.means {
            Means::Output(_) | Means::Idle => true,
            Means::Status(status) => status.tells(|sign| sign == Sign::Emission),
            Means::Level(_)
            | Means::Frequency(_)
            | Means::Temperature(_)
            | Means::Errors(_)
            | Means::Nothing => false,
        };
        let last = self.profile.polls.iter().rposition(proves);
        last.map_or(self.polls.len(), |last| last.saturating_add(1))
    }

    fn off(&self) -> &[Word] {
        &self.off
    }

    fn tell(&self, setting: &Setting<M>) -> Option<Vec<Word>> {
        let amounts = M::amounts(&self.levels, setting).filter(|_| self.startable)?;
        let amounts = Amounts { on: false, ..amounts };
        let words = (0..self.profile.tell.len()).map(|place| Word::of(Role::Tell, place));
        let words: Vec<_> = words.map(|word| Word { amounts, ..word }).collect();
        self.can_say(&words).then_some(words)
    }

    fn enable(&self) -> &[Word] {
        &self.enable
    }

    fn fire(&self, setting: &Setting<M>) -> Vec<Word> {
        let echo = self.is_held_by_echo().then(|| self.tell(setting)).flatten();
        let mut words = echo.unwrap_or_default();
        let amounts = M::amounts(&self.levels, setting).unwrap_or_default();
        for place in 0..self.profile.fire.len() {
            self.compared(Word { amounts, ..Word::of(Role::Fire, place) }, &mut words);
        }
        self.chunk(setting, &mut words);
        if self.can_say(&words) { words } else { Vec::new() }
    }

    fn is_run(&self, word: Word) -> bool {
        word.role == Role::Chunk && word.part != Part::Body
    }

    fn is_held_by_echo(&self) -> bool {
        self.profile.is_held_by_echo()
    }

    fn is_addressed(&self) -> bool {
        match self.profile.wire {
            Wire::Lines(_) => false,
            Wire::Registers(_) => true,
        }
    }

    fn commands(&self) -> Vec<Word> {
        let Profile { tell, enable, fire, chunk, .. } = &self.profile;
        let words = |role, count| (0..count).map(move |place| Word::of(role, place));
        words(Role::Tell, tell.len())
            .chain(words(Role::Enable, enable.len()))
            .chain(words(Role::Fire, fire.len()))
            .chain(words(Role::Chunk, usize::from(chunk.is_some())))
            .collect()
    }

    fn tells(&self) -> usize {
        self.profile.tell.len()
    }

    fn say(&self, word: Word, turn: u32) -> Saying {
        match &self.profile.wire {
            Wire::Lines(lines) => crate::ascii_line::say(self, lines, word),
            Wire::Registers(registers) => crate::modbus_rtu::say(self, registers, word, turn),
        }
    }

    fn hear(&self, heard: Heard<'_, M, Word>, senses: &mut Vec<Sense<M>>) -> Hearing {
        match &self.profile.wire {
            Wire::Lines(lines) => crate::ascii_line::hear(self, lines, &heard, senses),
            Wire::Registers(registers) => crate::modbus_rtu::hear(self, registers, &heard, senses),
        }
    }
}

/// What is said in place of what is forbidden or cannot be written: nothing, which is not answered,
/// so that whatever it is a part of is given up.
pub(crate) fn unsaid() -> Saying {
    Saying { bytes: Vec::new(), answer: Some((Nanos::ZERO, 0)), quiet: Nanos::ZERO }
}

fn manner<M: Told>(plate: &Plate<M>, profile: &Profile) -> Manner<M> {
    let (gap, half_duplex) = match profile.wire {
        Wire::Lines(_) => (profile.link.gap, false),
        Wire::Registers(_) => (profile.link.gap.max(rtu::silence(profile.link.baud)), true),
    };
    Manner {
        byte: profile.link.byte(),
        poll: plate.poll,
        link: plate.link,
        lease: plate.lease(),
        gap,
        half_duplex,
        fall: fall(profile),
        off_below: plate.off_below,
        brings: brings(profile),
    }
}

/// From the end of off to no output: no run is cut short, so it may go on for all of its length.
fn fall(profile: &Profile) -> Nanos {
    let run = profile.chunk.as_ref().map(|chunk| Nanos::from_secs(chunk.most_seconds.into()));
    profile.fall.plus(run.unwrap_or_default())
}

fn brings(profile: &Profile) -> Brings {
    let count = |wanted: fn(&Means) -> bool| {
        profile.polls.iter().filter(|poll| wanted(&poll.means)).count()
    };
    let tells = |wanted: &dyn Fn(Sign) -> bool| {
        profile.polls.iter().any(|poll| match &poll.means {
            Means::Status(status) => status.tells(wanted),
            Means::Output(_)
            | Means::Level(_)
            | Means::Frequency(_)
            | Means::Temperature(_)
            | Means::Errors(_)
            | Means::Idle
            | Means::Nothing => false,
        })
    };
    let set = ALL
        .iter()
        .enumerate()
        .filter(|(_, contact)| tells(&|sign| sign.contact() == Some(**contact)));
    let set = set.fold(0_usize, |set, (place, _)| set | (1 << place));
    let (contacts, length) = SETS.get(set).unwrap_or(&(ALL, 0));
    let parts = if profile.is_held_by_echo() { profile.tell.len() } else { count(is_part) };
    Brings {
        contacts: contacts.get(..*length).unwrap_or_default(),
        faults: count(has_faults),
        parts,
        temperature: count(|means| matches!(means, Means::Temperature(_))) != 0,
        ready: tells(&|sign| sign == Sign::Ready),
        running: tells(&|sign| sign == Sign::Running),
    }
}

fn is_part(means: &Means) -> bool {
    matches!(means, Means::Level(_) | Means::Frequency(_))
}

fn has_faults(means: &Means) -> bool {
    match means {
        Means::Status(status) => status.has_faults(),
        Means::Errors(_) => true,
        Means::Output(_)
        | Means::Level(_)
        | Means::Frequency(_)
        | Means::Temperature(_)
        | Means::Idle
        | Means::Nothing => false,
    }
}

const ALL: [Contact; 5] = [
    Contact::Key,
    Contact::Footswitch,
    Contact::Interlock,
    Contact::EmergencyStop,
    Contact::Applicator,
];

/// Every set of contacts, at the place whose bits are its members.
static SETS: [([Contact; 5], usize); 32] = sets();

const fn sets() -> [([Contact; 5], usize); 32] {
    let mut sets = [(ALL, 0); 32];
    let mut set = 0;
    while set < sets.len() {
        let mut place = 0;
        while place < ALL.len() {
            if (set >> place) & 1 == 1 {
                let (contacts, length) = &mut sets[set];
                contacts[*length] = ALL[place];
                *length += 1;
            }
            place += 1;
        }
        set += 1;
    }
    sets
}
