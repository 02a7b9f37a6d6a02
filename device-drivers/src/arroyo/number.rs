//! Numbers as text, read and written without a float: what is not exactly a number is none.

use alloc::{format, string::String};

/// A whole number: digits and nothing else, no more than a `u32` holds.
pub(super) fn whole(text: &[u8]) -> Option<u32> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0_u32, |number, letter| {
        let digit = char::from(*letter).to_digit(10)?;
        number.checked_mul(10)?.checked_add(digit)
    })
}

/// A number with a point, in the `digits`-th decimal: `12.5` with three digits is 12500. No sign, no
/// exponent, at least one digit on both sides, no digit that would be lost.
pub(super) fn fixed(text: &[u8], digits: u32) -> Option<u32> {
    let point = text.iter().position(|letter| *letter == b'.')?;
    let (before, after) = (text.get(..point)?, text.get(point.saturating_add(1)..)?);
    let places = u32::try_from(after.len()).ok()?;
    let rest = digits.checked_sub(places)?;
    let whole_part = whole(before)?.checked_mul(10_u32.checked_pow(digits)?)?;
    whole_part.checked_add(whole(after)?.checked_mul(10_u32.checked_pow(rest)?)?)
}

/// The number that [`fixed`] reads as `count`, with `decimals` digits after its point. Digits beyond
/// those are dropped, which rounds down.
pub(super) fn print(count: u32, digits: u32, decimals: u32) -> String {
    let one = 10_u32.checked_pow(digits).unwrap_or(u32::MAX).max(1);
    let drop = 10_u32.checked_pow(digits.saturating_sub(decimals)).unwrap_or(u32::MAX).max(1);
    let (whole, part) = (count.checked_div(one), count.checked_rem(one));
    let part = part.and_then(|part| part.checked_div(drop)).unwrap_or(0);
    let width = usize::try_from(decimals).unwrap_or(0);
    format!("{}.{part:0width$}", whole.unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_exactly_a_number_is_none() {
        for text in ["", "-1", "+1", " 1", "1 ", "1e3", "NaN", "inf", "0x1", "4294967296", "1.0"] {
            assert_eq!(whole(text.as_bytes()), None, "{text}");
        }
        for text in [
            "",
            ".",
            "1",
            "1.",
            ".5",
            "-1.0",
            "+1.0",
            "1.0e3",
            "NaN",
            "inf",
            "1.0000",
            "1.2.3",
            "4294967.296",
            "99999999999.0",
            "1,0",
            "1. 0",
        ] {
            assert_eq!(fixed(text.as_bytes(), 3), None, "{text}");
        }
    }

    #[test]
    fn numbers_come_back_as_they_went() {
        assert_eq!(whole(b"40350"), Some(40_350));
        assert_eq!(fixed(b"5000.0", 3), Some(5_000_000));
        assert_eq!(fixed(b"5.0", 6), Some(5_000_000));
        assert_eq!(fixed(b"0.05", 3), Some(50));
        assert_eq!(print(1_234_560, 3, 1), "1234.5");
        assert_eq!(print(50, 3, 2), "0.05");
        assert_eq!(print(1_234_560, 6, 6), "1.234560");
        for count in [0, 1, 999, 1_000, 65_535, u32::MAX] {
            assert_eq!(fixed(print(count, 3, 3).as_bytes(), 3), Some(count));
            assert_eq!(fixed(print(count, 6, 6).as_bytes(), 6), Some(count));
        }
    }
}
