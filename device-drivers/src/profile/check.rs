//! Everything that is wrong with a profile, each with the place where it stands.

use alloc::{format, string::String, vec::Vec};
use core::fmt;

use safety::Nanos;

use super::{
    Amounts, Command, Echo, Expect, First, Forbidden, Form, Format, Lease, Link, Means, Piece,
    Profile, ReadBack, Reply, Say, Sign, Slot, Status, Table, Template, Wire, Write, Written,
    status::FAULT_MAX,
};

/// The most registers and bits of one question here.
const READ_MAX: u16 = 32;
/// The longest line of a unit.
const LINE_MAX: usize = 256;
/// The longest lease of any modality: what a field may take.
const LEASE_MAX: Nanos = Nanos::from_secs(3);

/// Something that is wrong with a profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Where it stands, such as `poll[2].reply`; lists count from zero.
    pub path: String,
    /// What is wrong.
    pub what: &'static str,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.what)
    }
}

/// What was found so far.
#[derive(Default)]
struct Found(Vec<Mistake>);

impl Found {
    fn unless(&mut self, sound: bool, path: impl Into<String>, what: &'static str) {
        if !sound {
            self.0.push(Mistake { path: path.into(), what });
        }
    }
}

impl Profile {
    /// Everything that is wrong with it, in no order.
    pub fn validate(&self) -> Vec<Mistake> {
        let mut found = Found::default();
        self.check_line(&mut found);
        self.check_parts(&mut found);
        self.check_commands(&mut found);
        self.check_introduction(&mut found);
        self.check_polls(&mut found);
        self.check_vocabulary(&mut found);
        self.check_lease(&mut found);
        found.0
    }

    fn check_line(&self, found: &mut Found) {
        let Link { baud, data_bits, stop_bits, .. } = self.link;
        found.unless(0 < baud, "link.baud", "a line has a speed");
        found.unless((7..=8).contains(&data_bits), "link.data_bits", "7 or 8");
        found.unless((1..=2).contains(&stop_bits), "link.stop_bits", "1 or 2");
        match &self.wire {
            Wire::Registers(registers) => {
                found.unless(data_bits == 8, "link.data_bits", "Modbus RTU has 8");
                let known = (1..=crate::rtu::ADDRESS_MAX).contains(&registers.address);
                found.unless(known, "framing.address", "1 to 247");
            }
            Wire::Lines(lines) => {
                let sound = (1..=LINE_MAX).contains(&lines.longest);
                found.unless(sound, "framing.longest", "1 to 256 characters");
                for (path, ends) in
                    [("framing.ours", &lines.ours), ("framing.theirs", &lines.theirs)]
                {
                    let apart = ends.iter().all(u8::is_ascii_control);
                    found.unless(apart, path, "what ends a line is no part of one");
                }
                let whole = lines.echo != Echo::Line || !lines.theirs.is_empty();
                found.unless(whole, "framing.echo", "an echo of lines needs an end of lines");
                for (at, error) in lines.errors.iter().enumerate() {
                    let path = format!("framing.error[{at}]");
                    found.unless(!error.begins.is_empty(), path, "everything begins with nothing");
                }
                for (at, line) in lines.unasked.iter().enumerate() {
                    let path = format!("framing.unasked[{at}]");
                    let sound = !line.begins.is_empty() && !lines.theirs.is_empty();
                    found.unless(sound, path, "it needs a beginning, and lines an end");
                }
            }
        }
    }

    fn check_parts(&self, found: &mut Found) {
        found.unless(!self.introduction.is_empty(), "introduction", "it never says who it is");
        found.unless(!self.off.is_empty(), "off", "nothing turns it off");
        found.unless(!self.tell.is_empty(), "tell", "it is never told what to emit");
        let fires = !self.fire.is_empty() || self.chunk.is_some();
        found.unless(fires, "fire", "nothing turns it on");
        found.unless(!self.polls.is_empty(), "poll", "it is never asked");
        for (at, command) in self.init.iter().enumerate() {
            let path = format!("init[{at}].reply");
            found.unless(self.is_answered(command), path, "what begins has an answer");
        }
    }

