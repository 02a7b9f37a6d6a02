//! Which units share a line, whether they may, and whether they have time enough on it.
//!
//! A Class IV laser or a stimulator never shares one, nor does a relay board: nothing may stand in
//! the way of its stop. Coils may, if each names itself in what it says.

use std::collections::BTreeMap;

use clinic::LineId;
use device_drivers::{Company, Share};
use safety::Nanos;

use super::{
    dialect::Dialect, link::Link, mistake::Kind, profile::Draft, report::LineReport,
    unit::UnitConfig,
};
use crate::directory::Modality;

/// Gives every unit its line, and notes those that may not share theirs. Gives how many lines there
/// are.
pub(super) fn place(drafts: &mut [Draft]) -> usize {
    let mut count = 0_usize;
    for index in 0..drafts.len() {
        let Some((draft, before)) = split(drafts, index) else { continue };
        let on = before.iter().filter(|other| other.unit.link.place == draft.unit.link.place);
        let on: Vec<&Draft> = on.collect();
        let line = match on.first() {
            Some(first) => {
                may_share(draft, first);
                on.iter().for_each(|other| has_its_own_address(draft, other));
                first.unit.line
            }
            None => {
                count = count.saturating_add(1);
                LineId(u16::try_from(count.saturating_sub(1)).unwrap_or(u16::MAX))
            }
        };
        draft.unit.line = line;
    }
    count
}

/// Tells every unit what company it has, and notes lines on which units take more time than there
/// is. Only once nothing else is wrong with them.
pub(super) fn seat(drafts: &mut [Draft]) {
    let shares: Vec<_> = drafts.iter().map(|draft| draft.unit.share()).collect();
    let lines: Vec<_> = drafts.iter().map(|draft| draft.unit.line).collect();
    for (index, draft) in drafts.iter_mut().enumerate() {
        let others = lines.iter().zip(&shares).enumerate();
        let others =
            others.filter(|(other, (line, _))| *other != index && **line == draft.unit.line);
        draft.unit.company = Company::of(others.filter_map(|(_, (_, share))| *share));
    }
    for (index, last) in drafts.iter().enumerate() {
        let (before, after) = drafts.split_at(index);
        let is_last = !after.iter().skip(1).any(|other| other.unit.line == last.unit.line);
        let on = before.iter().chain([last]).filter(|other| other.unit.line == last.unit.line);
        let on: Vec<&Draft> = on.collect();
        if is_last && 1 < on.len() {
            has_time(last, &on);
        }
    }
}

fn split(drafts: &mut [Draft], index: usize) -> Option<(&mut Draft, &[Draft])> {
    let (before, rest) = drafts.split_at_mut_checked(index)?;
    rest.first_mut().map(|draft| (draft, &*before))
}

fn may_share(draft: &Draft, other: &Draft) {
    let (own, others) = (&draft.unit, &other.unit);
    let what = format!("the port is that of `{}` in {} as well", others.name, others.file);
    let wrong = |fix: String| {
        draft.page.wrong(Kind::Contradiction, draft.place.clone(), what.clone(), fix);
    };
    for unit in [own, others] {
        let kind = match unit.modality() {
            Modality::Laser => "a laser",
            Modality::Stimulator => "a stimulator",
            Modality::Pemf if unit.dialect == Dialect::ModbusRtu.word() => continue,
            Modality::Pemf => {
                return wrong(format!(
                    "a line carries one unit of {}, only coils of modbus-rtu share one: give each \
                     a port of its own",
                    unit.dialect
                ));
            }
        };
        return wrong(format!(
            "a line carries one unit: {kind} such as `{}` never shares one, so that nothing delays \
             its stop. Give each a port of its own",
            unit.name
        ));
    }
    if framing(&own.link) != framing(&others.link) {
        let what = format!(
            "the line is that of `{}` in {} as well, and it has {}",
            others.name,
            others.file,
            shown(&others.link)
        );
        let fix = "set all units of a line to one speed, parity and number of stop bits";
        draft.page.wrong(Kind::Contradiction, draft.baud.clone(), what, fix);
    }
}

