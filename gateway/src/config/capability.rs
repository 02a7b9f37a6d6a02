//! Reads the record that a unit must give of itself, to the last byte (CFG-04, COM-07).

use device_drivers::open_link::{Capability, Range, Spoken, Steps};
use safety::{Frequency, Nanos, Output, Permille};
use toml::Spanned;

use super::{mistake::Kind, table::Table};

/// What the keys of a modality are called, and how far its values may go.
pub(super) struct Form {
    pub(super) min: &'static str,
    pub(super) max: &'static str,
    pub(super) step: &'static str,
    pub(super) ramp: &'static str,
    /// The highest output that any site permits (CFG-05, PEM-03).
    pub(super) ceiling: u64,
    /// The sign of the output's unit of measure.
    pub(super) sign: &'static str,
    /// How fast the output may rise, per second (LAS-20).
    pub(super) ramp_most: u64,
    /// The warning that the unit must give, in milliseconds (LAS-04).
    pub(super) warning: std::ops::RangeInclusive<u64>,
}

/// The record, and where the values stand that other values are compared with.
pub(super) struct Read<M: Spoken> {
    pub(super) record: Capability<M>,
    pub(super) measured: Spanned<bool>,
    pub(super) warning: Spanned<u64>,
    pub(super) sample: Spanned<u64>,
    pub(super) most: Spanned<u64>,
}

/// Reads what both modalities have in common. `own` is what only this one has.
pub(super) fn read<M: Spoken>(
    table: &Table<'_>,
    form: &Form,
    own: Option<M::Own>,
) -> Option<Read<M>> {
    let footswitch = table.flag("footswitch");
    let interlock = table.flag("interlock");
    let measured = table.flag("measured");
    let lease = span(table, "lease_min_ms", "lease_max_ms", 100..=M::LEASE_MAX.millis());
    let warning = table.whole("warning_min_ms", form.warning.clone());
    let sample = table.whole("sample_ms", 1..=50);
    let level = span(table, form.min, form.max, 1..=u64::from(u32::MAX));
    let step = table.whole(form.step, 1..=u64::from(u32::MAX));
    let ramp = table.whole(form.ramp, 1..=form.ramp_most);
    let frequencies = 1..=u64::from(u32::MAX);
    let frequency =
        span(table, "frequency_min_millihertz", "frequency_max_millihertz", frequencies.clone());
    let frequency_step = table.whole("frequency_step_millihertz", frequencies);
    let duty = span(table, "duty_min_permille", "duty_max_permille", 1..=1_000);
    let level = level.filter(|(_, most)| is_below_ceiling(table, form, most));

    let (warning, sample, measured) = (warning?, sample?, measured?);
    let ((least, most), (lease_min, lease_max)) = (level?, lease?);
    let ((frequency_min, frequency_max), (duty_min, duty_max)) = (frequency?, duty?);
    let record = Capability {
        footswitch: footswitch?.into_inner(),
        interlock: interlock?.into_inner(),
        measured: *measured.get_ref(),
        lease: Range { min: millis(&lease_min), max: millis(&lease_max) },
        warning: millis(&warning),
        sample: millis(&sample),
        level: Steps {
            min: output::<M>(&least)?,
            max: output::<M>(&most)?,
            step: output::<M>(&step?)?,
        },
        ramp_per_second: output::<M>(&ramp?)?,
        frequency: Steps {
            min: hertz(&frequency_min)?,
            max: hertz(&frequency_max)?,
            step: hertz(&frequency_step?)?,
        },
        duty: Range { min: share(&duty_min)?, max: share(&duty_max)? },
        own: own?,
    };
    Some(Read { record, measured, warning, sample, most })
}

/// The least and the most of something, in this order.
pub(super) fn span(
    table: &Table<'_>,
    least: &'static str,
    most: &'static str,
    range: std::ops::RangeInclusive<u64>,
) -> Option<(Spanned<u64>, Spanned<u64>)> {
    let (low, high) = (table.whole(least, range.clone()), table.whole(most, range));
    let (low, high) = (low?, high?);
    if low.get_ref() <= high.get_ref() {
        return Some((low, high));
    }
    let (found, permits) = (low.get_ref(), high.get_ref());
    let what = format!("`{}` is {found}, above `{most}`, {permits}", table.full(least));
    let fix = format!("give at most {permits}, or raise `{most}`");
    let mistake = table.page().mistake(Kind::Contradiction, low.span(), what, fix);
    table.page().mistakes.push(mistake.beside(high.span(), "the most"));
    None
}

fn is_below_ceiling(table: &Table<'_>, form: &Form, most: &Spanned<u64>) -> bool {
    let Form { ceiling, sign, max, .. } = form;
    let found = most.get_ref();
    if found > ceiling {
        let full = table.full(max);
        let what =
            format!("`{full}` is {found} {sign}, beyond the compiled ceiling of {ceiling} {sign}");
        let fix = "a unit of this kind is not for this gateway; no file raises a ceiling";
        table.wrong(most, Kind::Contradiction, what, fix);
    }
    found <= ceiling
}

fn millis(count: &Spanned<u64>) -> Nanos {
    Nanos::from_millis(*count.get_ref())
}

fn output<M: Spoken>(count: &Spanned<u64>) -> Option<M::Output> {
    u32::try_from(*count.get_ref()).ok().map(M::Output::from_count)
}

fn hertz(count: &Spanned<u64>) -> Option<Frequency> {
    u32::try_from(*count.get_ref()).ok().map(Frequency::from_millihertz)
}

fn share(count: &Spanned<u64>) -> Option<Permille> {
    Permille::new(u16::try_from(*count.get_ref()).ok()?)
}
