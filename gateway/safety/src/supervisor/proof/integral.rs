//! Dose is an integral: however time is cut into readings, it adds up to the same (DOS-02, DOS-04).

use std::vec::Vec;

use proptest::prelude::*;

use crate::{
    Energy, Frequency, Laser, Modality, Nanos, Pemf, Pulsing, Stimulator,
    account::{Account, Reading},
    quantity::{Flux, Output, Power},
    time::Instant,
};

use super::bench::Sample;

/// How long a gap between two readings is at most: a second.
const GAP: u64 = 1_000_000_000;
/// The ticks of a day at more than ten in a second.
const TICKS: usize = 1_000_000;

/// A sequence of numbers that looks like chance and is always the same.
struct Chance(u64);

impl Chance {
    fn below(&mut self, most: u64) -> u64 {
        let next = self.0.wrapping_mul(6_364_136_223_846_793_005);
        self.0 = next.wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }
}

fn begin<M: Modality>(output: M::Output) -> Account<M> {
    let mut account = Account::new(Instant::default());
    account.run(Instant::default(), output);
    account
}

fn reading<M: Modality>(asked: Instant, output: M::Output) -> Reading<M> {
    Reading { asked, output, counted: None, gated: false }
}

/// Row 78 of the fault table: a million readings of one steady output charge and deliver exactly
/// what one does, to the last picojoule or femtotesla-second.
#[test]
fn a_million_ticks_are_one() {
    fn ticks<M: Sample>(output: M::Output) {
        let (mut account, mut chance, mut now) = (begin::<M>(output), Chance(7), 0);
        for _ in 0..TICKS {
            now += chance.below(GAP / 1_000);
            account.observe(reading(Instant::from_boot(now), output));
        }
        let mut whole = begin::<M>(output);
        whole.observe(reading(Instant::from_boot(now), output));
        let end = Instant::from_boot(now + 1);
        assert_eq!(account.charged(end), whole.charged(end));
        assert_eq!(M::quantity(whole.charged(end)), u64::from(output.count()) * (now + 1));
    }
    ticks::<Laser>(Power::from_milliwatts(7_777));
    ticks::<Pemf>(Flux::from_microteslas(4_321));
}

/// A million readings that move: what is charged is, gap by gap, the greatest of what was ordered
/// and of the readings around it, and what is delivered the mean of both ends, as sums in twice the
/// width give.
#[test]
fn a_million_readings_add_up_to_what_wide_sums_give() {
    let ordered = 5_000;
    let mut account = begin::<Laser>(Power::from_milliwatts(ordered));
    let (mut chance, mut now, mut seen) = (Chance(3), 0, [0_u32; 3]);
    let (mut charged, mut twice_delivered) = (0_u128, 0_u128);
    for _ in 0..TICKS {
        let gap = chance.below(GAP / 1_000);
        now += gap;
        let output = u32::try_from(chance.below(9_000)).unwrap();
        seen = [output, seen[0], seen[1]];
        account.observe(reading(Instant::from_boot(now), Power::from_milliwatts(output)));
        let most = seen.into_iter().max().unwrap().max(ordered);
        charged += u128::from(most) * u128::from(gap);
        twice_delivered += u128::from(seen[0] + seen[1]) * u128::from(gap);
    }
    let delivered = u128::from(account.delivered().quantity.picojoules());
    let total = account.charged(Instant::from_boot(now)).quantity.picojoules();
    assert_eq!(u128::from(total), charged);
    // The mean of two readings is rounded down by half a milliwatt at the most.
    let off = twice_delivered - 2 * delivered;
    assert!(off <= u128::from(now), "{off} of {twice_delivered}");
    assert!(delivered <= charged);
}

/// The energy of pulses is rounded up in each slice: never less than the whole, and by less than one
/// picojoule for each cut.
#[test]
fn sliced_pulses_are_never_charged_for_less() {
    let output = Pulsing {
        rate: Frequency::from_millihertz(7_333),
        pulse_energy: Energy::from_picojoules(76_230_000_000_007),
    };
    let (mut account, mut chance, mut now) = (begin::<Stimulator>(output), Chance(5), 0);
    let ticks = 10_000;
    for _ in 0..ticks {
        now += chance.below(GAP / 1_000);
        account.observe(reading(Instant::from_boot(now), output));
    }
    let zero = <Stimulator as Modality>::Dose::default();
    let whole = Stimulator::accrue(zero, output, Nanos::new(now));
    let sliced = account.charged(Instant::from_boot(now));
    assert_eq!((sliced.pulses, sliced.time), (whole.pulses, whole.time));
    let more = sliced.energy.picojoules() - whole.energy.picojoules();
    assert!(more <= ticks, "{more} pJ");
}

/// One cut of time, and what was read at it.
fn cuts() -> impl Strategy<Value = Vec<(u64, u32)>> {
    prop::collection::vec((0..GAP, 0..20_000_u32), 1..60)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    /// A reading more charges no less than a reading fewer of the same emission takes for granted:
    /// what is known in between only ever raises a gap above what was ordered.
    #[test]
    fn no_way_to_look_charges_less_than_what_was_ordered(cuts in cuts(), ordered in 0..20_000_u32) {
        let mut account = begin::<Laser>(Power::from_milliwatts(ordered));
        let (mut now, mut before) = (0, Energy::ZERO);
        for (gap, output) in cuts {
            now += gap;
            let at = Instant::from_boot(now);
            account.observe(reading(at, Power::from_milliwatts(output)));
            let charged = account.charged(at).quantity;
            let floor = u64::from(ordered) * gap;
            prop_assert!(before.picojoules() + floor <= charged.picojoules());
            prop_assert!(account.delivered().quantity <= charged);
            before = charged;
        }
    }

    /// A bound that is charged for a lost unit is what it would have been charged for by readings
    /// of the same, and all of it is known to be unseen.
    #[test]
    fn a_bound_is_charged_like_readings(cuts in cuts(), ordered in 1..20_000_u32) {
        let output = Power::from_milliwatts(ordered);
        let (mut seen, mut lost) = (begin::<Laser>(output), begin::<Laser>(output));
        let mut now = 0;
        for (gap, _) in cuts {
            now += gap;
            seen.observe(reading(Instant::from_boot(now), output));
        }
        let at = Instant::from_boot(now);
        let bound = lost.lose(at);
        prop_assert_eq!(lost.charged(at), seen.charged(at));
        prop_assert_eq!(bound, seen.charged(at));
        let allowed = Energy::from_millijoules(20_000);
        prop_assert_eq!(lost.is_unseen(), allowed < bound.quantity);
        prop_assert!(!seen.is_unseen());
    }
}
