//! How an answer is read, and how what a unit says becomes what the gateway counts in.

use alloc::{string::String, vec::Vec};

/// How an answer is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    /// What stands before it.
    pub prefix: String,
    /// In which columns it stands, behind the prefix: the first, counted from zero, and how many.
    pub columns: Option<(usize, usize)>,
    /// What it is.
    pub form: Form,
}

/// What an answer is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Form {
    /// A decimal number with its unit of measure behind it, or a word that stands for a number.
    Number(String, Vec<(String, i64)>),
    /// So many hexadecimal digits.
    Hex(usize),
    /// So many letters, each one of these two: set, or not set. The first is bit 0.
    Letters(usize, u8, u8),
    /// Words, and what they stand for.
    Words(Vec<(String, u32)>),
    /// A text.
    Text,
    /// Registers as one number.
    Whole(Whole),
    /// Coils or discrete inputs, the first is bit 0.
    Bits,
}

/// What registers are as one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whole {
    /// One register from zero up.
    U16,
    /// One register in two's complement.
    S16,
    /// Two registers from zero up.
    U32(Order),
    /// A register that is not zero if the number is negative, and one for how much.
    SignMagnitude,
}

/// The order of the registers of one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The upper half first.
    High,
    /// The lower half first.
    Low,
}

/// From what a unit says to what the gateway counts in: `said × times ÷ per + offset`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scale {
    /// Above zero.
    pub times: i64,
    /// Above zero.
    pub per: i64,
    /// What it is at zero.
    pub offset: i64,
    /// The variant of the unit divides it further.
    pub variant: bool,
}

/// What was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading<'a> {
    /// A number, in billionths of what the unit said.
    Number(i128),
    /// A text.
    Text(&'a str),
}

/// To which side a number is rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Round {
    /// Away from nothing: what is charged.
    Up,
    /// To the nearest: what is compared.
    Near,
}

/// The parts that a number is read in.
const BILLION: i128 = 1_000_000_000;
/// The most digits before and behind the point.
const DIGITS_MAX: usize = 12;

impl Scale {
    /// What is said is what is counted.
    pub const ONE: Self = Self { times: 1, per: 1, offset: 0, variant: false };

    /// Reads `T/D`, with a `v` behind it if the variant divides it further, and `+O` or `-O` if what
    /// is zero does not count as zero: `1000`, `1/10`, `1000000/1v`, `1/10-50`.
    pub fn parse(text: &str) -> Option<Self> {
        let at = text.find(['+', '-']).unwrap_or(text.len());
        let (ratio, offset) = text.split_at_checked(at)?;
        let offset = if offset.is_empty() { 0 } else { offset.parse().ok()? };
        let (ratio, variant) = match ratio.strip_suffix('v') {
            Some(ratio) => (ratio, true),
            None => (ratio, false),
        };
        let (times, per) = ratio.split_once('/').unwrap_or((ratio, "1"));
        let scale = Self { times: times.parse().ok()?, per: per.parse().ok()?, offset, variant };
        scale.is_sound().then_some(scale)
    }

    /// Whether it can be reckoned with.
    pub(super) fn is_sound(&self) -> bool {
        0 < self.times && 0 < self.per
    }

    /// What is said for `count`, with so many decimals, as a whole number of the last; rounded down.
    /// `None` if it is negative or too large.
    pub(crate) fn told(&self, count: u32, places: u8) -> Option<u64> {
        let (up, down) = self.parts(count, places)?;
        u64::try_from(up.checked_div(down)?).ok()
    }

    /// Whether `count` can be said with so many decimals to the last digit.
    pub(super) fn is_exact(&self, count: u32, places: u8) -> bool {
        let parts = self.parts(count, places);
        parts.and_then(|(up, down)| up.checked_rem(down)).is_some_and(|rest| rest == 0)
    }

    fn parts(&self, count: u32, places: u8) -> Option<(i128, i128)> {
        let tens = 10_i128.checked_pow(u32::from(places))?;
        let from = i128::from(count).checked_sub(self.offset.into())?;
        let up = from.checked_mul(self.per.into())?.checked_mul(tens)?;
        (0 <= up && 0 < self.times).then_some((up, self.times.into()))
    }

