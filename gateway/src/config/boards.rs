//! Reads the relay boards: what is wired to their contacts and inputs (LCK-01, LCK-05).

use std::sync::Arc;

use clinic::{BoardInput, BoardPlan, InputUse, LineId, RoomId};
use device_drivers::relay;
use jiff::civil::Date;
use safety::Nanos;
use toml::Spanned;

use super::{
    lease::Lease,
    link::{self, Addressed, Line, Link, Open},
    mistake::{Kind, Page},
    plate::Wire,
    profile::Draft,
    sign_off::{self, Fact, SignOffs, Signable},
    table::Table,
    unit::UnitConfig,
};

/// A relay board as the configuration describes it.
#[derive(Clone, Debug)]
pub struct BoardConfig {
    /// Its line.
    pub line: LineId,
    /// Its name.
    pub name: String,
    /// The file that describes it.
    pub file: Arc<str>,
    /// The line that it is connected by.
    pub link: Link,
    /// How it is spoken with.
    pub plate: relay::Plate,
    /// Which channel is in the interlock of which unit, by the place of the unit.
    pub channels: Vec<(u8, clinic::UnitId)>,
    /// What is wired to its inputs.
    pub inputs: Vec<BoardInput>,
    /// The channel of a sounder, and the room that hears it.
    pub sounder: Option<(u8, RoomId)>,
    /// What it builds on that nobody has seen at the hardware, with who signed for it. Each unit
    /// that hangs on it waits for that.
    pub facts: Vec<Fact>,
}

/// A board that was read, with the names that other files are compared with.
pub(super) struct BoardDraft {
    page: Page,
    name: Spanned<String>,
    line: Line,
    answer: Nanos,
    channels: Vec<(u8, Spanned<String>)>,
    inputs: Vec<(u8, Input, Spanned<String>, bool)>,
    sounder: Option<(u8, Spanned<String>)>,
    signed: SignOffs,
}

/// What an input is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Input {
    Door,
    EmergencyStop,
    Reset,
    Footswitch,
    Supply,
}

/// Reads the file of one board.
pub(super) fn read(root: Table<'_>, today: Date) -> Option<BoardDraft> {
    let page = root.page().clone();
    let name = root.name("name");
    let dialect = root.word("dialect", &[("modbus-relay", ())]);
    let line = root.table("link").and_then(|table| link::read(table, LINES));
    let answer = root.whole("answer_ms", 1..=1_000);
    let channels: Option<Vec<_>> = root.tables("channel").into_iter().map(channel).collect();
    let inputs: Option<Vec<_>> = root.maybe_tables("input").into_iter().map(input).collect();
    let sounder = match root.maybe_table("sounder") {
        Some(table) => sounder(table).map(Some),
        None => Some(None),
    };
    let signed = sign_off::read(&root, today);
    root.finish();
    let (channels, inputs, _dialect) = (channels?, inputs?, dialect?);
    let draft = BoardDraft {
        page,
        name: name?,
        line: line?,
        answer: Nanos::from_millis(answer?.into_inner()),
        channels,
        inputs,
        sounder: sounder?,
        signed: signed?,
    };
    draft.uses_each_once().then_some(draft)
}

fn channel(table: Table<'_>) -> Option<(u8, Spanned<String>)> {
    let number = number(&table);
    let unit = table.name("unit");
    table.finish();
    Some((number?, unit?))
}

fn input(table: Table<'_>) -> Option<(u8, Input, Spanned<String>, bool)> {
    let number = number(&table);
    let uses = [
        ("door", Input::Door),
        ("emergency-stop", Input::EmergencyStop),
        ("reset", Input::Reset),
        ("footswitch", Input::Footswitch),
        ("supply", Input::Supply),
    ];
    let is = table.word("is", &uses);
    // A footswitch and a supply are one unit's, the others are a room's.
    let of_unit = |is: &Spanned<Input>| match is.get_ref() {
        Input::Footswitch | Input::Supply => true,
        Input::Door | Input::EmergencyStop | Input::Reset => false,
    };
    let of_unit = is.as_ref().is_some_and(of_unit);
    let room = table.name(if of_unit { "unit" } else { "room" });
    let permits = table.word("permits_when", &[("closed", true), ("open", false)]);
    table.finish();
    Some((number?, is?.into_inner(), room?, permits?.into_inner()))
}

fn sounder(table: Table<'_>) -> Option<(u8, Spanned<String>)> {
    let number = number(&table);
    let room = table.name("room");
    table.finish();
    Some((number?, room?))
}

