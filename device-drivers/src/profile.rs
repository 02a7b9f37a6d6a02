//! What a service engineer writes down of a unit, so that it is spoken with and no Rust is written.
//!
//! A profile is facts and nothing else: how the line is set, what is said, what an answer means in
//! the one vocabulary of [`Sign`], and who vouches for each of it. Two dialects read it,
//! [`ascii_line`](crate::ascii_line) and [`modbus_rtu`](crate::modbus_rtu); both are the machine of
//! every unit that answers one question at a time, so none of its rules can be written away. This
//! module reads no file: whoever does fills these types and asks [`Profile::validate`] for all that
//! is wrong at once.
//!
//! What a profile cannot say, and therefore needs a dialect of its own: binary frames with a
//! checksum, frames that are pushed, event registers that are cleared by reading, energy budgets.

mod check;
mod levels;
mod meaning;
mod plate;
mod start;
mod status;
mod template;
#[cfg(test)]
mod tests;
pub(crate) mod tongue;
mod value;

use alloc::{string::String, vec::Vec};

use safety::Nanos;

pub use check::Mistake;
pub use levels::{Amounts, LaserLevels, PemfLevels, Steps, Told};
pub use plate::{Plate, PlateError};
pub use start::Reason;
pub use status::{Sign, Status, StatusBit, Unknown};
pub use template::{Format, Piece, Slot, Template, TemplateError};
pub use value::{Form, Order, Scale, Value, Whole};

pub(crate) use tongue::Reader;

#[cfg(test)]
pub(crate) use crate::test_bench::profiles as examples;

/// All that is known of a unit family, without the one unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// What the profile is called.
    pub name: String,
    /// Which state of its text this is: a session records it.
    pub revision: String,
    /// How the serial line is set.
    pub link: Link,
    /// What a question looks like on the line.
    pub wire: Wire,
    /// Said ahead of the introduction, in this order, whenever the unit is asked who it is.
    pub init: Vec<Command>,
    /// What asks the unit who it is, and what it must answer.
    pub introduction: Vec<Introduction>,
    /// The models that one profile covers; none if it covers one.
    pub variants: Vec<Variant>,
    /// What turns off.
    pub off: Vec<Command>,
    /// What makes the unit hold a setting.
    pub tell: Vec<Command>,
    /// What makes it ready, if that is a step of its own.
    pub enable: Vec<Command>,
    /// What turns on.
    pub fire: Vec<Command>,
    /// The run that nothing interrupts, if the unit emits in such.
    pub chunk: Option<Chunk>,
    /// What is asked again and again.
    pub polls: Vec<Question>,
    /// What keeps the unit from falling silent, each one of the polls.
    pub keep_alive: Vec<KeepAlive>,
    /// What is never said, even if something above would.
    pub forbidden: Vec<Forbidden>,
    /// What ends emission after our last byte.
    pub lease: Lease,
    /// How its output is known.
    pub read_back: ReadBack,
    /// What its level counts.
    pub counts: Counts,
    /// From the end of off to no output.
    pub fall: Nanos,
}

/// Who says that a fact is so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The maker's manual.
    Vendor,
    /// The maker's own software.
    VendorSoftware,
    /// Somebody else's software or report.
    ThirdParty,
    /// Measured at a unit.
    Measured,
    /// Nobody: a guess.
    Unknown,
}

/// How a serial line is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// Bits per second, usual or not.
    pub baud: u32,
    /// 7 or 8.
    pub data_bits: u8,
    /// The bit that a byte is checked by.
    pub parity: Parity,
    /// 1 or 2.
    pub stop_bits: u8,
    /// The least rest between two frames of ours.
    pub gap: Nanos,
    /// Who says so.
    pub source: Source,
}

/// The bit that a byte is checked by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parity {
    /// There is none.
    None,
    /// It makes the ones even.
    Even,
    /// It makes the ones odd.
    Odd,
}