    /// Whether anything comes back.
    pub(crate) fn is_answered(&self, command: &Command) -> bool {
        match &self.wire {
            Wire::Registers(_) => true,
            Wire::Lines(lines) => {
                let silent = lines.echo == Echo::None && lines.prompt.is_empty();
                !silent || command.reply.first != First::None
            }
        }
    }

    fn check_commands(&self, found: &mut Found) {
        for (path, command) in self.commands() {
            self.check_command(found, &path, command);
            let forbidden = self.may_be_forbidden(&command.say);
            found.unless(!forbidden, format!("{path}.say"), "it is forbidden to say this");
            let told = path.starts_with("tell") || path.starts_with("fire") || path == "chunk";
            let holes = |slot| holds(&command.say, slot);
            let level = holes(Slot::Level) || holes(Slot::Frequency) || holes(Slot::Duty);
            found.unless(told || !level, format!("{path}.say"), "nothing is told here");
            let seconds = holes(Slot::Seconds);
            found.unless(path == "chunk" || !seconds, format!("{path}.say"), "no run has seconds");
        }
        let telling = self.tell.iter().chain(&self.fire);
        let telling = telling.chain(self.chunk.as_ref().map(|chunk| &chunk.command));
        let says = telling.into_iter().any(|command| holds(&command.say, Slot::Level));
        let fixed = self.chunk.is_some();
        found.unless(says || fixed, "tell", "the level is never told");
    }

    fn check_command(&self, found: &mut Found, path: &str, command: &Command) {
        let read = path.starts_with("poll") || path.starts_with("introduction");
        match (&self.wire, &command.say) {
            (Wire::Lines(lines), Say::Line(line)) => {
                let text = line.say(&Amounts::default());
                let plain = text.is_some_and(|text| {
                    let printed = text.bytes().all(|letter| (0x20..0x7F).contains(&letter));
                    printed && !text.trim().is_empty()
                });
                found.unless(plain, format!("{path}.say"), "it cannot be written");
                let Reply { first, then, length, .. } = &command.reply;
                let ended = !lines.theirs.is_empty() || *first == First::None;
                let counted = 0 < *length && then.is_empty() && lines.echo == Echo::None;
                let path = format!("{path}.reply");
                found.unless(ended || counted, path, "nothing ends it, and it has no length");
            }
            (Wire::Registers(_), Say::Read(asked)) => {
                let most = asked.count.saturating_add(asked.spare);
                let sound = 0 < asked.count && most <= READ_MAX && read;
                found.unless(
                    sound,
                    format!("{path}.say"),
                    "it reads 1 to 32, and only questions do",
                );
            }
            (Wire::Registers(_), Say::Write(_)) => {
                found.unless(!read, format!("{path}.say"), "a question writes nothing");
            }
            (Wire::Lines(_), Say::Read(_) | Say::Write(_)) | (Wire::Registers(_), Say::Line(_)) => {
                found.unless(false, format!("{path}.say"), "it is of another dialect");
            }
        }
        let timed = command.within != Nanos::ZERO || !self.is_answered(command);
        found.unless(timed, format!("{path}.within"), "an answer takes time");
        let mut sound = true;
        each_scale(&command.say, &mut |scale| sound &= scale.is_sound());
        found.unless(sound, format!("{path}.say"), "a scale is above zero");
        let words = match &command.say {
            Say::Line(line) => line.pieces().iter().all(|piece| {
                !matches!(piece, Piece::Hole(Slot::On, format) if !matches!(format, Format::Words(..)))
            }),
            Say::Read(_) | Say::Write(_) => true,
        };
        found.unless(words, format!("{path}.say"), "on is one of two words");
    }

