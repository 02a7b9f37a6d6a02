//! Everything that can be made to go wrong, while the unit runs, and the word that a person types for it.

use std::{fmt, mem::discriminant, str::FromStr};

use crate::kind::Command;

/// A thing gone wrong. A unit may have any number of them; setting one again replaces its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// So many frames in a thousand are lost.
    Drop(Way, u16),
    /// So many frames in a thousand have one bit flipped.
    Corrupt(Way, u16),
    /// So many frames in a thousand come twice.
    Duplicate(Way, u16),
    /// Frames come so many milliseconds late.
    Delay(Way, u32),
    /// Replies come in pairs, the later first.
    Reorder,
    /// Every reply is preceded by an old one, the first that was sent after this fault began.
    Replay,
    /// No reply is ever sent. Requests are acted on.
    Mute,
    /// All readings stand still, and the unit's own meter counts the one that stands. Samples keep being numbered.
    Freeze,
    /// The true output is so many thousandths (at most [`GAIN_MAX`]) of what the drive asks; the unit's own meter is honest.
    Gain(u32),
    /// The unit's own meter shows so many thousandths (at most [`GAIN_MAX`]) of what comes out.
    MeterGain(u32),
    /// The output silently stops at this level, in milliwatts or microtesla, whatever is held.
    Clamp(u32),
    /// The output stage does not hear its controller's off: what it last put out, or at least the smallest level, goes on. The contacts still cut it.
    StuckOn,
    /// The lease never ends.
    IgnoreLease,
    /// The controller starts anew, once, at the instant at which this fault is set. There is nothing to clear.
    Reboot,
    /// After a start the unit emits what it emitted last, with no lease and no preset, unasked.
    AutoResume,
    /// This command is acknowledged as if it were done, and is not done.
    Acknowledge(Command),
    /// This command is neither done nor answered.
    Ignore(Command),
    /// The temperature sensor is broken.
    Sensor(Sensor),
    /// The room has this temperature, in hundredths of a degree Celsius.
    Ambient(i16),
    /// The unit finds this fault in itself; the number is that of the bit in Status, the name is in [`TRIPS`].
    Trip(u8),
    /// Another applicator hangs on the unit; 0 is one that it does not know.
    Applicator(u16),
    /// It is another unit of the same model: another serial, with its own key.
    Identity,
    /// It claims the right serial and does not have the key.
    Impostor,
    /// Its firmware was changed to another version.
    Firmware,
}

/// Which frames a fault of the line concerns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// From the host to the unit.
    Request,
    /// From the unit to the host.
    Reply,
    /// Both.
    Both,
}

/// What a temperature sensor can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sensor {
    /// Healthy.
    Ok,
    /// A broken wire.
    Open,
    /// Two wires that touch.
    Short,
    /// Not plugged in.
    Absent,
}

/// The names of the fault bits of Status, from bit 0 (open-link, section 7.3).
pub const TRIPS: [&str; 10] = [
    "over-temperature",
    "temperature-sensor",
    "output-high",
    "output-unasked",
    "output-sensor",
    "supply",
    "cooling",
    "fibre",
    "memory",
    "internal",
];

/// The largest gain, in permille: ten times what it should be. It keeps the exact integrals of years within their integers.
pub const GAIN_MAX: u32 = 10_000;

/// The text is no fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownFault(String);

impl fmt::Display for UnknownFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known: Vec<&str> = Fault::NAMES.iter().map(|(usage, _)| *usage).collect();
        write!(f, "`{}` is no fault; known are {}", self.0, known.join(", "))
    }
}

impl std::error::Error for UnknownFault {}

impl Fault {
    /// How to type each fault, and what it does.
    pub const NAMES: [(&'static str, &'static str); 23] = [
        ("[request-|reply-]drop[:permille]", "frames are lost"),
        ("[request-|reply-]corrupt[:permille]", "frames have one bit flipped"),
        ("[request-|reply-]duplicate[:permille]", "frames come twice"),
        ("[request-|reply-]delay:milliseconds", "frames come late"),
        ("reorder", "replies come in pairs, the later first"),
        ("replay", "every reply is preceded by an old one"),
        ("mute", "no reply is sent"),
        ("freeze", "all readings stand still"),
        ("gain:permille", "true output is another than the drive asks"),
        ("meter-gain:permille", "the unit's own meter lies"),
        ("clamp:level", "output silently stops at this level (mW or uT)"),
        ("stuck-on", "the output stage does not hear off"),
        ("ignore-lease", "the lease never ends"),
        ("reboot", "the controller starts anew, once"),
        ("auto-resume", "after a start it emits by itself"),
        ("ack-without-act:command", "set, warn, enable, renew or off is acknowledged, not done"),
        ("ignore:command", "set, warn, enable, renew or off is neither done nor answered"),
        ("sensor:open|short|absent", "the temperature sensor is broken"),
        ("ambient:centidegrees", "the room has this temperature"),
        ("trip:name", "the unit finds a fault in itself, such as `supply`"),
        ("applicator:code", "another applicator hangs on it; 0 is unknown"),
        ("identity | impostor", "another unit with its own key | the right serial, no key"),
        ("firmware", "its firmware was changed"),
    ];

