//! Reads how an answer is read and what it means.

use device_drivers::profile::{
    Expect, Form, Means, Order, ReadAs, Sign, Status, StatusBit, Unknown, Value, Whole,
};
use toml::Spanned;

use super::{command::scale, plain_sections};
use crate::config::table::Table;

/// How an answer is read.
#[derive(Clone, Copy)]
enum Read {
    Number,
    Hex,
    Letters,
    Words,
    Text,
    Whole(Whole),
    Bits,
}

const READS: [(&str, Read); 11] = [
    ("number", Read::Number),
    ("hex", Read::Hex),
    ("letters", Read::Letters),
    ("words", Read::Words),
    ("text", Read::Text),
    ("u16", Read::Whole(Whole::U16)),
    ("s16", Read::Whole(Whole::S16)),
    ("u32", Read::Whole(Whole::U32(Order::High))),
    ("u32-low-first", Read::Whole(Whole::U32(Order::Low))),
    ("sign-magnitude", Read::Whole(Whole::SignMagnitude)),
    ("bits", Read::Bits),
];

/// How the answer of a section is read.
pub(super) fn value(table: &Table<'_>) -> Option<Value> {
    let prefix = table.maybe_text("prefix").map(Spanned::into_inner).unwrap_or_default();
    let columns = if table.has("columns") {
        let columns = table.wholes("columns", 0..=256)?;
        let [first, count] = columns.as_slice() else {
            if let Some(wrong) = columns.first() {
                let what = "`columns` has two numbers: the first, from zero, and how many";
                let fix = "write for example [2, 4]";
                table.wrong(wrong, crate::config::mistake::Kind::Range, what, fix);
            }
            return None;
        };
        Some((size(Some(first.clone()))?, size(Some(count.clone()))?))
    } else {
        None
    };
    let form = match table.word("value", &READS)?.into_inner() {
        Read::Number => {
            let unit = table.maybe_text("unit").map(Spanned::into_inner).unwrap_or_default();
            let words = words(table)?.into_iter();
            Form::Number(unit, words.map(|(word, count)| (word, count.into())).collect())
        }
        Read::Hex => Form::Hex(size(table.whole("digits", 1..=8))?),
        Read::Letters => {
            let count = size(table.whole("letters", 1..=32));
            let letter = |key| table.text(key).and_then(|text| text.into_inner().bytes().next());
            let (set, clear) = (letter("set"), letter("clear"));
            Form::Letters(count?, set?, clear?)
        }
        Read::Words => Form::Words(words(table)?),
        Read::Text => Form::Text,
        Read::Whole(whole) => Form::Whole(whole),
        Read::Bits => Form::Bits,
    };
    Some(Value { prefix, columns, form })
}

fn size(value: Option<Spanned<u64>>) -> Option<usize> {
    usize::try_from(value?.into_inner()).ok()
}

fn word(value: Option<Spanned<u64>>) -> Option<u32> {
    u32::try_from(value?.into_inner()).ok()
}

/// Words that stand for numbers.
fn words(table: &Table<'_>) -> Option<Vec<(String, u32)>> {
    let sections = plain_sections(table, "word").into_iter();
    let read = sections.map(|table| {
        let (says, is) = (table.text("says"), table.whole("is", 0..=ALL));
        table.finish();
        Some((says?.into_inner(), word(is)?))
    });
    read.collect()
}