    fn check_introduction(&self, found: &mut Found) {
        for (at, asked) in self.introduction.iter().enumerate() {
            let path = format!("introduction[{at}]");
            self.check_value(found, &path, &asked.command, &asked.value.form);
            match &asked.expect {
                Expect::Limit(scale) => {
                    found.unless(
                        scale.is_sound(),
                        format!("{path}.expect"),
                        "a scale is above zero",
                    );
                }
                Expect::Text(text) | Expect::Begins(text) => {
                    found.unless(!text.is_empty(), format!("{path}.expect"), "it fits every unit");
                }
                Expect::Number(_) | Expect::Serial | Expect::Firmware | Expect::Variant => {}
            }
        }
        let asks = self.introduction.iter().any(|asked| asked.expect == Expect::Variant);
        found.unless(asks != self.variants.is_empty(), "variant", "asked for if there are any");
        for (at, variant) in self.variants.iter().enumerate() {
            let path = format!("variant[{at}]");
            found.unless(0 < variant.divide, format!("{path}.divide"), "above zero");
            let others = self.variants.iter().filter(|own| own.name == variant.name).count();
            found.unless(others == 1, format!("{path}.name"), "two have this name");
            let shared = self.variants.iter().filter(|own| own.says == variant.says).count();
            let admitted = shared == 1 || variant.ambiguous;
            found.unless(admitted, path, "two say the same of themselves: each is `ambiguous`");
        }
        let mut by_variant = false;
        let mut own = self.clone();
        own.scales(&mut |scale| by_variant |= scale.variant);
        let sound = !by_variant || !self.variants.is_empty();
        found.unless(sound, "variant", "a scale is divided by variant, and there is none");
    }

    fn check_value(&self, found: &mut Found, path: &str, command: &Command, form: &Form) {
        let fits = match (&self.wire, form, &command.say) {
            (Wire::Registers(_), Form::Whole(whole), Say::Read(read)) => {
                let words = matches!(read.table, Table::Holding | Table::Input);
                words && whole.registers() <= read.count
            }
            (Wire::Registers(_), Form::Bits, Say::Read(read)) => {
                matches!(read.table, Table::Coils | Table::Discrete)
            }
            (Wire::Registers(_), _, _) => false,
            (Wire::Lines(_), Form::Whole(_) | Form::Bits, _) => false,
            (Wire::Lines(_), Form::Letters(length, set, clear), _) => {
                set != clear && (1..=32).contains(length)
            }
            (Wire::Lines(_), Form::Hex(digits), _) => (1..=8).contains(digits),
            (Wire::Lines(_), Form::Number(..) | Form::Words(_) | Form::Text, _) => true,
        };
        found.unless(fits, format!("{path}.value"), "it cannot be read so");
        let given = matches!(self.wire, Wire::Registers(_)) || command.reply.first == First::Value;
        found.unless(given, format!("{path}.reply"), "its answer has the value");
    }

    fn check_polls(&self, found: &mut Found) {
        for (at, poll) in self.polls.iter().enumerate() {
            let path = format!("poll[{at}]");
            let others = self.polls.iter().filter(|own| own.name == poll.name).count();
            found.unless(others == 1, format!("{path}.name"), "two have this name");
            let answered = self.is_answered(&poll.command);
            found.unless(answered, format!("{path}.reply"), "a question has an answer");
            let means = format!("{path}.means");
            match &poll.means {
                Means::Idle | Means::Nothing => {}
                Means::Output(scale) | Means::Temperature(scale) => {
                    self.check_value(found, &path, &poll.command, &poll.value.form);
                    found.unless(scale.is_sound(), means, "a scale is above zero");
                }
                Means::Level(read) | Means::Frequency(read) => {
                    self.check_value(found, &path, &poll.command, &poll.value.form);
                    found.unless(read.scale.is_sound(), means, "a scale is above zero");
                }
                Means::Errors(_) => {
                    self.check_value(found, &path, &poll.command, &poll.value.form);
                }
                Means::Status(status) => {
                    self.check_value(found, &path, &poll.command, &poll.value.form);
                    check_status(found, &means, status);
                }
            }
        }
        for (at, keep) in self.keep_alive.iter().enumerate() {
            let known = self.polls.iter().any(|poll| poll.name == keep.poll);
            let path = format!("keep_alive[{at}].poll");
            found.unless(known && keep.every != Nanos::ZERO, path, "a poll, and how often");
        }
    }

    /// Whether the unit says of its interlock whether that is closed.
    pub fn shows_interlock(&self) -> bool {
        self.polls.iter().any(|poll| match &poll.means {
            Means::Status(own) => own.tells(|sign| sign == Sign::InterlockClosed),
            Means::Output(_)
            | Means::Level(_)
            | Means::Frequency(_)
            | Means::Temperature(_)
            | Means::Errors(_)
            | Means::Idle
            | Means::Nothing => false,
        })
    }

