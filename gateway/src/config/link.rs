//! Reads the serial line of a unit: where its port is, and how it is set (COM-12).

use std::{
    ops::{Range, RangeInclusive},
    path::PathBuf,
};

use device_drivers::profile;
use safety::Nanos;
use toml::Spanned;

use super::{mistake::Kind, settings, table::Table};
use crate::place::{Adapter, Place};

/// The serial line of a unit. Its settings are facts of the unit's family (COM-12).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Where the port is looked for.
    pub place: Place,
    /// Bits per second.
    pub baud: u32,
    /// The address on the line, if units of this dialect have one.
    pub address: Option<u8>,
    /// Parity, which also decides how long a byte takes.
    pub parity: Parity,
    /// Stop bits, one or two.
    pub stop_bits: u8,
}

/// The parity of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parity {
    /// None.
    None,
    /// Even.
    Even,
    /// Odd.
    Odd,
}

impl Parity {
    /// Every parity, as a file names it.
    const WORDS: [(&'static str, Self); 3] =
        [("none", Self::None), ("even", Self::Even), ("odd", Self::Odd)];

    /// As a profile has it.
    pub(super) const fn of(parity: profile::Parity) -> Self {
        match parity {
            profile::Parity::None => Self::None,
            profile::Parity::Even => Self::Even,
            profile::Parity::Odd => Self::Odd,
        }
    }

    /// As a file names it.
    pub(super) fn word(self) -> &'static str {
        let found = Self::WORDS.iter().find(|(_, parity)| *parity == self);
        found.map_or("", |(word, _)| word)
    }
}

impl Link {
    /// The time that one byte takes, rounded up: a start bit, eight data bits, and what follows.
    pub fn byte(&self) -> Nanos {
        let parity = match self.parity {
            Parity::None => 0,
            Parity::Even | Parity::Odd => 1,
        };
        let bits = 9_u64.saturating_add(parity).saturating_add(u64::from(self.stop_bits));
        let baud = u64::from(self.baud).max(1);
        Nanos::new(bits.saturating_mul(1_000_000_000).div_ceil(baud))
    }
}

/// What a dialect leaves open of its lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Open {
    /// Whether units have an address.
    pub(super) address: Addressed,
    /// Any parity and one or two stop bits. Otherwise none and one.
    pub(super) framing: bool,
}

/// Whether the file of a unit says at which address it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Addressed {
    /// It has none, or not on its line.
    Never,
    /// It does.
    Always,
    /// If it is not the one that the profile of its family has.
    Perhaps,
}

/// A line as it was read, and where its port, its speed and its address stand.
pub(super) struct Line {
    pub(super) link: Link,
    pub(super) place: Range<usize>,
    pub(super) baud: Range<usize>,
    pub(super) address: Range<usize>,
}

/// Reads `[link]`.
pub(super) fn read(table: Table<'_>, open: Open) -> Option<Line> {
    let place = place(&table);
    let baud = baud(&table);
    let address = match open.address {
        Addressed::Never => Some(None),
        Addressed::Always => table.whole("address", ADDRESSES).map(Some),
        Addressed::Perhaps => table.maybe_whole("address", ADDRESSES),
    };
    // Where the dialect fixes these, nothing can hold back a stop (COM-12). They are written down
    // because the person who connects the unit looks for them here.
    let data_bits = table.whole("data_bits", 8..=8);
    let stop_bits = table.whole("stop_bits", 1..=if open.framing { 2 } else { 1 });
    let parities = if open.framing { 3 } else { 1 };
    let parity = table.word("parity", Parity::WORDS.get(..parities).unwrap_or_default());
    let flow_control = table.word("flow_control", &[("none", ())]);
    table.finish();
    let _fixed = (data_bits?, flow_control?);
    let (place, parity, stop_bits) = (place?, parity?.into_inner(), stop_bits?.into_inner());
    let (baud, address) = (baud?, address?);
    let (place_span, baud_span) = (place.span(), baud.span());
    let address_span = address.as_ref().map_or_else(|| place.span(), Spanned::span);
    let link = Link {
        place: place.into_inner(),
        baud: u32::try_from(baud.into_inner()).ok()?,
        address: address.and_then(|address| u8::try_from(address.into_inner()).ok()),
        parity,
        stop_bits: u8::try_from(stop_bits).ok()?,
    };
    Some(Line { link, place: place_span, baud: baud_span, address: address_span })
}

/// `port`, or the adapter in `usb`, and not both.
fn place(table: &Table<'_>) -> Option<Spanned<Place>> {
    if !table.has("usb") {
        let port = table.text("port");
        let _asked = table.maybe_table("usb");
        let port = port.filter(|port| {
            let possible = settings::is_port_path(port.get_ref());
            if !possible {
                let what = format!("`{}` is no absolute path", table.full("port"));
                let fix = "write a path that stays: /dev/serial/by-id/…";
                table.wrong(port, Kind::Range, what, fix);
            }
            possible
        })?;
        let span = port.span();
        return Some(Spanned::new(span, Place::Path(PathBuf::from(port.into_inner()))));
    }
    let port = table.maybe_text("port");
    if let Some(port) = &port {
        let what = format!("`{}` and `usb` both say where the port is", table.full("port"));
        table.wrong(port, Kind::Contradiction, what, "delete one of them");
    }
    let usb = table.maybe_table("usb")?;
    let at = usb.at();
    let vendor = usb.whole("vendor", 1..=0xFFFF);
    let product = usb.whole("product", 0..=0xFFFF);
    let serial = usb.maybe_text("serial");
    let location = usb.maybe_text("location");
    let unnamed = serial.is_none() && location.is_none();
    if unnamed && !usb.has("serial") && !usb.has("location") {
        let what = format!("`{}` is true of every adapter of its kind", table.full("usb"));
        let fix = "add its `serial`, or the `location` of its socket such as \"1-1.4\"";
        usb.page().wrong(Kind::Missing, usb.at(), what, fix);
    }
    usb.finish();
    if unnamed || port.is_some() {
        return None;
    }
    let code = |code: Spanned<u64>| u16::try_from(code.into_inner()).ok();
    let adapter = Adapter {
        vendor: code(vendor?)?,
        product: code(product?)?,
        serial: serial.map(Spanned::into_inner),
        location: location.map(Spanned::into_inner),
    };
    Some(Spanned::new(at, Place::Usb(adapter)))
}

fn baud(table: &Table<'_>) -> Option<Spanned<u64>> {
    let baud = table.whole("baud", 1_200..=BAUD_MOST)?;
    let usual = BAUDS.contains(baud.get_ref());
    if !usual {
        let listed: Vec<_> = BAUDS.iter().map(u64::to_string).collect();
        let what =
            format!("`{}` is {}, which no port is set to", table.full("baud"), baud.get_ref());
        table.wrong(&baud, Kind::Range, what, format!("one of {}", listed.join(", ")));
    }
    usual.then_some(baud)
}

/// The addresses of units; 0 is everybody.
const ADDRESSES: RangeInclusive<u64> = 1..=247;
/// The speeds that ports are set to.
const BAUDS: [u64; 11] =
    [1_200, 2_400, 4_800, 9_600, 19_200, 38_400, 57_600, 115_200, 230_400, 460_800, BAUD_MOST];
/// The highest of them.
const BAUD_MOST: u64 = 921_600;
