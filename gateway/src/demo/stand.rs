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
use simulated_units::{Button, Cable, Device, Fault, Unit};
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

/// One simulated unit or board, shared between its line and whoever stands beside it.
#[derive(Clone)]
pub struct Stand {
    name: String,
    /// What it emits. A board emits nothing.
    modality: Option<Modality>,
    place: Arc<Mutex<Place>>,
    /// The buttons that lead to the inputs of a board, and not to the unit.
    wired: Arc<[(Button, Input)]>,
    touched: Arc<Notify>,
    /// Whether its cable is in its port.
    plugged: Arc<watch::Sender<bool>>,
    link: PathBuf,
}

/// What stands there, its cable, and what is in a row in its interlock.
struct Place {
    device: Box<dyn Device>,
    cable: Cable,
    /// The contact of a relay, and the door, if they are in its own interlock.
    relay: bool,
    door: bool,
}

impl Place {
    /// The interlock is closed if everything in it is.
    fn interlock(&mut self) {
        self.device.press(now(), Button::Interlock, self.relay && self.door);
    }

    /// Lets time pass. Says what arrived at the host, and gives how long nothing more will happen.
    fn pass(&mut self, wire: &mut Vec<u8>) -> Duration {
        let now = now();
        let mut said = Vec::new();
        self.device.transmit(now, &mut said);
        if !said.is_empty() {
            self.cable.back(now, said);
        }
        self.cable.arrive(now, wire);
        let next = self.device.wake(now).into_iter().chain(self.cable.wake()).min();
        next.map_or(IDLE, |at| Duration::from_nanos(at.saturating_sub(now)).min(IDLE))
    }
}

impl Stand {
    /// Puts a unit of ours up. Its port appears as a link `name` in `folder`.
    pub fn new(name: &str, unit: Unit, folder: &Path) -> Self {
        let modality = match unit.plan().capability.modality {
            simulated_units::Modality::Laser { .. } => Modality::Laser,
            simulated_units::Modality::Pemf { .. } => Modality::Pemf,
        };
        Self::foreign(name, Some(modality), Box::new(unit), folder)
    }

    /// Puts up a unit of any maker, or a board, which emits nothing.
    pub fn foreign(
        name: &str,
        modality: Option<Modality>,
        device: Box<dyn Device>,
        folder: &Path,
    ) -> Self {
        let cable = Cable::new(now());
        Self {
            name: name.to_owned(),
            modality,
            place: Arc::new(Mutex::new(Place { device, cable, relay: true, door: true })),
            wired: Arc::default(),
            touched: Arc::new(Notify::new()),
            plugged: Arc::new(watch::Sender::new(true)),
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
        let mut place = self.lock();
        place.device.advance(now());
        place.device.meter()
    }

    /// What comes out of it at this moment, by its own true meter: µW of a laser, nT of a field.
    pub fn output(&self) -> u64 {
        let mut place = self.lock();
        place.device.advance(now());
        place.device.output_now()
    }

    /// What its meter shows, with its unit of measure, for people. Nothing for a board.
    pub fn measured(&self) -> Option<String> {
        let measure = match self.modality? {
            Modality::Laser | Modality::Stimulator => "J",
            Modality::Pemf => "mT·s",
        };
        // One millijoule is 10^9 pJ, one µT·s is 10^9 fT·s.
        let thousandths = self.meter() / 1_000_000_000;
        let (whole, rest) = (thousandths / 1_000, thousandths % 1_000);
        Some(format!("{whole}.{rest:03} {measure}"))
    }

    /// Wires buttons of the unit to the inputs of a board.
    pub(super) fn wire(&mut self, wired: Vec<(Button, Input)>) {
        self.wired = self.wired.iter().cloned().chain(wired).collect();
    }

    /// The contact of a relay in the unit's interlock moved.
    pub(super) fn conduct(&self, closed: bool) {
        let mut place = self.lock();
        place.relay = closed;
        place.interlock();
        drop(place);
        self.touched.notify_one();
    }

    /// What moves when it is pressed here, be it at the unit or wired to a board.
    pub fn buttons(&self) -> Vec<Button> {
        let own = self.lock().device.buttons();
        let wired = self.wired.iter().map(|(button, _)| *button);
        let more = wired.filter(|button| !own.contains(button));
        own.iter().copied().chain(more).collect()
    }

    /// Moves something at the unit.
    pub fn press(&self, button: Button, on: bool) {
        if let Some((_, input)) = self.wired.iter().find(|(wired, _)| *wired == button) {
            return input.put(on);
        }
        let mut place = self.lock();
        if button == Button::Interlock {
            place.door = on;
            place.interlock();
        } else {
            place.device.press(now(), button, on);
        }
        drop(place);
        self.touched.notify_one();
    }

    /// What can break here: how a person types it, and what it does. What a device and a cable have
    /// in common is of the device.
    pub fn breaks(&self) -> Vec<(&'static str, &'static str)> {
        let own = self.lock().device.breaks();
        let word = |usage: &'static str| {
            let usage = usage.strip_prefix("[request-|reply-]").unwrap_or(usage);
            usage.split([':', '[']).next().unwrap_or(usage)
        };
        let has = |usage| own.iter().any(|(own, _)| word(own) == word(usage));
        let cable = Cable::NAMES.into_iter().filter(|(usage, _)| !has(usage));
        own.iter().copied().chain(cable).collect()
    }