    /// What every unit has to say, and what no two answers may.
    fn check_vocabulary(&self, found: &mut Found) {
        let count = |wanted: &dyn Fn(&Means) -> bool| {
            self.polls.iter().filter(|poll| wanted(&poll.means)).count()
        };
        let status = |wanted: Sign| {
            count(&|means| matches!(means, Means::Status(own) if own.tells(|sign| sign == wanted)))
        };
        let idle = count(&|means| *means == Means::Idle);
        let emission = status(Sign::Emission).saturating_add(idle);
        found.unless(emission == 1, "poll", "one question, and one only, tells whether it emits");
        let output = count(&|means| matches!(means, Means::Output(_))).saturating_add(idle);
        found.unless(output == 1, "poll", "one question, and one only, tells its output");
        let level = count(&|means| matches!(means, Means::Level(_)));
        let echo = self.is_held_by_echo();
        found.unless(
            level == 1 || (level == 0 && echo),
            "poll",
            "one question reads the level back",
        );
        let frequency = count(&|means| matches!(means, Means::Frequency(_)));
        found.unless(frequency < 2, "poll", "two questions read the frequency back");
        for sign in [
            Sign::InterlockClosed,
            Sign::Key,
            Sign::Footswitch,
            Sign::Applicator,
            Sign::EmergencyStop,
            Sign::Ready,
            Sign::Running,
        ] {
            found.unless(status(sign) < 2, "poll", "two questions tell of one thing");
        }
        let ready = self.enable.is_empty() || status(Sign::Ready) == 1;
        found.unless(ready, "enable", "no question tells when it is ready");
        let measured = self.read_back == ReadBack::None || idle == 0;
        found.unless(measured, "read_back", "nothing tells what it emits: `none`");
    }

    /// Whether what it holds is known from the echo of what it was told alone. While a unit emits
    /// without a break nothing is told, so only one of runs can be known like this.
    pub(super) fn is_held_by_echo(&self) -> bool {
        let echo = match &self.wire {
            Wire::Lines(lines) => lines.echo == Echo::Character,
            Wire::Registers(_) => false,
        };
        echo && self.chunk.is_some()
            && !self.polls.iter().any(|poll| matches!(poll.means, Means::Level(_)))
    }

    fn check_lease(&self, found: &mut Found) {
        let time = match self.lease {
            Lease::Watchdog(time, _)
            | Lease::Preset(time, _)
            | Lease::Chunk(time, _)
            | Lease::Relay(time, _) => time,
        };
        let sound = time != Nanos::ZERO && time <= LEASE_MAX;
        found.unless(sound, "lease", "above zero, and 3 s at most");
        if let Some(chunk) = &self.chunk {
            let run = Nanos::from_secs(chunk.most_seconds.into());
            let sound = 0 < chunk.most_seconds && run <= time;
            found.unless(sound, "chunk.most_seconds", "one at least, and within the lease");
            let answer = run < chunk.command.within;
            found.unless(answer, "chunk.within", "its answer comes after the run");
            let answered =
                self.is_answered(&chunk.command) && chunk.command.reply.first != First::None;
            found.unless(answered, "chunk.reply", "the next run waits for the answer");
        } else {
            let kind = matches!(self.lease, Lease::Chunk(..));
            found.unless(!kind, "lease", "there is no run that ends by itself");
        }
    }

    /// Whether what is said is, or may become, what is forbidden.
    fn may_be_forbidden(&self, say: &Say) -> bool {
        match say {
            Say::Read(_) => false,
            Say::Write(write) => self.forbids_write(write),
            Say::Line(line) => [false, true].into_iter().any(|on| {
                let (text, whole) = beginning(line, on);
                self.forbids_line(&text) || (!whole && self.completes(&text))
            }),
        }
    }

    /// Whether numbers behind `text` could make it what is forbidden.
    fn completes(&self, text: &str) -> bool {
        let said = plain(text);
        self.forbidden.iter().any(|forbidden| match forbidden {
            Forbidden::Line(begins) => {
                plain(begins).strip_prefix(said.as_str()).is_some_and(|rest| {
                    rest.bytes().all(|letter| letter.is_ascii_hexdigit() || letter == b'.')
                })
            }
            Forbidden::Register(..) | Forbidden::Coil(_) => false,
        })
    }