    /// What a number of billionths counts.
    pub(super) fn count(&self, billionths: i128, round: Round) -> Option<i64> {
        let up = billionths.checked_mul(self.times.into())?;
        let down = BILLION.checked_mul(self.per.into()).filter(|down| 0 < *down)?;
        let scaled = match round {
            Round::Up if 0 <= up => up.checked_add(down.checked_sub(1)?)?.checked_div(down)?,
            Round::Up => up.checked_div(down)?,
            Round::Near => {
                let half = down.checked_div(2)?;
                let half = if 0 <= up { half } else { half.checked_neg()? };
                up.checked_add(half)?.checked_div(down)?
            }
        };
        i64::try_from(scaled).ok()?.checked_add(self.offset)
    }
}

impl Reading<'_> {
    /// The whole number that it is, if it is one.
    pub(super) fn whole(&self) -> Option<i64> {
        match self {
            Self::Number(number) if number.checked_rem(BILLION) == Some(0) => {
                i64::try_from(number.checked_div(BILLION)?).ok()
            }
            Self::Number(_) | Self::Text(_) => None,
        }
    }

    /// The number that it is.
    pub(super) fn number(&self) -> Option<i128> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Text(_) => None,
        }
    }
}

impl Value {
    /// Reads a line. `None` if it is none of what it must be.
    pub(crate) fn read<'a>(&self, line: &'a str) -> Option<Reading<'a>> {
        let rest = line.strip_prefix(self.prefix.as_str())?;
        let text = match self.columns {
            None => rest,
            Some((from, count)) => rest.get(from..from.checked_add(count)?)?,
        };
        match &self.form {
            Form::Number(unit, words) => {
                let text = text.trim();
                if let Some((_, count)) = words.iter().find(|(word, _)| word == text) {
                    return Some(Reading::Number(i128::from(*count).checked_mul(BILLION)?));
                }
                Some(Reading::Number(decimal(text.strip_suffix(unit.as_str())?.trim_end())?))
            }
            Form::Hex(digits) => {
                let hex = text.bytes().all(|digit| digit.is_ascii_hexdigit());
                let fits = hex && text.len() == *digits;
                let word = u32::from_str_radix(text, 16).ok().filter(|_| fits)?;
                Some(whole(word.into()))
            }
            Form::Letters(length, set, clear) => {
                let mut bits = 0_u32;
                for (place, letter) in text.bytes().enumerate() {
                    let bit = 1_u32.checked_shl(u32::try_from(place).ok()?)?;
                    if letter == *set {
                        bits |= bit;
                    } else if letter != *clear {
                        return None;
                    }
                }
                (text.len() == *length).then(|| whole(bits.into()))
            }
            Form::Words(words) => {
                let text = text.trim();
                let found = words.iter().find(|(word, _)| word == text);
                found.map(|(_, count)| whole((*count).into()))
            }
            Form::Text => Some(Reading::Text(text.trim())),
            Form::Whole(_) | Form::Bits => None,
        }
    }

    /// Reads registers.
    pub(crate) fn of_registers(&self, words: &[u16]) -> Option<Reading<'static>> {
        let pair = |high: u16, low: u16| (i64::from(high) << 16) | i64::from(low);
        let Form::Whole(kind) = &self.form else { return None };
        let count = match (kind, words) {
            (Whole::U16, [word, ..]) => i64::from(*word),
            (Whole::S16, [word, ..]) => i64::from(word.cast_signed()),
            (Whole::U32(Order::High), [high, low, ..]) => pair(*high, *low),
            (Whole::U32(Order::Low), [low, high, ..]) => pair(*high, *low),
            (Whole::SignMagnitude, [0, word, ..]) => i64::from(*word),
            (Whole::SignMagnitude, [1, word, ..]) => i64::from(*word).checked_neg()?,
            (Whole::U16 | Whole::S16 | Whole::U32(_) | Whole::SignMagnitude, _) => return None,
        };
        Some(whole(count))
    }

    /// Reads coils or discrete inputs.
    pub(crate) fn of_bits(&self, bits: impl Iterator<Item = bool>) -> Option<Reading<'static>> {
        if self.form != Form::Bits {
            return None;
        }
        let mut word = 0_u32;
        for (place, bit) in bits.enumerate() {
            word |= u32::from(bit).checked_shl(u32::try_from(place).ok()?)?;
        }
        Some(whole(word.into()))
    }
}