    /// Whether `other` is the same fault, maybe with another number.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        discriminant(self) == discriminant(other)
            && self.way() == other.way()
            && self.command() == other.command()
    }

    fn way(&self) -> Option<Way> {
        if let Self::Drop(way, _)
        | Self::Corrupt(way, _)
        | Self::Duplicate(way, _)
        | Self::Delay(way, _) = self
        {
            return Some(*way);
        }
        None
    }

    fn command(&self) -> Option<Command> {
        if let Self::Acknowledge(command) | Self::Ignore(command) = self {
            return Some(*command);
        }
        None
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Drop(way, permille) => write!(f, "{way}drop:{permille}"),
            Self::Corrupt(way, permille) => write!(f, "{way}corrupt:{permille}"),
            Self::Duplicate(way, permille) => write!(f, "{way}duplicate:{permille}"),
            Self::Delay(way, ms) => write!(f, "{way}delay:{ms}"),
            Self::Reorder => f.write_str("reorder"),
            Self::Replay => f.write_str("replay"),
            Self::Mute => f.write_str("mute"),
            Self::Freeze => f.write_str("freeze"),
            Self::Gain(permille) => write!(f, "gain:{permille}"),
            Self::MeterGain(permille) => write!(f, "meter-gain:{permille}"),
            Self::Clamp(level) => write!(f, "clamp:{level}"),
            Self::StuckOn => f.write_str("stuck-on"),
            Self::IgnoreLease => f.write_str("ignore-lease"),
            Self::Reboot => f.write_str("reboot"),
            Self::AutoResume => f.write_str("auto-resume"),
            Self::Acknowledge(command) => write!(f, "ack-without-act:{command}"),
            Self::Ignore(command) => write!(f, "ignore:{command}"),
            Self::Sensor(sensor) => write!(f, "sensor:{}", sensor.name()),
            Self::Ambient(centi) => write!(f, "ambient:{centi}"),
            Self::Trip(bit) => write!(f, "trip:{}", TRIPS[usize::from(*bit) % TRIPS.len()]),
            Self::Applicator(code) => write!(f, "applicator:{code}"),
            Self::Identity => f.write_str("identity"),
            Self::Impostor => f.write_str("impostor"),
            Self::Firmware => f.write_str("firmware"),
        }
    }
}

impl FromStr for Fault {
    type Err = UnknownFault;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse(text).ok_or_else(|| UnknownFault(text.to_owned()))
    }
}

fn parse(text: &str) -> Option<Fault> {
    let (name, number) = text.split_once(':').map_or((text, None), |(name, n)| (name, Some(n)));
    match number {
        None => parse_plain(name).or_else(|| parse_line(name, None)),
        Some(number) => parse_line(name, Some(number)).or_else(|| parse_numbered(name, number)),
    }
}

fn parse_plain(name: &str) -> Option<Fault> {
    match name {
        "reorder" => Some(Fault::Reorder),
        "replay" => Some(Fault::Replay),
        "mute" => Some(Fault::Mute),
        "freeze" => Some(Fault::Freeze),
        "stuck-on" => Some(Fault::StuckOn),
        "ignore-lease" => Some(Fault::IgnoreLease),
        "reboot" => Some(Fault::Reboot),
        "auto-resume" => Some(Fault::AutoResume),
        "identity" => Some(Fault::Identity),
        "impostor" => Some(Fault::Impostor),
        "firmware" => Some(Fault::Firmware),
        _ => None,
    }
}

