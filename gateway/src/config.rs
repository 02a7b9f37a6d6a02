//! Reads and checks every setting before anything is opened (CFG-02, CFG-09).
//!
//! Four kinds of files make a configuration: the settings of the gateway, the rooms, the clinic's
//! limits, and one file for each unit. All of them are read, everything that is wrong is shown at
//! once with its file and line, and nothing has a default that bounds emission. No port, socket or
//! clock is touched here.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

mod arroyo;
mod boards;
mod book;
mod capability;
mod clinic;
mod contact_report;
mod contradiction;
mod demo;
mod dialect;
mod dialect_profile;
mod diode;
mod families;
mod files;
mod fitness;
mod house;
mod laser;
mod lease;
mod library;
mod lines;
mod link;
mod magstim;
mod magventure;
mod maiman;
mod member;
mod mistake;
mod pemf;
mod plate;
mod profile;
mod reason;
mod report;
mod rooms;
mod scale;
mod secret;
mod settings;
mod shape;
mod sign_off;
mod speech;
mod stimulator;
mod suggestion;
mod table;
mod text;
mod timing;
mod unit;

use crate::{directory::Directory, place::Place};

pub use boards::BoardConfig;
pub use clinic::{ClinicError, Seed};
pub use contact_report::ContactReport;
pub use dialect_profile::read_profile;
pub use families::Family;
pub use files::{Contents, Disk, Files, Memory};
pub use lease::Lease;
pub use library::LibraryCard;
pub use link::{Link, Parity};
pub use mistake::{ConfigErrors, Kind, Mistake, Style, render};
pub use plate::{Calibration, Wire, Wiring};
pub use report::{FamilyReport, LineReport, Report, UnitReport, report};
pub use settings::{Grpc, Log, LogFormat, Login, Mqtt, Password, Security, Serves, Settings, Tls};
pub use sign_off::{Fact, Signature};
pub use speech::{Peer, SpeechError};
pub use unit::{LaserHazard, PemfHazard, Profile, ReadBack, UnitConfig, Watched};

/// A configuration without a mistake.
#[derive(Clone, Debug)]
pub struct Config {
    /// The settings of the gateway itself.
    pub settings: Settings,
    /// What does not change while the gateway runs. Its `run` is zero until the ledger counted it.
    pub directory: Directory,
    /// The units, by `UnitId`.
    pub units: Vec<UnitConfig>,
    /// The relay boards.
    pub boards: Vec<BoardConfig>,
    /// The profiles of unit families, used or not.
    pub families: Vec<Family>,
    /// What people have to know of the limits in force.
    pub library: LibraryCard,
    /// The SHA-256 of all files, secrets not among them, in hexadecimal: what a session records of
    /// the configuration that it ran under (CFG-07).
    pub hash: String,
    /// The files themselves, secrets not among them, by their names in the folder: what a record of
    /// the gateway is replayed with.
    pub files: BTreeMap<Arc<str>, Arc<[u8]>>,
}

impl Config {
    /// Reads the configuration in a folder.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn load(folder: &Path) -> Result<Self, ConfigErrors> {
        Self::read(&Disk::new(folder))
    }

    /// Reads a configuration from wherever its files are, for a gateway that serves no TLS.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn read(files: &dyn Files) -> Result<Self, ConfigErrors> {
        Self::read_for(files, Serves::Loopback)
    }

    /// Reads a configuration for a gateway that serves so.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn read_for(files: &dyn Files, serves: Serves) -> Result<Self, ConfigErrors> {
        house::read(files, serves)
    }

    /// The configuration that the demonstration runs on: the files of the repository, with the port
    /// that `port` has for the unit of a name. Simulated units are built with the keys that
    /// `simulated_units::Plan` derives from their serial numbers, so they need none.
    ///
    /// # Errors
    /// None, as a test reads the same files.
    pub fn demo(port: impl FnMut(&str) -> PathBuf) -> Result<Self, ConfigErrors> {
        let mut config = Self::read(&Memory::whole())?;
        config.connect(port);
        Ok(config)
    }

    /// What is allowed and yet should be known before the gateway starts, in sentences.
    pub fn warnings(&self) -> Vec<String> {
        let clear = self.settings.mqtt.clear_password_to();
        let clear = clear.map(|host| {
            format!(
                "the password for the broker at {host} crosses the network in clear: this version \
                 speaks no TLS with a broker; use one on this machine, or a network that nobody \
                 else is on"
            )
        });
        clear.into_iter().collect()
    }

    /// Connects every unit to another port than its file says. Units that share a line still do: they
    /// have the port of the first of them.
    pub fn connect(&mut self, mut port: impl FnMut(&str) -> PathBuf) {
        let mut places = BTreeMap::new();
        for (unit, card) in self.units.iter_mut().zip(&mut self.directory.units) {
            let place = places.entry(unit.line).or_insert_with(|| Place::Path(port(&unit.name)));
            unit.link.place = place.clone();
            card.port = place.to_string();
        }
        for board in &mut self.boards {
            board.link.place = Place::Path(port(&board.name));
        }
    }
}