/// What the answer of the introduction must be.
pub(super) fn expect(table: &Table<'_>) -> Option<Expect> {
    #[derive(Clone, Copy)]
    enum Wanted {
        Text,
        Begins,
        Number,
        Serial,
        Firmware,
        Variant,
        Limit,
    }
    let wanted = [
        ("text", Wanted::Text),
        ("begins", Wanted::Begins),
        ("number", Wanted::Number),
        ("serial", Wanted::Serial),
        ("firmware", Wanted::Firmware),
        ("variant", Wanted::Variant),
        ("limit", Wanted::Limit),
    ];
    Some(match table.word("expect", &wanted)?.into_inner() {
        Wanted::Text => Expect::Text(table.text("expect_text")?.into_inner()),
        Wanted::Begins => Expect::Begins(table.text("expect_text")?.into_inner()),
        Wanted::Number => Expect::Number(word(table.whole("expect_number", 0..=ALL))?.into()),
        Wanted::Serial => Expect::Serial,
        Wanted::Firmware => Expect::Firmware,
        Wanted::Variant => Expect::Variant,
        Wanted::Limit => Expect::Limit(scale(table, "scale")?),
    })
}

/// What the answer of a poll means.
pub(super) fn means(table: &Table<'_>) -> Option<Means> {
    #[derive(Clone, Copy)]
    enum Kind {
        Output,
        Level,
        Frequency,
        Status,
        Temperature,
        Errors,
        Idle,
        Nothing,
    }
    let kinds = [
        ("output", Kind::Output),
        ("level", Kind::Level),
        ("frequency", Kind::Frequency),
        ("status", Kind::Status),
        ("temperature", Kind::Temperature),
        ("errors", Kind::Errors),
        ("idle", Kind::Idle),
        ("nothing", Kind::Nothing),
    ];
    let read_as = || {
        let (scale, tolerance) = (scale(table, "scale"), word(table.whole("tolerance", 0..=ALL)));
        Some(ReadAs { scale: scale?, tolerance: tolerance? })
    };
    Some(match table.word("means", &kinds)?.into_inner() {
        Kind::Output => Means::Output(scale(table, "scale")?),
        Kind::Level => Means::Level(read_as()?),
        Kind::Frequency => Means::Frequency(read_as()?),
        Kind::Status => Means::Status(status(table)?),
        Kind::Temperature => Means::Temperature(scale(table, "scale")?),
        Kind::Errors => Means::Errors(word(table.whole("none", 0..=ALL))?.into()),
        Kind::Idle => Means::Idle,
        Kind::Nothing => Means::Nothing,
    })
}

fn status(table: &Table<'_>) -> Option<Status> {
    let unknown =
        table.word("unknown", &[("fault", Unknown::Fault), ("ignored", Unknown::Ignored)]);
    let ignored =
        if table.has("ignored") { word(table.whole("ignored", 0..=ALL)) } else { Some(0) };
    let bits: Option<Vec<_>> = table.tables("bit").into_iter().map(bit).collect();
    Some(Status { bits: bits?, ignored: ignored?, unknown: unknown?.into_inner() })
}

fn bit(table: Table<'_>) -> Option<StatusBit> {
    let signs = [
        ("emission", Some(Sign::Emission)),
        ("ready", Some(Sign::Ready)),
        ("running", Some(Sign::Running)),
        ("interlock_closed", Some(Sign::InterlockClosed)),
        ("key", Some(Sign::Key)),
        ("footswitch", Some(Sign::Footswitch)),
        ("applicator", Some(Sign::Applicator)),
        ("emergency_stop", Some(Sign::EmergencyStop)),
        ("protection_bypassed", Some(Sign::ProtectionBypassed)),
        ("fault", None),
    ];
    let mask = word(table.whole("mask", 1..=ALL));
    let value = if table.has("value") { word(table.whole("value", 0..=ALL)) } else { mask };
    let sign = table.word("sign", &signs).and_then(|sign| match sign.into_inner() {
        Some(sign) => Some(sign),
        None => {
            let number = table.whole("fault", 0..=28)?;
            Some(Sign::Fault(u8::try_from(number.into_inner()).ok()?))
        }
    });
    let when =
        if table.has("when") { table.flag("when").map(Spanned::into_inner) } else { Some(true) };
    let _what = table.maybe_text("what");
    table.finish();
    Some(StatusBit { mask: mask?, value: value?, sign: sign?, when: when? })
}

/// The most that a word holds.
const ALL: u64 = 0xFFFF_FFFF;
