//! What a line says: headers in any case, long or short, and numbers.

/// The delay that can be set at most, in milliseconds.
const DELAY_MAX: u32 = 30_000;
/// An unknown header, a missing value, a value of the wrong kind, a value out of range.
const PATH: u16 = 123;
const COUNT: u16 = 126;
const KIND: u16 = 124;
const RANGE: u16 = 201;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Question {
    Identity,
    Serial,
    Version,
    Output,
    Set,
    Measured,
    Limit,
    Mode,
    Trips,
    Delay,
    Condition,
    Events,
    Errors,
    StatusByte,
    Key,
    Cooler,
    CoolerCondition,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Output(bool),
    /// In microamperes.
    Current(u32),
    Limit(u32),
    /// Whether it is the mode of constant current.
    Mode(bool),
    Trips(u16),
    Delay(u16),
    /// Something without a meaning here.
    Nothing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Said {
    Ask(Question),
    Do(Order),
}

/// What one command says, or the error it makes.
pub(super) fn parse(piece: &[u8], amperes: bool) -> Result<Said, u16> {
    let text = std::str::from_utf8(piece).map_err(|_| PATH)?.trim().to_ascii_uppercase();
    let text = text.strip_prefix(':').unwrap_or(&text);
    let (header, value) = match text.split_once(' ') {
        Some((header, value)) => (header, Some(value.trim())),
        None => (text, None),
    };
    let header = header.replace("LASER:", "LAS:").replace("OUTPUT", "OUT");
    let question = match header.as_str() {
        "*IDN?" => Some(Question::Identity),
        "SN?" => Some(Question::Serial),
        "VER?" => Some(Question::Version),
        "LAS:OUT?" => Some(Question::Output),
        "LAS:SET:LDI?" => Some(Question::Set),
        "LAS:LDI?" => Some(Question::Measured),
        "LAS:LIM:LDI?" => Some(Question::Limit),
        "LAS:MODE?" => Some(Question::Mode),
        "LAS:ENAB:OUTOFF?" => Some(Question::Trips),
        "ONDELAY?" => Some(Question::Delay),
        "LAS:COND?" => Some(Question::Condition),
        "LAS:EVE?" => Some(Question::Events),
        "ERR?" => Some(Question::Errors),
        "*STB?" => Some(Question::StatusByte),
        "KEY?" => Some(Question::Key),
        "TEC:OUT?" => Some(Question::Cooler),
        "TEC:COND?" => Some(Question::CoolerCondition),
        _ => None,
    };
    if let Some(question) = question {
        return Ok(Said::Ask(question));
    }
    let value = |what: fn(&str) -> Option<u32>| {
        let text = value.ok_or(COUNT)?;
        what(text).ok_or(KIND)
    };
    let current: fn(&str) -> Option<u32> = if amperes { micro_of_amps } else { micro_of_milliamps };
    let order = match header.as_str() {
        "LAS:OUT" => match value(number)? {
            0 => Order::Output(false),
            1 => Order::Output(true),
            _ => return Err(RANGE),
        },
        "LAS:LDI" => Order::Current(value(current)?),
        "LAS:LIM:LDI" => Order::Limit(value(current)?),
        "LAS:MODE:ILBW" => Order::Mode(true),
        "LAS:MODE:IHBW" | "LAS:MODE:MDP" | "LAS:MODE:MDI" | "LAS:MODE:LDV" => Order::Mode(false),
        "LAS:ENAB:OUTOFF" => Order::Trips(u16::try_from(value(number)?).map_err(|_| RANGE)?),
        "ONDELAY" => match value(number)? {
            millis @ 0..=DELAY_MAX => Order::Delay(u16::try_from(millis).map_err(|_| RANGE)?),
            _ => return Err(RANGE),
        },
        "LOCAL" | "TERMINAL" | "TERM" => Order::Nothing,
        _ => return Err(PATH),
    };
    Ok(Said::Do(order))
}

/// A current as the unit says it.
pub(super) fn current(microamps: u32, amperes: bool, decimals: u32) -> String {
    let digits: u32 = if amperes { 6 } else { 3 };
    let (unit, drop) = (10_u32.pow(digits), 10_u32.pow(digits.saturating_sub(decimals)));
    let width = usize::try_from(decimals).unwrap_or(0);
    format!("{}.{:0width$}", microamps / unit, microamps % unit / drop)
}

fn number(text: &str) -> Option<u32> {
    text.parse().ok()
}

fn micro_of_milliamps(text: &str) -> Option<u32> {
    scaled(text, 3)
}

fn micro_of_amps(text: &str) -> Option<u32> {
    scaled(text, 6)
}

/// A number that may have a point, times ten to the power of `digits`.
fn scaled(text: &str, digits: u32) -> Option<u32> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let keep = usize::try_from(digits).ok()?;
    let padded: String = part.chars().chain(std::iter::repeat('0')).take(keep).collect();
    let plain = |text: &str| text.chars().all(|letter| letter.is_ascii_digit());
    if whole.is_empty() || !plain(whole) || !plain(part) {
        return None;
    }
    format!("{whole}{padded}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_in_any_case_long_or_short() {
        for line in ["LAS:OUT 1", "laser:output 1", ":Las:Out  1 "] {
            assert_eq!(parse(line.as_bytes(), false), Ok(Said::Do(Order::Output(true))), "{line}");
        }
        let set = |line: &str, amperes| parse(line.as_bytes(), amperes);
        assert_eq!(set("LAS:LDI 1234.5", false), Ok(Said::Do(Order::Current(1_234_500))));
        assert_eq!(set("LAS:LDI 1.5", true), Ok(Said::Do(Order::Current(1_500_000))));
    }

    #[test]
    fn what_is_wrong_has_a_number() {
        let wrong = |line: &str| parse(line.as_bytes(), false).unwrap_err();
        assert_eq!(wrong("LAS:OUTT 1"), PATH);
        assert_eq!(wrong("LAS:OUT"), COUNT);
        assert_eq!(wrong("LAS:OUT on1"), KIND);
        assert_eq!(wrong("LAS:LDI -5"), KIND);
        assert_eq!(wrong("LAS:OUT 2"), RANGE);
        assert_eq!(wrong("ONDELAY 30001"), RANGE);
    }

    #[test]
    fn a_current_is_said_in_the_unit_of_the_unit() {
        assert_eq!(current(1_234_560, false, 1), "1234.5");
        assert_eq!(current(1_234_560, true, 3), "1.234");
    }
}