impl Link {
    /// The time that one byte takes, its start bit included, rounded up.
    pub fn byte(&self) -> Nanos {
        let parity = match self.parity {
            Parity::None => 0,
            Parity::Even | Parity::Odd => 1,
        };
        let bits = 1_u64
            .saturating_add(self.data_bits.into())
            .saturating_add(parity)
            .saturating_add(self.stop_bits.into());
        let second = Nanos::from_secs(1).get();
        Nanos::new(bits.saturating_mul(second).div_ceil(u64::from(self.baud).max(1)))
    }
}

/// What a question looks like on the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wire {
    /// Lines of text.
    Lines(Lines),
    /// Registers behind Modbus RTU.
    Registers(Registers),
}

/// Lines of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lines {
    /// What ends a line of ours; may be nothing.
    pub ours: Vec<u8>,
    /// What ends a line of the unit. If nothing does, each answer has its [`Reply::length`].
    pub theirs: Vec<u8>,
    /// Whether the unit repeats what it is sent.
    pub echo: Echo,
    /// What it repeats is in capitals.
    pub capitals: bool,
    /// What the unit says when it is done with a line; may be nothing.
    pub prompt: Vec<u8>,
    /// What throws an unfinished line away; may be nothing. Every off begins with it.
    pub cancel: Vec<u8>,
    /// The longest line of the unit.
    pub longest: usize,
    /// What a line of the unit begins with that says no.
    pub errors: Vec<ErrorLine>,
    /// What the unit says by itself.
    pub unasked: Vec<Unasked>,
    /// Who says so.
    pub source: Source,
}

/// Whether a unit repeats what it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Echo {
    /// It does not.
    None,
    /// The whole line, once it is complete.
    Line,
    /// Each character at once. What turns on is then not finished before its echo was compared.
    Character,
}

/// A line by which a unit says no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorLine {
    /// What it begins with.
    pub begins: String,
    /// What it means.
    pub severity: Severity,
}

/// What a no means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The command was not taken.
    Refused,
    /// The line was not understood: a bad frame.
    Garbled,
    /// The unit left our control, or has started anew.
    Lost,
}

/// A line that a unit says by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unasked {
    /// What it begins with.
    pub begins: String,
    /// It shows that the unit has started anew.
    pub restarted: bool,
}

/// Registers behind Modbus RTU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Registers {
    /// The address of the unit, 1 to 247.
    pub address: u8,
    /// Who says so.
    pub source: Source,
}

/// Something that is said to a unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// What is said.
    pub say: Say,
    /// What the unit answers to it. Registers answer by themselves.
    pub reply: Reply,
    /// How long it may think; an answer of later is lost.
    pub within: Nanos,
    /// How long the line rests after it.
    pub quiet: Nanos,
    /// Who says so.
    pub source: Source,
}

/// What is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Say {
    /// A line of text.
    Line(Template),
    /// Reads neighbours.
    Read(Read),
    /// Writes one register, or two.
    Write(Write),
}

/// Neighbours that are read at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Read {
    /// Of which kind.
    pub table: Table,
    /// The first, counted from zero as on the line.
    pub first: u16,
    /// How many.
    pub count: u16,
    /// How many more may be read behind them, so that questions in a row differ in shape.
    pub spare: u16,
}

/// A kind of registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    /// Function 03.
    Holding,
    /// Function 04.
    Input,
    /// Function 01.
    Coils,
    /// Function 02.
    Discrete,
}

/// One write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Write {
    /// The register, counted from zero as on the line.
    pub register: u16,
    /// What is written.
    pub value: Written,
}

/// What is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// Always this: a command word, one action per write. Function 06.
    Word(u16),
    /// A coil. Function 05.
    Coil(bool),
    /// What a slot holds, in one register. Function 06.
    Slot(Slot, Scale),
    /// What a slot holds, in two registers. Function 10.
    Wide(Slot, Scale, Order),
}

/// What a unit answers to a line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reply {
    /// The first line.
    pub first: First,
    /// The lines after it: each this text, or any if none is given.
    pub then: Vec<Option<String>>,
    /// A character that may come any number of times before the first line.
    pub progress: Option<u8>,
    /// How many bytes it has, if nothing ends a line.
    pub length: usize,
}