impl Whole {
    /// How many registers it takes.
    pub(super) const fn registers(self) -> u16 {
        match self {
            Self::U16 | Self::S16 => 1,
            Self::U32(_) | Self::SignMagnitude => 2,
        }
    }
}

fn whole(count: i64) -> Reading<'static> {
    Reading::Number(i128::from(count).saturating_mul(BILLION))
}

/// A decimal number in billionths. What has an exponent, a second point or no digit is none.
fn decimal(text: &str) -> Option<i128> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (before, behind) = digits.split_once('.').unwrap_or((digits, ""));
    let sound =
        |part: &str| part.len() <= DIGITS_MAX && part.bytes().all(|digit| digit.is_ascii_digit());
    if !sound(before) || !sound(behind) || (before.is_empty() && behind.is_empty()) {
        return None;
    }
    let count = |part: &str| {
        part.bytes().fold(0_i128, |sum, digit| {
            sum.saturating_mul(10).saturating_add(i128::from(digit.saturating_sub(b'0')))
        })
    };
    // What stands behind the ninth decimal is rounded up: nothing that is charged gets less by it.
    let nine = behind.get(..behind.len().min(9))?;
    let rest = behind.get(nine.len()..)?;
    let missing = u32::try_from(9_usize.checked_sub(nine.len())?).ok()?;
    let part = count(nine).checked_mul(10_i128.checked_pow(missing)?)?;
    let more = i128::from(rest.bytes().any(|digit| digit != b'0'));
    let sum = count(before).checked_mul(BILLION)?.checked_add(part)?.checked_add(more)?;
    Some(if negative { sum.checked_neg()? } else { sum })
}

#[cfg(test)]
mod tests {
    use alloc::{borrow::ToOwned, vec};

    use super::*;

    fn value(prefix: &str, form: Form) -> Value {
        Value { prefix: prefix.to_owned(), columns: None, form }
    }

    #[test]
    fn numbers_are_read_with_their_unit_of_measure_or_not_at_all() {
        let watts = value("", Form::Number("W".to_owned(), vec![("Off".to_owned(), 0)]));
        let milli = Scale { times: 1_000, ..Scale::ONE };
        let read = |line| milli.count(watts.read(line)?.number()?, Round::Up);
        assert_eq!(read(" 1.234W"), Some(1_234));
        assert_eq!(read("1.2341 W"), Some(1_235), "what is charged is rounded up");
        assert_eq!(read("Off"), Some(0));
        for line in ["1.234", "1.2.3W", "1e3W", "W", "offW", "--1W", "1,2W", "0x10W"] {
            assert_eq!(read(line), None, "{line}");
        }
    }

    #[test]
    fn a_word_of_another_length_is_not_read() {
        let word = value("K0300 ", Form::Hex(4));
        assert_eq!(word.read("K0300 03E8").and_then(|read| read.whole()), Some(1_000));
        for line in ["K0300 3E8", "K0300 03E80", "K0301 03E8", "K0300 +3E8"] {
            assert_eq!(word.read(line), None, "{line}");
        }
    }

    #[test]
    fn letters_are_bits_and_nothing_else() {
        let letters = value("", Form::Letters(4, b'!', b'.'));
        assert_eq!(letters.read("!..!").and_then(|read| read.whole()), Some(0b1001));
        for line in ["!..", "!..!.", "!..x"] {
            assert_eq!(letters.read(line), None, "{line}");
        }
    }

    #[test]
    fn registers_are_read_in_their_order_and_sign() {
        let read = |kind, words: &[u16]| {
            value("", Form::Whole(kind)).of_registers(words).and_then(|read| read.whole())
        };
        assert_eq!(read(Whole::U16, &[0xFFFF]), Some(65_535));
        assert_eq!(read(Whole::S16, &[0xFFFE]), Some(-2));
        assert_eq!(read(Whole::U32(Order::High), &[1, 2]), Some(65_538));
        assert_eq!(read(Whole::U32(Order::Low), &[1, 2]), Some(131_073));
        assert_eq!(read(Whole::SignMagnitude, &[1, 40]), Some(-40));
        assert_eq!(read(Whole::SignMagnitude, &[2, 40]), None);
        assert_eq!(read(Whole::U32(Order::High), &[1]), None);
    }
}
