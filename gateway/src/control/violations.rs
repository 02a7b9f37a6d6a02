//! What is wrong with a request: every field, each with what it may be.
//!
//! A description never repeats a text that a caller sent: it could name a patient.

use std::ops::RangeInclusive;

use proto::{Timestamp, v1::RefusalReason as Reason};
use tonic_types::FieldViolation;

use super::denial::Denial;

/// The violations found so far, and where in the message the search is.
#[derive(Debug, Default)]
pub(crate) struct Violations {
    path: String,
    found: Vec<FieldViolation>,
    /// Every one so far is about the length of a reason.
    only_lengths: Option<bool>,
}

impl Violations {
    /// Searches a message within this one.
    pub(crate) fn under<T>(&mut self, field: &str, search: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.path.len();
        if !self.path.is_empty() {
            self.path.push('.');
        }
        self.path.push_str(field);
        let found = search(self);
        self.path.truncate(before);
        found
    }

    pub(crate) fn add(&mut self, field: &str, description: impl Into<String>) {
        self.only_lengths = Some(false);
        self.push(field, description.into());
    }

    /// Whether nothing was found.
    ///
    /// # Errors
    /// Everything that was.
    pub(crate) fn settle(self) -> Result<(), Denial> {
        if self.found.is_empty() {
            return Ok(());
        }
        let reason = match self.only_lengths {
            Some(true) => Reason::ReasonLength,
            Some(false) | None => Reason::Malformed,
        };
        Err(Denial::malformed(reason, self.found))
    }

    /// A number with its limits and its unit.
    pub(crate) fn number(
        &mut self,
        field: &str,
        value: u32,
        range: RangeInclusive<u32>,
        unit: &str,
    ) -> Option<u32> {
        if range.contains(&value) {
            return Some(value);
        }
        let (least, most) = (range.start(), range.end());
        self.add(field, format!("Is {value} {unit}; it must be {least} to {most} {unit}."));
        None
    }

    /// A large number with its limits and its unit.
    pub(crate) fn amount(
        &mut self,
        field: &str,
        value: u64,
        range: RangeInclusive<u64>,
        unit: &str,
    ) -> Option<u64> {
        if range.contains(&value) {
            return Some(value);
        }
        let (least, most) = (range.start(), range.end());
        self.add(field, format!("Is {value} {unit}; it must be {least} to {most} {unit}."));
        None
    }

    /// A counter that the core holds in 32 bits.
    pub(crate) fn counter(&mut self, field: &str, value: u64) -> Option<u32> {
        let read = u32::try_from(value).ok();
        if read.is_none() {
            self.add(field, format!("Is {value}; it must be 0 to {}.", u32::MAX));
        }
        read
    }

    /// One of a closed list. Unspecified, unknown and unsupported ones are violations.
    pub(crate) fn choice<E: TryFrom<i32>, T>(
        &mut self,
        field: &str,
        value: i32,
        read: impl FnOnce(E) -> Option<T>,
    ) -> Option<T> {
        let read = E::try_from(value).ok().and_then(read);
        if read.is_none() {
            self.add(field, format!("Is {value}, which is unspecified or none of those allowed."));
        }
        read
    }

    /// 1 to `most` visible ASCII characters.
    pub(crate) fn name<'a>(&mut self, field: &str, text: &'a str, most: usize) -> Option<&'a str> {
        let fits = (1..=most).contains(&text.len());
        if fits && text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Some(text);
        }
        let long = text.len();
        self.add(field, format!("Has {long} bytes; it must be 1 to {most} visible ASCII ones."));
        None
    }

    /// The reason of a person: 10 to 500 characters.
    pub(crate) fn reason<'a>(&mut self, field: &str, text: &'a str) -> Option<&'a str> {
        let long = text.trim().chars().count();
        if (10..=500).contains(&long) {
            return Some(text);
        }
        self.only_lengths = Some(self.only_lengths.unwrap_or(true));
        let description = format!("Has {long} characters; a reason has 10 to 500 characters.");
        self.push(field, description);
        None
    }

    /// A point of wall time.
    pub(crate) fn time(
        &mut self,
        field: &str,
        value: Option<&Timestamp>,
    ) -> Option<jiff::Timestamp> {
        let Some(value) = value else {
            self.add(field, "Is missing; a point in time is needed.");
            return None;
        };
        let read = jiff::Timestamp::new(value.seconds, value.nanos).ok();
        if read.is_none() || value.nanos < 0 {
            self.add(field, "Is no point in time between the years 1 and 9999.");
            return None;
        }
        read
    }

    /// A message that must be there.
    pub(crate) fn present<'a, T>(&mut self, field: &str, value: Option<&'a T>) -> Option<&'a T> {
        if value.is_none() {
            self.add(field, "Is missing.");
        }
        value
    }

    fn push(&mut self, field: &str, description: String) {
        let path = match self.path.as_str() {
            "" => field.to_owned(),
            path => format!("{path}.{field}"),
        };
        self.found.push(FieldViolation::new(path, description));
    }
}
