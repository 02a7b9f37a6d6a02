//! A simulated unit on a real pty, with a hand at its buttons.
//!
//! The gateway opens the other end like any serial port. Nothing of the gateway is known here: what
//! the unit is told and what it answers are bytes.

use std::{
    io,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use clinic::{AnyStatus, Shown};
use serialport::{SerialPort as _, TTYPort};
use simulated_units::{Button, Device, Fault, Unit};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    sync::{Notify, watch},
    time::sleep,
};
use tokio_serial::SerialStream;

use super::board::Input;
use crate::{clock, directory::Modality};

/// How long a foot takes to find its switch, and to leave it.
const FOOT: Duration = Duration::from_millis(400);
/// Between two looks at a unit that will not move by itself.
const IDLE: Duration = Duration::from_millis(100);

/// One simulated unit, shared between its line and whoever stands beside it.
#[derive(Clone)]
pub struct Stand {
    name: String,
    modality: Modality,
    unit: Arc<Mutex<Machine>>,
    /// The buttons that lead to the inputs of a board, and not to the unit.
    wired: Arc<[(Button, Input)]>,
    touched: Arc<Notify>,
    link: PathBuf,
}

/// What stands there.
enum Machine {
    /// A unit of ours, which can be broken in every way.
    OpenLink(Box<Unit>),
    /// A unit of another maker.
    Foreign(Box<dyn Device>),
}

impl Machine {
    fn device(&mut self) -> &mut dyn Device {
        match self {
            Self::OpenLink(unit) => unit.as_mut(),
            Self::Foreign(device) => device.as_mut(),
        }
    }
}

impl Stand {
    /// Puts a unit of ours up. Its port appears as a link `name` in `folder`.
    pub fn new(name: &str, unit: Unit, folder: &Path) -> Self {
        let modality = match unit.plan().capability.modality {
            simulated_units::Modality::Laser { .. } => Modality::Laser,
            simulated_units::Modality::Pemf { .. } => Modality::Pemf,
        };
        Self::put_up(name, modality, Machine::OpenLink(Box::new(unit)), folder)
    }

    /// Puts up a unit of another maker.
    pub fn foreign(name: &str, modality: Modality, unit: Box<dyn Device>, folder: &Path) -> Self {
        Self::put_up(name, modality, Machine::Foreign(unit), folder)
    }

    fn put_up(name: &str, modality: Modality, machine: Machine, folder: &Path) -> Self {
        Self {
            name: name.to_owned(),
            modality,
            unit: Arc::new(Mutex::new(machine)),
            wired: Arc::default(),
            touched: Arc::new(Notify::new()),
            link: folder.join(name),
        }
    }

    /// The same unit with its cable in another port.
    #[must_use]
    pub fn at(&self, port: &Path) -> Self {
        Self { link: port.to_owned(), ..self.clone() }
    }

    /// What the gateway calls it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where the gateway finds its port.
    pub fn port(&self) -> &Path {
        &self.link
    }

    /// Everything that it emitted, by its own true meter: pJ of a laser, fT·s of a field.
    pub fn meter(&self) -> u128 {
        let mut machine = self.lock();
        let unit = machine.device();
        unit.advance(now());
        unit.meter()
    }

    /// What its meter shows, with its unit of measure, for people.
    pub fn measured(&self) -> String {
        // One millijoule is 10^9 pJ, one µT·s is 10^9 fT·s.
        let thousandths = self.meter() / 1_000_000_000;
        let (whole, rest) = (thousandths / 1_000, thousandths % 1_000);
        let measure = match self.modality {
            Modality::Laser | Modality::Stimulator => "J",
            Modality::Pemf => "mT·s",
        };
        format!("{whole}.{rest:03} {measure}")
    }

    /// Wires buttons of the unit to the inputs of a board.
    pub(super) fn wire(&mut self, wired: Vec<(Button, Input)>) {
        self.wired = wired.into();
    }

    /// The contact of a relay in the unit's interlock moved.
    pub(super) fn conduct(&self, closed: bool) {
        self.lock().device().press(now(), Button::Interlock, closed);
        self.touched.notify_one();
    }

