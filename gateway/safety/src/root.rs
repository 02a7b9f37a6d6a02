//! Quotients, powers and roots of integers, each rounded to the side that permits less.
//!
//! Everything is computed in 128 bits. What does not fit is refused by its result: a quotient that
//! is rounded up becomes the largest number, one that is rounded down becomes zero.

/// The product of `over` divided by the product of `under`, rounded up. Whatever cannot be computed
/// is the largest number, so that no upper limit permits it.
pub(crate) fn quotient_up(over: &[u64], under: &[u64]) -> u64 {
    let quotient = product(over).zip(product(under)).and_then(|(over, under)| {
        let whole = over.checked_div(under)?;
        let rest = over.checked_rem(under)?;
        whole.checked_add(u128::from(rest != 0))
    });
    quotient.and_then(|quotient| u64::try_from(quotient).ok()).unwrap_or(u64::MAX)
}

/// The product of `over` divided by the product of `under`, rounded down. Whatever cannot be
/// computed is zero, so that nothing is within it.
pub(crate) fn quotient_down(over: &[u64], under: &[u64]) -> u64 {
    let quotient = product(over).zip(product(under));
    match quotient.and_then(|(over, under)| over.checked_div(under)) {
        Some(quotient) => u64::try_from(quotient).unwrap_or(u64::MAX),
        None => 0,
    }
}

/// The lesser of two counts, if the second is known.
pub(crate) fn least(one: u64, other: Option<u64>) -> Option<u64> {
    Some(one.min(other?))
}

/// The fourth root of a time in seconds, in billionths, rounded down. Times above ten seconds have
/// the root of ten.
pub(crate) fn fourth_root_of_seconds(nanos: u64) -> u64 {
    let scaled = u128::from(nanos.min(TEN_SECONDS)).saturating_mul(SCALE_OF_FOURTH_ROOT);
    u64::try_from(scaled.isqrt().isqrt()).unwrap_or(0)
}

/// 10^(0.002 `steps`) in billionths, rounded down. Above 511 steps it is that of 511.
pub(crate) fn power_of_ten(steps: u16) -> u64 {
    let steps = steps.min(511);
    let mut product = TRILLION;
    for (place, factor) in (0_u32..).zip(POWERS) {
        let bit = 1_u16.checked_shl(place).unwrap_or(0);
        if steps & bit != 0 {
            product = product.saturating_mul(factor) / TRILLION;
        }
    }
    u64::try_from(product / 1_000).unwrap_or(0)
}

fn product(factors: &[u64]) -> Option<u128> {
    factors.iter().try_fold(1_u128, |product, factor| product.checked_mul(u128::from(*factor)))
}

/// Ten seconds in nanoseconds: the longest time whose root a formula needs.
const TEN_SECONDS: u64 = 10_000_000_000;
/// A time in nanoseconds times this is the time in seconds times 10^36, whose fourth root is in
/// billionths.
const SCALE_OF_FOURTH_ROOT: u128 = 1_000_000_000_000_000_000_000_000_000;
/// The scale of [`POWERS`].
const TRILLION: u128 = 1_000_000_000_000;
/// 10^0.002, 10^0.004, 10^0.008 and so on, in trillionths, rounded down.
const POWERS: [u128; 9] = [
    1_004_615_790_278,
    1_009_252_886_076,
    1_018_591_388_054,
    1_037_528_415_818,
    1_076_465_213_629,
    1_158_777_356_155,
    1_342_764_961_137,
    1_803_017_740_859,
    3_250_872_973_854,
];
