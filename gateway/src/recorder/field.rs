//! How values stand in a record: one byte after another, each value in one way only.
//!
//! Counts are written seven bits to a byte, the lowest first; a choice is its number, then its parts.
//! What is read was written by anybody: nothing here trusts a length, and nothing panics.

use std::sync::Arc;

/// A value that a record holds.
pub trait Field: Sized {
    /// Appends it.
    fn put(&self, out: &mut Vec<u8>);

    /// Reads it.
    ///
    /// # Errors
    /// [`Malformed`] if no such value was written there.
    fn take(from: &mut Bytes<'_>) -> Result<Self, Malformed>;
}

/// What is left to be read.
#[derive(Clone, Debug)]
pub struct Bytes<'a>(&'a [u8]);

/// What was written is none of our records.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// It ends within a value.
    #[error("it ends within a value")]
    Ends,
    /// There is something after the last value.
    #[error("{0} bytes follow its last value")]
    More(usize),
    /// A count does not fit its type, or is not written in its shortest form.
    #[error("a count is written as none is")]
    Count,
    /// No choice has this number.
    #[error("no {of} has the number {found}")]
    Choice {
        /// Of what.
        of: &'static str,
        /// The number.
        found: u8,
    },
    /// The parts make no such value.
    #[error("its parts make no {0}")]
    Value(&'static str),
}

impl<'a> Bytes<'a> {
    /// Everything in `bytes` is to be read.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Whether everything was read.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many bytes are left.
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// The next `count` bytes.
    ///
    /// # Errors
    /// [`Malformed::Ends`] if there are fewer.
    pub fn next(&mut self, count: usize) -> Result<&'a [u8], Malformed> {
        let (next, rest) = self.0.split_at_checked(count).ok_or(Malformed::Ends)?;
        self.0 = rest;
        Ok(next)
    }

    /// The next `N` bytes.
    ///
    /// # Errors
    /// [`Malformed::Ends`] if there are fewer.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let (next, rest) = self.0.split_first_chunk().ok_or(Malformed::Ends)?;
        self.0 = rest;
        Ok(*next)
    }

    /// That nothing is left.
    ///
    /// # Errors
    /// [`Malformed::More`] if something is.
    pub const fn finish(self) -> Result<(), Malformed> {
        match self.0.len() {
            0 => Ok(()),
            more => Err(Malformed::More(more)),
        }
    }
}

/// Appends a stretch of bytes and how long it is.
pub(super) fn put_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    put_count(bytes.len(), out);
    out.extend_from_slice(bytes);
}

/// Reads a stretch of bytes.
pub(super) fn take_bytes<'a>(from: &mut Bytes<'a>) -> Result<&'a [u8], Malformed> {
    let count = take_count(from)?;
    from.next(count)
}

/// Appends how many there are of something.
pub(super) fn put_count(count: usize, out: &mut Vec<u8>) {
    u64::try_from(count).unwrap_or(u64::MAX).put(out);
}

/// Reads how many there are of something.
pub(super) fn take_count(from: &mut Bytes<'_>) -> Result<usize, Malformed> {
    usize::try_from(u64::take(from)?).map_err(|_beyond| Malformed::Count)
}

impl Field for u8 {
    fn put(&self, out: &mut Vec<u8>) {
        out.push(*self);
    }

    fn take(from: &mut Bytes<'_>) -> Result<Self, Malformed> {
        let [byte] = from.array()?;
        Ok(byte)
    }
}

impl Field for bool {
    fn put(&self, out: &mut Vec<u8>) {
        out.push(u8::from(*self));
    }

    fn take(from: &mut Bytes<'_>) -> Result<Self, Malformed> {
        match u8::take(from)? {
            0 => Ok(false),
            1 => Ok(true),
            found => Err(Malformed::Choice { of: "truth", found }),
        }
    }
}

impl Field for u64 {
    fn put(&self, out: &mut Vec<u8>) {
        let mut rest = *self;
        while rest >= 0x80 {
            // The lowest seven bits fit a byte whatever the count.
            out.push(0x80 | u8::try_from(rest & 0x7F).unwrap_or(0));
            rest >>= 7;
        }
        out.push(u8::try_from(rest).unwrap_or(0));
    }

    fn take(from: &mut Bytes<'_>) -> Result<Self, Malformed> {
        let mut count = 0_u64;
        for place in 0..10_u32 {
            let byte = u8::take(from)?;
            let bits = Self::from(byte & 0x7F);
            let shifted = bits << (7 * place);
            let is_whole = shifted >> (7 * place) == bits;
            let is_shortest = byte != 0 || place == 0;
            if !is_whole || !is_shortest {
                return Err(Malformed::Count);
            }
            count |= shifted;
            if byte < 0x80 {
                return Ok(count);
            }
        }
        Err(Malformed::Count)
    }
}

