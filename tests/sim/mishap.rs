//! Things that go wrong in a world, and how each of them comes right again.

use clinic::{EntryId, Happening, Receipt, UnitId};
use rand::{Rng, rngs::StdRng};
use simulated_units::{Button, Fault};

use crate::{
    cable::Quality,
    disk::Mood,
    operator::Deed,
    starts::HEARTBEAT_NS,
    story::{self, Kind},
    ward::{self, UNITS},
    world::World,
};

const MS: u64 = 1_000_000;
/// For so long after its end a disturbance may still be felt.
const AFTERMATH: u64 = 5_000 * MS;

/// How long the gateway has left.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fuse {
    /// So many effects.
    left: u32,
    /// And then up to the next effect of this kind.
    before: Option<&'static str>,
}

impl Fuse {
    /// A few effects, or the next one of some kind.
    pub(crate) fn new(chance: &mut StdRng) -> Self {
        let kinds = ["Open", "Slice", "Settle", "Enter", "Relay", "Tell", "Answer"];
        match chance.random_range(0..2) {
            0 => Self::after(chance.random_range(0..60)),
            _ => Self { left: 0, before: Some(kinds[chance.random_range(0..kinds.len())]) },
        }
    }

    /// So many effects.
    pub(crate) fn after(left: u32) -> Self {
        Self { left, before: None }
    }

    /// Whether it is over before an effect of `kind`.
    pub(crate) fn is_burnt(&mut self, kind: &str) -> bool {
        let burnt = self.left == 0 && self.before.is_none_or(|before| before == kind);
        self.left = self.left.saturating_sub(1);
        burnt
    }
}

/// Something that comes right, or that takes a moment.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Mending {
    /// The ledger could not take an entry, in this run.
    Refuse(u32, EntryId),
    /// A relay moves, as the gateway of this run wants it.
    Relay(u32, UnitId, bool),
    Cable(usize),
    Plug(usize),
    Port(usize),
    Swap(usize, usize),
    Fault(usize, Fault),
    Mains(usize),
    Door(usize),
    Button(usize, Button, bool),
    Disk,
}

impl World {
    /// Something goes wrong.
    pub(crate) fn mishap(&mut self) {
        let kind = self.story.kind(&mut self.chance);
        let place = self.chance.random_range(0..self.story.units);
        let lasting = story::lasting(&mut self.chance);
        self.marks.hit(&format!("{kind:?}"));
        self.write(|| format!("{kind:?} at {place} for {} ms", lasting / MS));
        let until = self.now + lasting;
        match kind {
            Kind::Cable | Kind::Cut | Kind::Unplug | Kind::StuckPort | Kind::Swap | Kind::Noise => {
                self.harm_line(kind, place, until);
            }
            Kind::Broken => self.break_unit(place, until),
            Kind::Mains => {
                self.devices[place].power(self.now, false);
                self.mendings.push((until, Mending::Mains(place)));
                self.move_device(place);
            }
            Kind::Door => self.open_door(ward::room(place), until),
            Kind::EStop => self.hand(place, Button::EStop, true, until),
            Kind::Key => self.hand(place, Button::Key, false, until),
            Kind::Applicator => self.hand(place, Button::Applicator, false, until),
            Kind::Disk => {
                let mood = story::mood(&mut self.chance);
                self.marks.hit(&format!("disk {mood:?}"));
                self.disk.set_mood(self.now, mood, &mut self.chance);
                self.mendings.push((until, Mending::Disk));
            }
            Kind::Stall => self.stall(),
            Kind::Crash => self.fuse = Some(Fuse::new(&mut self.chance)),
            Kind::Outside => {
                let cause = story::outside(&mut self.chance);
                self.tell(Happening::Fault(cause));
            }
            Kind::Leave => self.leave(),
            Kind::Passerby if self.chance.random_bool(0.2) => {
                self.act(place, Deed::StopAll(None));
            }
            Kind::Passerby => self.stop(place),
            Kind::Vanish => self.operators[place].vanish(until),
        }
    }

    fn harm_line(&mut self, kind: Kind, place: usize, until: u64) {
        let chance = &mut self.chance;
        let line = &mut self.lines[place];
        line.disturbed_until = line.disturbed_until.max(until + AFTERMATH);
        match kind {
            Kind::Cut => {
                line.quality = Quality { cut: true, ..line.quality };
                if chance.random_bool(0.5) {
                    line.down.clear();
                    line.up.clear();
                }
                self.mendings.push((until, Mending::Cable(place)));
            }
            Kind::Unplug => {
                line.unplug();
                self.mendings.push((until, Mending::Plug(place)));
            }
            Kind::StuckPort => {
                line.stuck = true;
                self.mendings.push((until, Mending::Port(place)));
            }
            Kind::Swap => {
                let other = (place + chance.random_range(1..UNITS)) % UNITS;
                self.swap(place, other, until);
            }
            Kind::Noise => {
                let noise: Vec<u8> =
                    (0..chance.random_range(1..3_000)).map(|_| chance.random()).collect();
                line.up.put(self.now, &noise, line.quality, chance);
            }
            _ => {
                line.quality = story::quality(chance);
                self.mendings.push((until, Mending::Cable(place)));
            }
        }
    }