/// The number of a contact as it is printed on the board, from one.
fn number(table: &Table<'_>) -> Option<u8> {
    let number = table.whole("number", 1..=u64::try_from(relay::CHANNELS).unwrap_or(0))?;
    u8::try_from(number.into_inner().saturating_sub(1)).ok()
}

impl BoardDraft {
    /// Notes a contact that two things are said of.
    fn uses_each_once(&self) -> bool {
        let sounder = self.sounder.as_ref().map(|(number, _)| *number);
        let outputs: Vec<_> =
            self.channels.iter().map(|(number, _)| *number).chain(sounder).collect();
        let inputs: Vec<_> = self.inputs.iter().map(|(number, ..)| *number).collect();
        let twice = |numbers: &[u8]| {
            let mut seen = numbers.iter().enumerate();
            seen.find(|(at, number)| numbers.iter().take(*at).any(|before| before == *number))
                .map(|(_, number)| number.saturating_add(1))
        };
        let found = twice(&outputs).map(|number| ("output", number));
        let found = found.or_else(|| twice(&inputs).map(|number| ("input", number)));
        if let Some((kind, number)) = found {
            let what = format!("two things are said of {kind} {number}");
            self.page.wrong(Kind::Contradiction, self.name.span(), what, "give each a contact");
        }
        found.is_none()
    }

    /// The board with its units and rooms. What does not agree with them is noted.
    pub(super) fn place(
        self,
        line: LineId,
        drafts: &[Draft],
        rooms: &[String],
        before: &[BoardConfig],
    ) -> Option<BoardConfig> {
        self.has_its_own_port(drafts, before)?;
        let lease = self.shortest_lease(drafts);
        let mut channels = Vec::new();
        for (number, name) in &self.channels {
            channels.push((*number, self.unit(name, drafts)?));
        }
        let mut inputs = Vec::new();
        for (number, is, room, closed_permits) in &self.inputs {
            let is = match is {
                Input::Door => InputUse::Door(self.room(room, rooms)?),
                Input::EmergencyStop => InputUse::EmergencyStop(self.room(room, rooms)?),
                Input::Reset => InputUse::Reset(self.room(room, rooms)?),
                Input::Footswitch => InputUse::Footswitch(self.unit(room, drafts)?),
                Input::Supply => InputUse::Supply(self.unit(room, drafts)?),
            };
            inputs.push(BoardInput { input: *number, is, closed_permits: *closed_permits });
        }
        let sounder = match &self.sounder {
            Some((number, room)) => Some((*number, self.room(room, rooms)?)),
            None => None,
        };
        let link = self.line.link;
        let used = channels.iter().map(|(number, _)| *number).chain(sounder.map(|(own, _)| own));
        let plate = relay::Plate {
            address: link.address.unwrap_or_default(),
            baud: link.baud,
            channels: used.fold(relay::Channels::NONE, relay::Channels::with),
            inputs: !inputs.is_empty(),
            answer_within: self.answer,
            lease,
        };
        if let Err(error) = relay::Board::new(plate) {
            let what = format!("no board can do this: {error}");
            let fix = "raise `baud` here, or `lease_ms` of the units";
            self.page.wrong(Kind::Budget, self.line.baud, what, fix);
            return None;
        }
        let name = self.name.into_inner();
        let file = self.page.text.name.clone();
        let facts = self.signed.settle(&self.page, Signable::of(plate.unverified()));
        Some(BoardConfig { line, name, file, link, plate, channels, inputs, sounder, facts })
    }

    /// Notes a port that something else has: nothing else may delay a kick.
    fn has_its_own_port(&self, drafts: &[Draft], before: &[BoardConfig]) -> Option<()> {
        let own = &self.line.link.place;
        let units = drafts.iter().map(|draft| (&draft.unit.name, &draft.unit.link.place));
        let boards = before.iter().map(|board| (&board.name, &board.link.place));
        let Some((other, _)) = units.chain(boards).find(|(_, place)| *place == own) else {
            return Some(());
        };
        let what = format!("the port is that of `{other}` as well");
        self.page.wrong(
            Kind::Contradiction,
            self.line.place.clone(),
            what,
            "give the board its own",
        );
        None
    }

    /// The shortest lease of its units: no contact may stay closed for longer.
    fn shortest_lease(&self, drafts: &[Draft]) -> Nanos {
        let named = |draft: &&Draft| {
            self.channels.iter().any(|(_, name)| *name.get_ref() == draft.unit.name)
        };
        let leases = drafts.iter().filter(named).map(|draft| draft.unit.lease_time());
        leases.min().unwrap_or(Nanos::from_secs(1))
    }