    /// Moves something at the unit.
    pub fn press(&self, button: Button, on: bool) {
        if let Some((_, input)) = self.wired.iter().find(|(wired, _)| *wired == button) {
            return input.put(on);
        }
        self.lock().device().press(now(), button, on);
        self.touched.notify_one();
    }

    /// Breaks something. Returns whether this unit can be broken like this.
    pub fn fault(&self, fault: Fault) -> bool {
        self.change(|unit| unit.fault(now(), fault))
    }

    /// Mends everything. Returns whether this unit can be broken at all.
    pub fn heal(&self) -> bool {
        self.change(|unit| unit.heal(now()))
    }

    /// Turns the mains off and on.
    pub fn power_cycle(&self) {
        let mut machine = self.lock();
        let unit = machine.device();
        unit.power(now(), false);
        unit.power(now(), true);
        drop(machine);
        self.touched.notify_one();
    }

    fn change(&self, change: impl FnOnce(&mut Unit)) -> bool {
        let changed = match &mut *self.lock() {
            Machine::OpenLink(unit) => {
                change(unit);
                true
            }
            Machine::Foreign(_) => false,
        };
        self.touched.notify_one();
        changed
    }

    /// Plugs it in and moves bytes for as long as it is polled. Dropping this unplugs it.
    ///
    /// # Errors
    /// If the machine has no pty left, or the link cannot be made.
    pub async fn plug_in(&self) -> io::Result<()> {
        // The far end stays open, so that a gateway that leaves is no hang-up here. It is locked by
        // nobody: even a shared lock would keep the gateway out.
        let (near, far) = TTYPort::pair()?;
        let path = far.name().ok_or_else(|| io::Error::other("a pty without a path"))?;
        let _unplugged = Unplugged::new(&self.link, Path::new(&path))?;
        let mut near = SerialStream::try_from(near)?;
        let mut wire = Vec::new();
        let mut buffer = [0; 512];
        loop {
            let wait = {
                let mut machine = self.lock();
                let unit = machine.device();
                let now = now();
                unit.transmit(now, &mut wire);
                unit.wake(now).map_or(IDLE, |at| Duration::from_nanos(at.saturating_sub(now)))
            };
            if !wire.is_empty() {
                near.write_all(&wire).await?;
                wire.clear();
            }
            tokio::select! {
                biased;
                count = near.read(&mut buffer) => {
                    let bytes = buffer.get(..count?).unwrap_or_default();
                    self.lock().device().receive(now(), bytes);
                }
                () = self.touched.notified() => {}
                () = sleep(wait.min(IDLE)) => {}
            }
        }
    }

    /// Stands in for a person with a foot on the switch, who looks at the gateway: the foot comes
    /// off when the unit is armed or paused, goes down a moment later, and comes off at the end.
    pub async fn step_on_it(&self, mut shown: watch::Receiver<Option<Shown>>) {
        let mut before = None;
        loop {
            sleep(FOOT).await;
            let state = shown.borrow_and_update().map(|shown| state_of(&shown));
            let down = match state {
                Some(safety::State::Warning | safety::State::Emitting) => true,
                Some(safety::State::Ready | safety::State::Paused) => before == state,
                Some(
                    safety::State::Offline
                    | safety::State::Standby
                    | safety::State::Stopping
                    | safety::State::Locked,
                )
                | None => false,
            };
            self.press(Button::Footswitch, down);
            before = state;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Machine> {
        self.unit.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The link to a port, for as long as the unit is plugged in.
struct Unplugged(PathBuf);

impl Unplugged {
    fn new(link: &Path, port: &Path) -> io::Result<Self> {
        // What an earlier run left behind points nowhere.
        let _nothing_there = std::fs::remove_file(link);
        symlink(port, link)?;
        Ok(Self(link.to_owned()))
    }
}

impl Drop for Unplugged {
    fn drop(&mut self) {
        let _gone_already = std::fs::remove_file(&self.0);
    }
}

/// The state that people are shown.
pub(super) fn state_of(shown: &Shown) -> safety::State {
    match shown.status {
        AnyStatus::Laser(status) => status.state,
        AnyStatus::Pemf(status) => status.state,
        AnyStatus::Stimulator(status) => status.state,
    }
}

fn now() -> u64 {
    clock::now().since_boot()
}