fn has_its_own_address(draft: &Draft, other: &Draft) {
    let (own, others) = (draft.unit.address(), other.unit.address());
    let Some(address) = own.filter(|_| own == others) else { return };
    let (name, file) = (&other.unit.name, &other.unit.file);
    let what = format!("address {address} of this line is that of `{name}` in {file} as well");
    let fix = "set another address at one of the units, and write it into its `link.address`";
    draft.page.wrong(Kind::Contradiction, draft.address.clone(), what, fix);
}

const fn framing(link: &Link) -> (u32, super::Parity, u8) {
    (link.baud, link.parity, link.stop_bits)
}

fn shown(link: &Link) -> String {
    let Link { baud, parity, stop_bits, .. } = link;
    format!("{baud} bit/s, parity {}, {stop_bits} stop bits", parity.word())
}

/// Notes a line whose units cannot be asked as often as they have to be: the bytes alone take more
/// than the time between two questions, or late answers make a fact older than it may get.
fn has_time(last: &Draft, on: &[&Draft]) {
    let wrong = |what: String, fix: &str| {
        last.page.wrong(Kind::Budget, last.place.clone(), what, fix);
    };
    let permille = on.iter().filter_map(|draft| load(&draft.unit)).fold(0, u64::saturating_add);
    let names: Vec<_> = on.iter().map(|draft| format!("`{}`", draft.unit.name)).collect();
    let (names, port) = (names.join(", "), &last.unit.link.place);
    if WHOLE < permille {
        let what = format!(
            "the questions to {names} take {permille} ‰ of the line {port}, answered at once"
        );
        let fix = "raise the speed of the line, raise `poll_ms`, or give one of them another line";
        return wrong(what, fix);
    }
    let slow = on.iter().filter_map(|draft| {
        let link = draft.unit.timing().link;
        let pace = pace(&draft.unit)?;
        (link < pace).then_some((&draft.unit.name, pace, link))
    });
    if let Some((name, pace, link)) = slow.max_by_key(|(_, pace, _)| *pace) {
        let ms = |time: Nanos| time.get().div_ceil(1_000_000);
        let what = format!(
            "with {names} on the line {port}, it takes {} ms to make `{name}` ready and to ask for \
             the same thing again if answers are late, and `link_ms` is {}",
            ms(pace),
            ms(link)
        );
        let fix = "raise the speed of the line, shorten `within_ms` of the profile to what the \
                   units keep, or give one of them another line";
        wrong(what, fix);
    }
}

/// How many thousandths of a line the questions to a unit take if it answers at once.
fn load(unit: &UnitConfig) -> Option<u64> {
    let Share { bytes, .. } = unit.share()?;
    Some(bytes.get().saturating_mul(WHOLE).div_ceil(unit.timing().poll.get().max(1)))
}

/// From one question to the next for the same thing if every answer on the line is late, and the
/// unit is made ready meanwhile.
fn pace(unit: &UnitConfig) -> Option<Nanos> {
    Some(unit.share()?.pace(&unit.company))
}

/// Tells of the lines that several units share.
pub(super) fn report(units: &[UnitConfig]) -> Vec<LineReport> {
    let mut lines: BTreeMap<LineId, Vec<&UnitConfig>> = BTreeMap::new();
    units.iter().for_each(|unit| lines.entry(unit.line).or_default().push(unit));
    let shared = lines.into_values().filter(|units| 1 < units.len());
    let of = |units: Vec<&UnitConfig>| LineReport {
        port: units.first().map(|unit| unit.link.place.to_string()).unwrap_or_default(),
        units: units.iter().map(|unit| (unit.name.clone(), unit.address().unwrap_or(0))).collect(),
        load_permille: units.iter().filter_map(|unit| load(unit)).fold(0, u64::saturating_add),
        pace: units.iter().filter_map(|unit| pace(unit)).max().unwrap_or_default(),
    };
    shared.map(of).collect()
}

/// All of a line, in thousandths.
const WHOLE: u64 = 1_000;