    /// Whether a line is forbidden, however it is written.
    pub(crate) fn forbids_line(&self, line: &str) -> bool {
        let mut commands = line.split(';').map(plain);
        commands.any(|said| {
            self.forbidden.iter().any(|forbidden| match forbidden {
                Forbidden::Line(begins) => said.starts_with(&plain(begins)),
                Forbidden::Register(..) | Forbidden::Coil(_) => false,
            })
        })
    }

    fn forbids_write(&self, write: &Write) -> bool {
        match write.value {
            Written::Coil(_) => self.forbidden.contains(&Forbidden::Coil(write.register)),
            Written::Word(word) => self.forbids_word(write.register, word),
            Written::Slot(..) => self.forbids_word(write.register, u16::MAX),
            Written::Wide(..) => {
                let next = write.register.saturating_add(1);
                [write.register, next].iter().any(|at| self.forbids_word(*at, u16::MAX))
            }
        }
    }

    /// Whether writing `word` there is forbidden.
    pub(crate) fn forbids_word(&self, register: u16, word: u16) -> bool {
        self.forbidden.iter().any(|forbidden| match forbidden {
            Forbidden::Register(at, u16::MAX) => *at == register,
            Forbidden::Register(at, bits) => *at == register && word & bits != 0,
            Forbidden::Line(_) | Forbidden::Coil(_) => false,
        })
    }
}

fn check_status(found: &mut Found, path: &str, status: &Status) {
    for (at, bit) in status.bits.iter().enumerate() {
        let path = format!("{path}.bit[{at}]");
        let sound = bit.mask != 0 && bit.value & !bit.mask == 0;
        found.unless(sound, path.clone(), "a value lies within its mask");
        let fault = !matches!(bit.sign, Sign::Fault(bit) if FAULT_MAX < bit);
        found.unless(fault, path.clone(), "the bits of faults go up to 28");
        let unknown = status.ignored & bit.mask == 0;
        found.unless(unknown, path, "it is ignored as well");
    }
}

/// What a line begins with, up to its first number, and whether that is all of it.
fn beginning(line: &Template, on: bool) -> (String, bool) {
    let mut text = String::new();
    for piece in line.pieces() {
        match piece {
            Piece::Text(fixed) => text.push_str(fixed),
            Piece::Hole(Slot::On, Format::Words(no, yes)) => {
                text.push_str(if on { yes } else { no });
            }
            Piece::Hole(..) => return (text, false),
        }
    }
    (text, true)
}

/// A command as units read it: without blanks, in capitals, from the root.
fn plain(text: &str) -> String {
    let solid: String = text.chars().filter(|letter| !letter.is_whitespace()).collect();
    solid.trim_start_matches(':').to_ascii_uppercase()
}

/// Whether a slot is said.
fn holds(say: &Say, wanted: Slot) -> bool {
    match say {
        Say::Line(line) => line
            .pieces()
            .iter()
            .any(|piece| matches!(piece, Piece::Hole(slot, _) if *slot == wanted)),
        Say::Write(write) => match write.value {
            Written::Slot(slot, _) | Written::Wide(slot, _, _) => slot == wanted,
            Written::Word(_) | Written::Coil(_) => false,
        },
        Say::Read(_) => false,
    }
}

fn each_scale(say: &Say, see: &mut dyn FnMut(&super::Scale)) {
    match say {
        Say::Line(line) => line.pieces().iter().for_each(|piece| match piece {
            Piece::Hole(_, Format::Decimal(_, scale))
            | Piece::Hole(_, Format::Digits(_, scale))
            | Piece::Hole(_, Format::Hex(_, scale)) => see(scale),
            Piece::Hole(_, Format::Words(..)) | Piece::Text(_) => {}
        }),
        Say::Write(write) => match &write.value {
            Written::Slot(_, scale) | Written::Wide(_, scale, _) => see(scale),
            Written::Word(_) | Written::Coil(_) => {}
        },
        Say::Read(_) => {}
    }
}

impl core::error::Error for Mistake {}
