//! Reads what is said to a unit, and what it answers.

use device_drivers::profile::{
    Command, First, Order, Read, Reply, Say, Scale, Slot, Table as Kind, Template, Write, Written,
};
use safety::Nanos;
use toml::Spanned;

use super::{super::mistake, millis, source};
use crate::config::table::Table;

/// A section that is a command and nothing else.
pub(super) fn read(table: Table<'_>) -> Option<Command> {
    let command = of(&table);
    table.finish();
    command
}

/// The command of a section that has more.
pub(super) fn of(table: &Table<'_>) -> Option<Command> {
    let say = say(table);
    let reply = reply(table);
    let within = millis(table, "within_ms");
    let quiet = if table.has("quiet_ms") { millis(table, "quiet_ms") } else { Some(Nanos::ZERO) };
    let source = source(table);
    Some(Command { say: say?, reply: reply?, within: within?, quiet: quiet?, source: source? })
}

fn say(table: &Table<'_>) -> Option<Say> {
    if table.has("read") {
        return table
            .line("read", "{ table = …, first = …, count = …, spare = … }")
            .and_then(reads);
    }
    if table.has("write") {
        return table.line("write", "{ register = …, word = … }").and_then(writes);
    }
    let text = table.text("say")?;
    match Template::parse(text.get_ref()) {
        Ok(template) => Some(Say::Line(template)),
        Err(error) => {
            let what = format!("`{}` is no template: {error}", table.full("say"));
            let fix = "see docs/profile.md for what may stand in braces";
            table.wrong(&text, mistake::Kind::Range, what, fix);
            None
        }
    }
}

fn small(value: Option<Spanned<u64>>) -> Option<u16> {
    u16::try_from(value?.into_inner()).ok()
}

fn reads(table: Table<'_>) -> Option<Say> {
    let kinds = [
        ("holding", Kind::Holding),
        ("input", Kind::Input),
        ("coils", Kind::Coils),
        ("discrete", Kind::Discrete),
    ];
    let kind = table.word("table", &kinds);
    let first = small(table.whole("first", 0..=0xFFFF));
    let count = small(table.whole("count", 1..=32));
    let spare = small(table.whole("spare", 0..=8));
    table.finish();
    Some(Say::Read(Read { table: kind?.into_inner(), first: first?, count: count?, spare: spare? }))
}

fn writes(table: Table<'_>) -> Option<Say> {
    let register = small(table.whole("register", 0..=0xFFFF));
    let value = if table.has("word") {
        small(table.whole("word", 0..=0xFFFF)).map(Written::Word)
    } else if table.has("coil") {
        table.flag("coil").map(|on| Written::Coil(on.into_inner()))
    } else {
        slot(&table)
    };
    table.finish();
    Some(Say::Write(Write { register: register?, value: value? }))
}

fn slot(table: &Table<'_>) -> Option<Written> {
    let slots = [
        ("level", Slot::Level),
        ("frequency", Slot::Frequency),
        ("duty", Slot::Duty),
        ("seconds", Slot::Seconds),
    ];
    let slot = table.word("slot", &slots)?.into_inner();
    let scale = scale(table, "scale")?;
    if !table.has("wide") {
        return Some(Written::Slot(slot, scale));
    }
    let orders = [("high-first", Order::High), ("low-first", Order::Low)];
    let order = table.word("wide", &orders)?.into_inner();
    Some(Written::Wide(slot, scale, order))
}

/// A scale from what the unit says to what the gateway counts in.
pub(super) fn scale(table: &Table<'_>, key: &'static str) -> Option<Scale> {
    let text = table.text(key)?;
    let scale = Scale::parse(text.get_ref());
    if scale.is_none() {
        let what = format!("`{}` is no scale", table.full(key));
        let fix = "write T/D, such as 1000/1: what the unit says, times T over D, is what counts";
        table.wrong(&text, mistake::Kind::Range, what, fix);
    }
    scale
}

/// What the unit answers. Registers answer by themselves.
fn reply(table: &Table<'_>) -> Option<Reply> {
    let first = if table.has("reply_text") {
        First::Text(table.text("reply_text")?.into_inner())
    } else if table.has("reply") {
        let words = [("none", 0_u8), ("value", 1), ("any", 2)];
        match table.word("reply", &words)?.into_inner() {
            1 => First::Value,
            2 => First::Any,
            _ => First::None,
        }
    } else {
        First::None
    };
    let then = if table.has("then") { table.texts("then")?.into_inner() } else { Vec::new() };
    let then = then.into_iter().map(|text| Some(text.into_inner()).filter(|text| text != ANY));
    let progress = table.maybe_text("progress");
    let length = if table.has("length") { table.whole("length", 1..=256) } else { None };
    let length = length.map_or(Some(0), |length| usize::try_from(length.into_inner()).ok());
    Some(Reply {
        first,
        then: then.collect(),
        progress: progress.and_then(|text| text.into_inner().bytes().next()),
        length: length?,
    })
}

/// In `then`, any line.
const ANY: &str = "*";