/// A fault of the line; without a number it hits every frame.
fn parse_line(name: &str, number: Option<&str>) -> Option<Fault> {
    let (way, name) = Way::strip(name);
    let permille = || match number {
        None => Some(1_000),
        Some(number) => number.parse().ok().filter(|permille| *permille <= 1_000),
    };
    match name {
        "drop" => permille().map(|permille| Fault::Drop(way, permille)),
        "corrupt" => permille().map(|permille| Fault::Corrupt(way, permille)),
        "duplicate" => permille().map(|permille| Fault::Duplicate(way, permille)),
        "delay" => number?.parse().ok().map(|ms| Fault::Delay(way, ms)),
        _ => None,
    }
}

fn parse_numbered(name: &str, number: &str) -> Option<Fault> {
    match name {
        "gain" => gain(number).map(Fault::Gain),
        "meter-gain" => gain(number).map(Fault::MeterGain),
        "clamp" => number.parse().ok().map(Fault::Clamp),
        "ack-without-act" => command(number).map(Fault::Acknowledge),
        "ignore" => command(number).map(Fault::Ignore),
        "sensor" => Sensor::from_name(number).map(Fault::Sensor),
        "ambient" => number.parse().ok().map(Fault::Ambient),
        "trip" => TRIPS
            .iter()
            .position(|trip| *trip == number)
            .and_then(|bit| u8::try_from(bit).ok())
            .map(Fault::Trip),
        "applicator" => number.parse().ok().map(Fault::Applicator),
        _ => None,
    }
}

fn gain(number: &str) -> Option<u32> {
    number.parse().ok().filter(|permille| *permille <= GAIN_MAX)
}

fn command(name: &str) -> Option<Command> {
    Command::ALL.into_iter().find(|command| command.name() == name)
}

impl Way {
    /// Whether frames that go this way are concerned.
    pub(crate) fn covers(self, other: Self) -> bool {
        self == Self::Both || self == other
    }

    fn strip(name: &str) -> (Self, &str) {
        for way in [Self::Request, Self::Reply] {
            if let Some(rest) = name.strip_prefix(way.prefix()) {
                return (way, rest);
            }
        }
        (Self::Both, name)
    }

    const fn prefix(self) -> &'static str {
        match self {
            Self::Request => "request-",
            Self::Reply => "reply-",
            Self::Both => "",
        }
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.prefix())
    }
}

impl Sensor {
    const ALL: [Self; 4] = [Self::Ok, Self::Open, Self::Short, Self::Absent];

    /// The byte in Status.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Open => 1,
            Self::Short => 2,
            Self::Absent => 3,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Open => "open",
            Self::Short => "short",
            Self::Absent => "absent",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|sensor| sensor.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_reads_as_it_prints() {
        let mut faults = vec![
            Fault::Reorder,
            Fault::Replay,
            Fault::Mute,
            Fault::Freeze,
            Fault::Gain(1_600),
            Fault::MeterGain(300),
            Fault::Clamp(2_000),
            Fault::StuckOn,
            Fault::IgnoreLease,
            Fault::Reboot,
            Fault::AutoResume,
            Fault::Ambient(-500),
            Fault::Trip(7),
            Fault::Applicator(0),
            Fault::Identity,
            Fault::Impostor,
            Fault::Firmware,
        ];
        faults.extend(Command::ALL.map(Fault::Acknowledge));
        faults.extend(Command::ALL.map(Fault::Ignore));
        faults.extend(Sensor::ALL.map(Fault::Sensor));
        for way in [Way::Request, Way::Reply, Way::Both] {
            faults.extend([Fault::Drop(way, 5), Fault::Corrupt(way, 1_000)]);
            faults.extend([Fault::Duplicate(way, 0), Fault::Delay(way, 60_000)]);
        }
        for fault in faults {
            assert_eq!(fault.to_string().parse(), Ok(fault));
        }
    }

    #[test]
    fn a_fault_of_the_line_hits_everything_unless_told() {
        assert_eq!("drop".parse(), Ok(Fault::Drop(Way::Both, 1_000)));
        assert_eq!("reply-drop".parse(), Ok(Fault::Drop(Way::Reply, 1_000)));
    }

    #[test]
    fn what_is_no_fault_is_said_to_be_none() {
        for text in [
            "",
            "drop:1001",
            "delay",
            "gain",
            "gain:x",
            "gain:10001",
            "trip:x",
            "off",
            "reply-mute",
        ] {
            let refused = text.parse::<Fault>().expect_err(text);
            assert!(refused.to_string().contains("stuck-on"));
        }
    }
}