    /// Two cables are pulled out and put in again in each other's sockets, and later back.
    fn swap(&mut self, one: usize, other: usize, until: u64) {
        let (now, apart) = (self.now, self.chance.random_range(300..4_000) * MS);
        for place in [one, other] {
            self.lines[place].unplug();
            self.lines[place].disturbed_until = until + apart + 2 * AFTERMATH;
            self.mendings.push((now + apart, Mending::Plug(place)));
        }
        let (first, second) = (self.lines[one].device, self.lines[other].device);
        (self.lines[one].device, self.lines[other].device) = (second, first);
        self.mendings.push((until.max(now + apart) + MS, Mending::Swap(one, other)));
    }

    fn break_unit(&mut self, place: usize, until: u64) {
        let fault = story::fault(&mut self.chance);
        self.marks.hit(&format!("fault {}", story::fault_name(fault)));
        self.write(|| format!("unit {place}: {fault:?}"));
        self.devices[place].advance(self.now);
        self.look(place);
        self.devices[place].fault(self.now, fault);
        if self.devices[place].is_deaf() {
            let line = &mut self.lines[place];
            line.disturbed_until = line.disturbed_until.max(until + AFTERMATH);
        }
        self.mendings.push((until, Mending::Fault(place, fault)));
        self.move_device(place);
    }

    fn open_door(&mut self, room: usize, until: u64) {
        for place in (0..UNITS).filter(|place| ward::room(*place) == room) {
            self.devices[place].door = false;
            self.devices[place].wire_interlock(self.now);
            self.move_device(place);
        }
        self.mendings.push((until, Mending::Door(room)));
    }

    fn hand(&mut self, place: usize, button: Button, on: bool, until: u64) {
        self.press(place, button, on);
        self.mendings.push((until, Mending::Button(place, button, !on)));
    }

    /// The control thread stands still: sometimes for less than matters.
    fn stall(&mut self) {
        let lasts = [20, 49, 52, 200, 700, 2_500][self.chance.random_range(0..6)] * MS;
        let Some(gateway) = &mut self.gateway else { return };
        if gateway.stalled.is_none() {
            let deadline = gateway.clinic.wake().since_boot().max(self.now);
            gateway.stalled = Some((self.now + lasts, deadline));
            self.shaken_until = self.now + lasts + AFTERMATH;
            self.judge.stalled(self.now + lasts);
            if self.story.heartbeat && HEARTBEAT_NS < lasts {
                self.drop_relays();
            }
        }
    }

    fn drop_relays(&mut self) {
        for place in 0..UNITS {
            let unit = UnitId(u16::try_from(place).unwrap_or_default());
            self.mendings.push((self.now + HEARTBEAT_NS, Mending::Relay(self.run, unit, false)));
        }
    }

    /// The gateway is asked to leave, and is gone a moment later.
    fn leave(&mut self) {
        (0..UNITS).for_each(|place| self.judge.stopping(self.now, place, None));
        self.tell(Happening::ShutDown);
        self.fuse = Some(Fuse::after(self.chance.random_range(20..400)));
    }

    /// Lets everything come right that is due.
    pub(crate) fn mend(&mut self) {
        while let Some(place) = self.mendings.iter().position(|(at, _)| *at <= self.now) {
            let (_, mending) = self.mendings.remove(place);
            self.mend_one(mending);
        }
    }

    fn mend_one(&mut self, mending: Mending) {
        let now = self.now;
        match mending {
            Mending::Refuse(run, entry) if run == self.run => {
                self.tell(Happening::Receipt(entry, Receipt::Failed));
            }
            Mending::Relay(run, unit, closed) if run == self.run => {
                let place = usize::from(unit.0);
                self.devices[place].relay = closed || !self.story.relays;
                self.devices[place].wire_interlock(now);
                self.move_device(place);
            }
            Mending::Refuse(..) | Mending::Relay(..) => {}
            Mending::Cable(place) => self.lines[place].quality = Quality::default(),
            Mending::Plug(place) => self.lines[place].plugged = true,
            Mending::Port(place) => self.lines[place].stuck = false,
            Mending::Swap(one, other) => self.swap_back(one, other),
            Mending::Fault(place, fault) => {
                self.devices[place].advance(now);
                self.look(place);
                self.devices[place].clear(now, fault);
                self.move_device(place);
            }
            Mending::Mains(place) => {
                self.devices[place].power(now, true);
                self.move_device(place);
            }
            Mending::Door(room) => {
                for place in (0..UNITS).filter(|place| ward::room(*place) == room) {
                    self.devices[place].door = true;
                    self.devices[place].wire_interlock(now);
                    self.move_device(place);
                }
            }
            Mending::Button(place, button, on) => self.press(place, button, on),
            Mending::Disk => self.mend_disk(),
        }
    }

    /// A ledger that failed is opened anew by the next start of the gateway.
    fn mend_disk(&mut self) {
        self.disk.set_mood(self.now, Mood::Fast, &mut self.chance);
        if self.disk.has_failed() && self.fuse.is_none() {
            self.fuse = Some(Fuse::after(self.chance.random_range(0..200)));
        }
    }

    fn swap_back(&mut self, one: usize, other: usize) {
        for place in [one, other] {
            self.lines[place].unplug();
            self.mendings.push((self.now + 700 * MS, Mending::Plug(place)));
        }
        let (first, second) = (self.lines[one].device, self.lines[other].device);
        (self.lines[one].device, self.lines[other].device) = (second, first);
    }
}