    fn unit(&self, name: &Spanned<String>, drafts: &[Draft]) -> Option<clinic::UnitId> {
        let found = drafts.iter().find(|draft| draft.unit.name == *name.get_ref());
        if found.is_none() {
            let what = format!("there is no unit `{}`", name.get_ref());
            self.page.wrong(Kind::Contradiction, name.span(), what, "correct the name");
        }
        found.map(|draft| draft.unit.id)
    }

    fn room(&self, name: &Spanned<String>, rooms: &[String]) -> Option<RoomId> {
        let found = rooms.iter().position(|room| room == name.get_ref());
        if found.is_none() {
            let what = format!("there is no room `{}` in rooms.toml", name.get_ref());
            self.page.wrong(Kind::Contradiction, name.span(), what, "correct the name");
        }
        found.and_then(|room| u16::try_from(room).ok()).map(RoomId)
    }
}

impl BoardConfig {
    /// The board as the clinic takes it.
    ///
    /// # Errors
    /// None that [`Config::load`](super::Config::load) has not shown already.
    pub fn plan(&self) -> Result<BoardPlan, relay::PlateError> {
        Ok(BoardPlan {
            line: self.line,
            channels: self.channels.clone(),
            inputs: self.inputs.clone(),
            sounder: self.sounder,
            driver: relay::Board::new(self.plate)?,
        })
    }
}

/// Notes what a unit needs of a board and does not have: the relay that is its lease, and the
/// inputs that its wiring names.
pub(super) fn serve(draft: &Draft, boards: &[BoardConfig]) {
    let unit = &draft.unit;
    let wrong = |what: String, fix: &str| {
        draft.page.wrong(Kind::Contradiction, draft.name.clone(), what, fix);
    };
    let channels = boards.iter().flat_map(|board| &board.channels);
    let contacts = channels.filter(|(_, of)| *of == unit.id).count();
    if unit.lease == Lease::Relay && contacts == 0 {
        let what = "`lease_by` is `relay`, and no board has a channel for this unit".to_owned();
        wrong(what, "add a [[channel]] with its name to the file of a board in boards/");
    }
    if contacts > 1 {
        let what = format!("{contacts} channels are in the interlock of this unit");
        wrong(what, "give it one");
    }
    let inputs = || boards.iter().flat_map(|board| &board.inputs);
    let has = |is: InputUse| inputs().any(|input| input.is == is);
    let needed = [
        ("door", unit.wiring.door, InputUse::Door(unit.room)),
        ("e_stop", unit.wiring.e_stop, InputUse::EmergencyStop(unit.room)),
        // A unit whose emergency stop is at a board has its key there as well (LCK-07).
        ("e_stop", unit.wiring.e_stop, InputUse::Reset(unit.room)),
        ("footswitch", unit.wiring.footswitch, InputUse::Footswitch(unit.id)),
    ];
    for (name, wire, is) in needed {
        if wire == Wire::Board && !has(is) {
            let what = format!("`wiring.{name}` is `board`, and no board has such an input");
            wrong(what, "add an [[input]] for it to the file of a board in boards/");
        }
    }
    let supply = has(InputUse::Supply(unit.id));
    if contacts > 0 && !supply && !unit.shows_interlock() {
        let what =
            "its relay cannot be proven: the unit does not say whether it is closed".to_owned();
        let fix = "wire an auxiliary contact of the relay to an input of its board, and add \
                   [[input]] with is = \"supply\" and the name of this unit";
        wrong(what, fix);
    }
    if supply && unit.shows_interlock() {
        let what = "two things say whether its relay is closed: the unit and an input".to_owned();
        wrong(what, "delete the [[input]] that is its \"supply\": what the unit says is nearer");
    }
}

/// Gives a unit the facts of the board that its contact is at: it is no better known than that.
pub(super) fn vouch(unit: &mut UnitConfig, boards: &[BoardConfig]) {
    let holds = |board: &&BoardConfig| board.channels.iter().any(|(_, of)| *of == unit.id);
    let facts: Vec<_> = boards.iter().filter(holds).flat_map(|board| &board.facts).collect();
    unit.facts.extend(facts.into_iter().cloned());
}

/// The lines of boards have addresses.
const LINES: Open = Open { address: Addressed::Always, framing: false };
