//! A line with holes in it: what is the same every time, and what is told.
//!
//! `LCT{level:decimal(1,1/1000)}` says the level, in microamperes, as milliamperes with one decimal.
//! In braces stand a slot and how it is written:
//!
//! | written | means |
//! | --- | --- |
//! | `{level}` | whole, as it is counted |
//! | `{level:decimal(P,T/D)}` | times T over D, with P decimals; `,O` behind it is subtracted first |
//! | `{level:digits(W,T/D)}` | whole, times T over D, in W digits with leading zeros |
//! | `{level:hex(W,T/D)}` | the same in capital hexadecimal digits |
//! | `{on:words(OFF,ON)}` | one of two words |
//!
//! `{{` is a brace.

use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use core::fmt;

use super::{Amounts, Scale};

/// A line with holes in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template(Vec<Piece>);

/// A part of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Always this.
    Text(String),
    /// What a slot holds.
    Hole(Slot, Format),
}

/// What can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    /// How strongly: microamperes or millionths of a drive, milliwatts, or what the coil is scaled by.
    Level,
    /// Periods per second, in millihertz.
    Frequency,
    /// The share of a period, in thousandths.
    Duty,
    /// The length of a run, in seconds.
    Seconds,
    /// One to turn on, zero otherwise.
    On,
}

/// How it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Format {
    /// With so many decimals.
    Decimal(u8, Scale),
    /// In so many digits.
    Digits(u8, Scale),
    /// In so many hexadecimal digits.
    Hex(u8, Scale),
    /// One of two words: for zero, and for anything else.
    Words(String, String),
}

/// Why a text is no template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TemplateError {
    /// A brace is not closed.
    Open,
    /// There is no such slot.
    Slot(String),
    /// There is no such way to write it.
    Format(String),
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open => f.write_str("a brace is not closed"),
            Self::Slot(slot) => {
                write!(f, "`{slot}` is not level, frequency, duty, seconds or on")
            }
            Self::Format(format) => write!(f, "`{format}` is no way to write a number"),
        }
    }
}

impl core::error::Error for TemplateError {}

/// The most decimals and digits: what fits into the arithmetic with room.
pub(super) const PLACES_MAX: u8 = 9;

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// If it is none.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        let mut pieces = Vec::new();
        let mut fixed = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            fixed.push_str(before);
            if let Some(after) = after.strip_prefix('{') {
                fixed.push('{');
                rest = after;
                continue;
            }
            let (hole, after) = after.split_once('}').ok_or(TemplateError::Open)?;
            if !fixed.is_empty() {
                pieces.push(Piece::Text(core::mem::take(&mut fixed)));
            }
            pieces.push(hole_of(hole)?);
            rest = after;
        }
        fixed.push_str(rest);
        if !fixed.is_empty() {
            pieces.push(Piece::Text(fixed));
        }
        Ok(Self(pieces))
    }

    /// Its parts.
    pub fn pieces(&self) -> &[Piece] {
        &self.0
    }

    /// Its parts, to be changed.
    pub(super) fn pieces_mut(&mut self) -> &mut [Piece] {
        &mut self.0
    }

    /// The line for these amounts. `None` if one of them cannot be written so.
    pub(crate) fn say(&self, amounts: &Amounts) -> Option<String> {
        let mut line = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => line.push_str(text),
                Piece::Hole(slot, format) => line.push_str(&written(amounts.of(*slot), format)?),
            }
        }
        Some(line)
    }
}

fn written(count: u32, format: &Format) -> Option<String> {
    match format {
        Format::Decimal(places, scale) => {
            let digits = scale.told(count, *places)?;
            if *places == 0 {
                return Some(digits.to_string());
            }
            let tens = 10_u64.checked_pow(u32::from(*places))?;
            let (whole, part) = (digits.checked_div(tens)?, digits.checked_rem(tens)?);
            Some(format!("{whole}.{part:0width$}", width = usize::from(*places)))
        }
        Format::Digits(width, scale) => {
            let line = format!("{:0width$}", scale.told(count, 0)?, width = usize::from(*width));
            (line.len() == usize::from(*width)).then_some(line)
        }
        Format::Hex(width, scale) => {
            let line = format!("{:0width$X}", scale.told(count, 0)?, width = usize::from(*width));
            (line.len() == usize::from(*width)).then_some(line)
        }
        Format::Words(off, on) => Some(if count == 0 { off.clone() } else { on.clone() }),
    }
}