macro_rules! counts {
    ($($count:ty),*) => {
        $(impl Field for $count {
            fn put(&self, out: &mut Vec<u8>) {
                u64::from(*self).put(out);
            }

            fn take(from: &mut Bytes<'_>) -> Result<Self, Malformed> {
                Self::try_from(u64::take(from)?).map_err(|_beyond| Malformed::Count)
            }
        })*
    };
}

counts!(u16, u32);

impl Field for i64 {
    fn put(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.to_le_bytes());
    }

    fn take(from: &mut Bytes<'_>) -> Result<Self, Malformed> {
        Ok(Self::from_le_bytes(from.array()?))
    }
}

impl<const N: usize> Field for [u8; N] {
    fn put(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self);
    }

    fn take(from: &mut Bytes<'_>) -> Result<Self, Malformed> {
        from.array()
    }
}

impl Field for Box<str> {
    fn put(&self, out: &mut Vec<u8>) {
        put_bytes(self.as_bytes(), out);
    }

    fn take(from: &mut Bytes<'_>) -> Result<Self, Malformed> {
        let text = str::from_utf8(take_bytes(from)?);
        text.map(Self::from).map_err(|_error| Malformed::Value("text"))
    }
}

impl Field for Arc<str> {
    fn put(&self, out: &mut Vec<u8>) {
        put_bytes(self.as_bytes(), out);
    }

    fn take(from: &mut Bytes<'_>) -> Result<Self, Malformed> {
        let text = str::from_utf8(take_bytes(from)?);
        text.map(Self::from).map_err(|_error| Malformed::Value("text"))
    }
}

impl<T: Field> Field for Option<T> {
    fn put(&self, out: &mut Vec<u8>) {
        self.is_some().put(out);
        if let Some(value) = self {
            value.put(out);
        }
    }

    fn take(from: &mut Bytes<'_>) -> Result<Self, Malformed> {
        Ok(if bool::take(from)? { Some(T::take(from)?) } else { None })
    }
}

impl<T: Field> Field for Vec<T> {
    fn put(&self, out: &mut Vec<u8>) {
        put_count(self.len(), out);
        for value in self {
            value.put(out);
        }
    }

    fn take(from: &mut Bytes<'_>) -> Result<Self, Malformed> {
        let count = take_count(from)?;
        // Every value takes a byte at least: a count beyond what is left is found before anything
        // is laid out for it.
        if from.len() < count {
            return Err(Malformed::Ends);
        }
        (0..count).map(|_| T::take(from)).collect()
    }
}

macro_rules! pairs {
    ($($first:ident $($rest:ident)*),*) => {
        $(impl<$first: Field, $($rest: Field),*> Field for ($first, $($rest),*) {
            #[expect(non_snake_case, reason = "each part is named like its type")]
            fn put(&self, out: &mut Vec<u8>) {
                let ($first, $($rest),*) = self;
                $first.put(out);
                $($rest.put(out);)*
            }

            fn take(from: &mut Bytes<'_>) -> Result<Self, Malformed> {
                Ok(($first::take(from)?, $($rest::take(from)?),*))
            }
        })*
    };
}

pairs!(A B, A B C);

/// A struct, part by part. A part that is not named here does not compile.
macro_rules! parts {
    ($($name:ident { $($part:ident),* $(,)? })*) => {
        $(impl $crate::recorder::field::Field for $name {
            fn put(&self, out: &mut Vec<u8>) {
                let Self { $($part),* } = self;
                $($crate::recorder::field::Field::put($part, out);)*
            }

            fn take(
                from: &mut $crate::recorder::field::Bytes<'_>,
            ) -> Result<Self, $crate::recorder::field::Malformed> {
                Ok(Self { $($part: $crate::recorder::field::Field::take(from)?),* })
            }
        })*
    };
}