/// The first line of an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum First {
    /// No line comes; what was told is believed only once it was read back.
    #[default]
    None,
    /// This text.
    Text(String),
    /// What the question reads.
    Value,
    /// Any that is no error.
    Any,
}

/// A question of the introduction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Introduction {
    /// How it is asked.
    pub command: Command,
    /// How its answer is read.
    pub value: Value,
    /// What its answer must be.
    pub expect: Expect,
}

/// What the answer to a question of the introduction must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expect {
    /// This text.
    Text(String),
    /// A text that begins so.
    Begins(String),
    /// This whole number, as the unit says it.
    Number(i64),
    /// The serial number on the plate.
    Serial,
    /// One of the firmware versions on the plate.
    Firmware,
    /// The model on the plate, one of [`Profile::variants`].
    Variant,
    /// The most that the unit can be told, as on the plate: what finds a wrong decimal point.
    Limit(Scale),
}

/// One of the models that a profile covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variant {
    /// What it is called.
    pub name: String,
    /// What it says of itself.
    pub says: Says,
    /// What every scale that is marked by variant is divided by beside its own.
    pub divide: i64,
    /// Other models say the same of themselves: a person has to look at the plate and sign.
    pub ambiguous: bool,
    /// Who says so.
    pub source: Source,
}

/// What a model says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Says {
    /// A text that begins so.
    Begins(String),
    /// A whole number of these.
    Between(i64, i64),
}

/// A run that nothing interrupts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// The most seconds of one.
    pub most_seconds: u32,
    /// What starts one. Its answer comes when it is over.
    pub command: Command,
}

/// A question that is asked again and again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// What it is called in this profile.
    pub name: String,
    /// How it is asked.
    pub command: Command,
    /// How its answer is read.
    pub value: Value,
    /// What its answer means.
    pub means: Means,
}

/// What an answer means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Means {
    /// The output, as the amount that the unit is told.
    Output(Scale),
    /// The amount that the unit was told.
    Level(ReadAs),
    /// The frequency that it was told, in millihertz.
    Frequency(ReadAs),
    /// Conditions.
    Status(Status),
    /// The temperature at the applicator, in hundredths of a degree.
    Temperature(Scale),
    /// An entry of the error queue: this number if there is none, and any other is a fault. One is
    /// taken out at each poll, until none is left.
    Errors(i64),
    /// The unit answers only while it emits nothing.
    Idle,
    /// Nothing: it is asked to keep the unit alive.
    Nothing,
}

/// How a setting is read back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadAs {
    /// From what the unit says to what it was told.
    pub scale: Scale,
    /// How far it may be off, below a step of the unit.
    pub tolerance: u32,
}

/// What keeps a unit alive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeepAlive {
    /// The name of a poll.
    pub poll: String,
    /// How often it must be asked at least.
    pub every: Nanos,
}

/// What is never said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Forbidden {
    /// A line that begins so, in capitals or not.
    Line(String),
    /// A register, and which bits of what is written there are forbidden; all ones forbids any write.
    Register(u16, u16),
    /// A coil that is not written.
    Coil(u16),
}

/// What ends emission after our last byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lease {
    /// The unit itself, if it hears nothing for this long.
    Watchdog(Nanos, Source),
    /// The length that the unit was told.
    Preset(Nanos, Source),
    /// The length of one run.
    Chunk(Nanos, Source),
    /// A relay in its supply that opens without our heartbeat.
    Relay(Nanos, Source),
}

/// How the output is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadBack {
    /// It is not.
    None,
    /// From the drive.
    Derived,
    /// It is measured.
    Measured,
}

/// What the level of a profile counts: milliamperes told as milliwatts would be another emission, and
/// what was read back would be as wrong as what was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counts {
    /// Milliwatts, which the unit keeps by itself.
    Milliwatts,
    /// Microamperes of a drive.
    Microamperes,
    /// Something of the unit's own, such as millionths of what it can do at most.
    Own,
}
