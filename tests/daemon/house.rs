//! A house with simulated units on real ptys and the configuration of a gateway for them.

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
    sync::Mutex,
};

use ::gateway::{
    clock,
    demo::{built, stand::Stand},
    directory::Modality,
};
use simulated_units::{Plan, Unit};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use toml::{Table, Value};

use crate::tree::root;

/// The units of one scenario, plugged in, and the folder of a gateway for them.
pub(super) struct House {
    folder: TempDir,
    stands: Vec<Stand>,
    plugs: Mutex<HashMap<String, JoinHandle<()>>>,
}

impl House {
    /// A house with these units, each in a room of its own, so that what locks a room locks one.
    /// What a unit is its name says, which begins with `laser` or `pemf`.
    pub(super) fn new(units: &[&str]) -> Self {
        let folder = TempDir::with_prefix("daemon-").unwrap();
        let stands = units.iter().map(|unit| stand(unit, folder.path())).collect();
        let house = Self { folder, stands, plugs: Mutex::default() };
        house.write(units);
        for unit in units {
            house.plug_in(unit);
        }
        house
    }

    /// The folder of the configuration.
    pub(super) fn config(&self) -> PathBuf {
        self.folder.path().join("config")
    }

    /// The folder of the ledger.
    pub(super) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub(super) fn stand(&self, unit: &str) -> &Stand {
        self.stands.iter().find(|stand| stand.name() == unit).unwrap()
    }

    /// What a unit emitted since it was built, by its own true meter.
    pub(super) fn meter(&self, unit: &str) -> u128 {
        self.stand(unit).meter()
    }

    /// Changes gateway.toml.
    pub(super) fn set(&self, change: impl FnOnce(&mut Table)) {
        edit(&self.config().join("gateway.toml"), change);
    }

    /// Connects the cable of a unit to its port.
    pub(super) fn plug_in(&self, unit: &str) {
        self.connect(unit, self.stand(unit).clone());
    }

    /// Connects the cable of a unit to the port of another.
    pub(super) fn plug_into(&self, port: &str, unit: &str) {
        self.connect(unit, self.stand(unit).at(self.stand(port).port()));
    }

    /// Pulls the cable of a unit.
    pub(super) async fn unplug(&self, unit: &str) {
        let plug = self.plugs.lock().unwrap().remove(unit).unwrap();
        plug.abort();
        let _aborted = plug.await;
    }

    fn connect(&self, unit: &str, stand: Stand) {
        let plug = tokio::spawn(async move {
            let ended = stand.plug_in().await;
            panic!("{} lost its pty: {ended:?}", stand.name());
        });
        let before = self.plugs.lock().unwrap().insert(unit.to_owned(), plug);
        assert!(before.is_none(), "{unit} is plugged in twice");
    }

    /// Writes the configuration: the one of the repository, with the units, ports and folders of
    /// this house.
    fn write(&self, units: &[&str]) {
        let (from, to) = (root().join("config"), self.config());
        fs::create_dir_all(to.join("units")).unwrap();
        for file in ["gateway.toml", "limits.toml", "rooms.toml"] {
            fs::copy(from.join(file), to.join(file)).unwrap();
        }
        settle(&to, &self.data());
        edit(&to.join("rooms.toml"), |rooms| {
            let room = |unit: &&str| Table::from_iter([("name".into(), room_of(unit).into())]);
            let all: Vec<_> = units.iter().map(|unit| Value::from(room(unit))).collect();
            rooms.insert("room".into(), all.into());
        });
        for unit in units {
            self.write_unit(unit);
        }
    }

    fn write_unit(&self, unit: &str) {
        let kind = if is_laser(unit) { "laser-a" } else { "pemf-a" };
        let file = self.config().join(format!("units/{unit}.toml"));
        fs::copy(root().join(format!("config/units/{kind}.toml")), &file).unwrap();
        edit(&file, |profile| {
            profile.insert("name".into(), unit.into());
            profile.insert("room".into(), room_of(unit).into());
            let port = self.stand(unit).port().to_string_lossy().into_owned();
            section(profile, "link").insert("port".into(), port.into());
            section(profile, "plate").insert("serial".into(), serial_of(unit).into());
        });
    }
}

impl Drop for House {
    fn drop(&mut self) {
        for plug in self.plugs.lock().unwrap().values() {
            plug.abort();
        }
    }
}

/// Has the gateway of a configuration listen wherever there is room, write into a folder of its own,
/// and warn for no longer than it must.
pub(super) fn settle(config: &Path, data: &Path) {
    edit(&config.join("gateway.toml"), |gateway| {
        let any = || Value::from("127.0.0.1:0");
        section(gateway, "grpc").insert("listen".into(), any());
        section(gateway, "metrics").insert("listen".into(), any());
        section(section(gateway, "mqtt"), "embedded").insert("listen".into(), any());
        let data = data.to_string_lossy().into_owned();
        section(gateway, "data").insert("folder".into(), data.into());
        section(gateway, "log").insert("format".into(), "json".into());
    });
    edit(&config.join("limits.toml"), |limits| {
        let timing = section(section(limits, "laser"), "timing");
        timing.insert("warning_ms".into(), 2_000.into());
    });
}

/// The section of a table, which is there.
pub(super) fn section<'a>(table: &'a mut Table, name: &str) -> &'a mut Table {
    table.get_mut(name).and_then(Value::as_table_mut).unwrap()
}

/// The room of a unit.
pub(super) fn room_of(unit: &str) -> String {
    format!("room-of-{unit}")
}

fn stand(unit: &str, folder: &Path) -> Stand {
    let serial = serial_of(unit);
    let modality = if is_laser(unit) { Modality::Laser } else { Modality::Pemf };
    // Nobody waits for these to warm up.
    let plan = Plan { warm_up_ms: 50, ..built(modality, &serial) };
    let now = clock::now().since_boot();
    Stand::new(unit, Unit::new(plan, now, now), folder)
}

fn is_laser(unit: &str) -> bool {
    unit.starts_with("laser")
}

/// The serial number of a unit.
pub(super) fn serial_of(unit: &str) -> String {
    format!("SN-{unit}")
}

pub(crate) fn edit(file: &Path, change: impl FnOnce(&mut Table)) {
    let mut table: Table = fs::read_to_string(file).unwrap().parse().unwrap();
    change(&mut table);
    fs::write(file, table.to_string()).unwrap();
}