fn hole_of(hole: &str) -> Result<Piece, TemplateError> {
    let (slot, format) = match hole.split_once(':') {
        Some((slot, format)) => (slot, Some(format)),
        None => (hole, None),
    };
    let slot = match slot {
        "level" => Slot::Level,
        "frequency" => Slot::Frequency,
        "duty" => Slot::Duty,
        "seconds" => Slot::Seconds,
        "on" => Slot::On,
        other => return Err(TemplateError::Slot(other.to_string())),
    };
    let format = match format {
        None => Format::Decimal(0, Scale::ONE),
        Some(text) => format_of(text).ok_or_else(|| TemplateError::Format(text.to_string()))?,
    };
    Ok(Piece::Hole(slot, format))
}

fn format_of(text: &str) -> Option<Format> {
    let (name, rest) = text.split_once('(')?;
    let arguments: Vec<&str> = rest.strip_suffix(')')?.split(',').map(str::trim).collect();
    if name == "words" {
        let [off, on] = arguments.as_slice() else { return None };
        return Some(Format::Words(off.to_string(), on.to_string()));
    }
    let (width, scale) = arguments.split_first()?;
    let width: u8 = width.parse().ok().filter(|width| *width <= PLACES_MAX)?;
    let scale = scale_of(scale)?;
    match name {
        "decimal" => Some(Format::Decimal(width, scale)),
        "digits" if 0 < width => Some(Format::Digits(width, scale)),
        "hex" if 0 < width => Some(Format::Hex(width, scale)),
        _ => None,
    }
}

/// `T/D` from the count to what is said, turned round: a [`Scale`] goes from what is said to the
/// count. A `v` behind it divides by variant.
fn scale_of(arguments: &[&str]) -> Option<Scale> {
    let (ratio, offset) = match arguments {
        [] => ("1", "0"),
        [ratio] => (*ratio, "0"),
        [ratio, offset] => (*ratio, *offset),
        _ => return None,
    };
    let (ratio, variant) = match ratio.strip_suffix('v') {
        Some(ratio) => (ratio, true),
        None => (ratio, false),
    };
    let (times, per) = ratio.split_once('/').unwrap_or((ratio, "1"));
    let positive = |text: &str| text.parse::<i64>().ok().filter(|count| 0 < *count);
    let offset = offset.parse().ok()?;
    Some(Scale { times: positive(per)?, per: positive(times)?, offset, variant })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(template: &str, level: u32) -> Option<String> {
        let amounts = Amounts { level, frequency: 10_000, duty: 500, seconds: 1, on: true };
        Template::parse(template).unwrap().say(&amounts)
    }

    #[test]
    fn numbers_are_written_as_units_read_them() {
        for (template, level, line) in [
            ("p {level:decimal(4,1/1000)}", 1_250, "p 1.2500"),
            ("LCT{level:decimal(1,1/1000)}", 222_300, "LCT222.3"),
            ("DA 0 {level:digits(6)}", 1_234, "DA 0 001234"),
            ("P0300 {level:hex(4,1/10000)}", 13_500_000, "P0300 0546"),
            ("OUTP {on:words(OFF,ON)}", 0, "OUTP ON"),
            ("freq {frequency:decimal(0,1/10)} {seconds}", 0, "freq 1000 1"),
            ("T{level:decimal(1,1/10,-50)}", 50, "T10.0"),
            ("{{x}", 0, "{x}"),
        ] {
            assert_eq!(said(template, level).as_deref(), Some(line), "{template}");
        }
    }

    /// A number that does not fit its digits would be read as another one.
    #[test]
    fn what_does_not_fit_is_not_said() {
        assert_eq!(said("{level:digits(3)}", 1_000), None);
        assert_eq!(said("{level:hex(4)}", 0x1_0000), None);
        assert_eq!(said("{level:hex(4)}", 0xFFFF).as_deref(), Some("FFFF"));
    }

    #[test]
    fn what_is_told_is_rounded_down() {
        assert_eq!(said("{level:decimal(0,1/1000)}", 1_999).as_deref(), Some("1"));
        assert_eq!(said("{level:decimal(2,1/1000)}", 1_999).as_deref(), Some("1.99"));
    }

    #[test]
    fn what_is_no_template_says_why() {
        let parse = |text: &str| Template::parse(text).unwrap_err();
        assert_eq!(parse("p {level"), TemplateError::Open);
        assert_eq!(parse("p {power}"), TemplateError::Slot("power".to_string()));
        for format in ["decimal", "decimal(10)", "digits(0)", "hex(4,0)", "words(A)", "hex(4,1/-1)"]
        {
            let text = format!("{{level:{format}}}");
            assert_eq!(parse(&text), TemplateError::Format(format.to_string()));
        }
    }
}