/// A choice: its number, then its parts. One that has no number here does not compile; a number that
/// was written is never given to another.
macro_rules! choices {
    ($($name:ident {
        $($number:literal $choice:ident $(( $($part:ident),* ))? $({ $($named:ident),* })?),* $(,)?
    })*) => {
        $(impl $crate::recorder::field::Field for $name {
            fn put(&self, out: &mut Vec<u8>) {
                match self {
                    $(Self::$choice $(( $($part),* ))? $({ $($named),* })? => {
                        out.push($number);
                        $($($crate::recorder::field::Field::put($part, out);)*)?
                        $($($crate::recorder::field::Field::put($named, out);)*)?
                    })*
                }
            }

            fn take(
                from: &mut $crate::recorder::field::Bytes<'_>,
            ) -> Result<Self, $crate::recorder::field::Malformed> {
                match <u8 as $crate::recorder::field::Field>::take(from)? {
                    $($number => {
                        $($(let $part = $crate::recorder::field::Field::take(from)?;)*)?
                        $($(let $named = $crate::recorder::field::Field::take(from)?;)*)?
                        Ok(Self::$choice $(( $($part),* ))? $({ $($named),* })?)
                    })*
                    found => Err($crate::recorder::field::Malformed::Choice {
                        of: stringify!($name),
                        found,
                    }),
                }
            }
        })*
    };
}

/// A value that is one count.
macro_rules! quantities {
    ($($name:ident: $new:ident, $get:ident;)*) => {
        $(impl $crate::recorder::field::Field for $name {
            fn put(&self, out: &mut Vec<u8>) {
                $crate::recorder::field::Field::put(&self.$get(), out);
            }

            fn take(
                from: &mut $crate::recorder::field::Bytes<'_>,
            ) -> Result<Self, $crate::recorder::field::Malformed> {
                $crate::recorder::field::Field::take(from).map(Self::$new)
            }
        })*
    };
}

/// A name that is one number.
macro_rules! names {
    ($($name:ident),*) => {
        $(impl $crate::recorder::field::Field for $name {
            fn put(&self, out: &mut Vec<u8>) {
                let Self(number) = self;
                $crate::recorder::field::Field::put(number, out);
            }

            fn take(
                from: &mut $crate::recorder::field::Bytes<'_>,
            ) -> Result<Self, $crate::recorder::field::Malformed> {
                $crate::recorder::field::Field::take(from).map(Self)
            }
        })*
    };
}

pub(super) use {choices, names, parts, quantities};

#[cfg(test)]
mod tests {
    use super::*;

    fn round<T: Field + PartialEq + std::fmt::Debug>(value: &T) -> usize {
        let mut out = Vec::new();
        value.put(&mut out);
        let mut from = Bytes::new(&out);
        assert_eq!(T::take(&mut from).as_ref(), Ok(value));
        assert_eq!(from.finish(), Ok(()));
        for cut in 0..out.len() {
            let left = T::take(&mut Bytes::new(&out[..cut]));
            assert_eq!(left, Err(Malformed::Ends), "cut after {cut} of {out:02x?}");
        }
        out.len()
    }

    #[test]
    fn counts_take_as_many_bytes_as_they_need() {
        for (count, bytes) in [
            (0, 1),
            (127, 1),
            (128, 2),
            (16_383, 2),
            (16_384, 3),
            (u64::MAX - 1, 10),
            (u64::MAX, 10),
        ] {
            assert_eq!(round(&count), bytes, "{count}");
        }
        assert_eq!((round(&u32::MAX), round(&u16::MAX), round(&i64::MIN)), (5, 3, 8));
    }

    #[test]
    fn a_count_is_written_in_one_way() {
        let read = |bytes: &[u8]| u64::take(&mut Bytes::new(bytes));
        assert_eq!(read(&[0x80, 0x00]), Err(Malformed::Count), "longer than it has to be");
        let mut beyond = [0xFF; 10];
        beyond[9] = 0x02;
        assert_eq!(read(&beyond), Err(Malformed::Count), "two to the power of 64");
        assert_eq!(read(&[0xFF; 11]), Err(Malformed::Count), "no end");
        assert_eq!(u16::take(&mut Bytes::new(&[0x80, 0x80, 0x04])), Err(Malformed::Count));
    }

    #[test]
    fn a_list_is_no_longer_than_what_is_left() {
        let mut out = Vec::new();
        u64::MAX.put(&mut out);
        out.extend([1, 2, 3]);
        let list = Vec::<u64>::take(&mut Bytes::new(&out));
        assert_eq!(list, Err(Malformed::Ends));
        round(&vec![Some(1_u64), None]);
        round(&Arc::<str>::from("a µ"));
        round(&(true, 7_u16));
    }

    #[test]
    fn what_no_value_has_is_none() {
        let truth = bool::take(&mut Bytes::new(&[2]));
        assert_eq!(truth, Err(Malformed::Choice { of: "truth", found: 2 }));
        let text = Arc::<str>::take(&mut Bytes::new(&[1, 0xFF]));
        assert_eq!(text, Err(Malformed::Value("text")));
        assert_eq!(Bytes::new(&[0, 0]).finish(), Err(Malformed::More(2)));
    }
}