    /// Breaks something, as a person types it. Returns whether it can break like this.
    pub fn break_as(&self, words: &str) -> bool {
        let mut place = self.lock();
        let broken = place.device.break_as(now(), words) || place.cable.break_as(words);
        drop(place);
        self.touched.notify_one();
        broken
    }

    /// Breaks something in a unit of ours, which has a word for all that can break in it.
    pub fn fault(&self, fault: Fault) {
        let _one_of_ours = self.break_as(&fault.to_string());
    }

    /// Mends everything, the cable too. What is not in its port stays out of it.
    pub fn heal(&self) {
        let mut place = self.lock();
        place.device.mend(now());
        place.cable.mend();
        drop(place);
        self.touched.notify_one();
    }

    /// Turns the mains off and on.
    pub fn power_cycle(&self) {
        let mut place = self.lock();
        place.device.power(now(), false);
        place.device.power(now(), true);
        drop(place);
        self.touched.notify_one();
    }

    /// Puts its cable into its port, or pulls it. The device goes on without.
    pub fn connect(&self, plugged: bool) {
        self.plugged.send_replace(plugged);
    }

    /// Plugs it in and moves bytes for as long as it is polled. Dropping this unplugs it, and stops
    /// its time until somebody looks.
    ///
    /// # Errors
    /// If the machine has no pty left, or the link cannot be made.
    pub async fn plug_in(&self) -> io::Result<()> {
        let mut plugged = self.plugged.subscribe();
        loop {
            let is_plugged = *plugged.borrow_and_update();
            tokio::select! {
                served = self.serve(), if is_plugged => served?,
                () = self.stand_alone(), if !is_plugged => {}
                _ = plugged.changed() => {}
            }
        }
    }

    async fn serve(&self) -> io::Result<()> {
        // The far end stays open, so that a gateway that leaves is no hang-up here. It is locked by
        // nobody: even a shared lock would keep the gateway out.
        let (near, far) = TTYPort::pair()?;
        let path = far.name().ok_or_else(|| io::Error::other("a pty without a path"))?;
        let _unplugged = Unplugged::new(&self.link, Path::new(&path))?;
        let mut near = SerialStream::try_from(near)?;
        let mut wire = Vec::new();
        let mut buffer = [0; 512];
        loop {
            let wait = self.lock().pass(&mut wire);
            if !wire.is_empty() {
                near.write_all(&wire).await?;
                wire.clear();
            }
            tokio::select! {
                biased;
                count = near.read(&mut buffer) => {
                    let bytes = buffer.get(..count?).unwrap_or_default();
                    let mut place = self.lock();
                    let bytes = place.cable.forth(bytes);
                    place.device.receive(now(), &bytes);
                }
                () = self.touched.notified() => {}
                () = sleep(wait) => {}
            }
        }
    }

    /// Its time goes on, and what it says is heard by nobody.
    async fn stand_alone(&self) {
        loop {
            let wait = self.lock().pass(&mut Vec::new());
            tokio::select! {
                () = self.touched.notified() => {}
                () = sleep(wait) => {}
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

    fn lock(&self) -> MutexGuard<'_, Place> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
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
