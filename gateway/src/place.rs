//! Where a port is looked for: by its path, or by the USB adapter behind it.
//!
//! An adapter that is unplugged and plugged in again may come back under another name, and two that
//! are alike swap theirs. What identifies one is its serial number, or the socket it is plugged into.
//! None of this is an identity of the unit: who answers has to prove that (COM-07, SEC-05).

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
};

/// Where a port is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// At this path, such as `/dev/serial/by-id/…`.
    Path(PathBuf),
    /// Behind the one USB adapter of which all of this is true.
    Usb(Adapter),
}

/// What is known of a USB adapter, as the kernel tells it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Adapter {
    /// Who made it (`idVendor`).
    pub vendor: u16,
    /// What it is (`idProduct`).
    pub product: u16,
    /// Its own number (`serial`), if it has one.
    pub serial: Option<String>,
    /// The socket, such as `1-1.4`, or one port of an adapter with several, such as `1-1.4:1.0`.
    pub location: Option<String>,
}

/// Where the kernel tells of devices and shows them. Tests have their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roots {
    /// `/sys`.
    pub sysfs: PathBuf,
    /// `/dev`.
    pub dev: PathBuf,
}

impl Default for Roots {
    fn default() -> Self {
        Self { sysfs: "/sys".into(), dev: "/dev".into() }
    }
}

impl Place {
    /// The path to open now. It may be another the next time.
    ///
    /// # Errors
    /// If there is no such adapter, or more than one: which of them is meant cannot be guessed.
    pub fn find(&self, roots: &Roots) -> io::Result<PathBuf> {
        match self {
            Self::Path(path) if path.exists() => Ok(path.clone()),
            Self::Path(_) => Err(io::ErrorKind::NotFound.into()),
            Self::Usb(adapter) => adapter.find(roots),
        }
    }
}

impl Adapter {
    fn find(&self, roots: &Roots) -> io::Result<PathBuf> {
        let mut found = Vec::new();
        for entry in fs::read_dir(roots.sysfs.join("class/tty"))? {
            let entry = entry?;
            if self.is_behind(&entry.path()) {
                found.push(roots.dev.join(entry.file_name()));
            }
        }
        found.sort();
        match found.as_slice() {
            [path] => Ok(path.clone()),
            [] => Err(io::Error::new(io::ErrorKind::NotFound, format!("there is no {self}"))),
            several => {
                let names: Vec<_> = several.iter().map(|path| path.to_string_lossy()).collect();
                let names = names.join(" and ");
                let what = format!("{names} are {self}: say which, by its serial or location");
                Err(io::Error::other(what))
            }
        }
    }

    /// Whether the port of this entry of `class/tty` belongs to this adapter. What the kernel does
    /// not tell, or what goes away meanwhile, does not.
    fn is_behind(&self, tty: &Path) -> bool {
        let Ok(device) = fs::canonicalize(tty.join("device")) else { return false };
        let adapter = device.ancestors().find(|folder| folder.join("idVendor").exists());
        adapter.is_some_and(|adapter| self.is(adapter) && self.is_at(&device, adapter))
    }

    fn is(&self, adapter: &Path) -> bool {
        let told = |name| fs::read_to_string(adapter.join(name)).ok();
        let code = |name| told(name).and_then(|text| u16::from_str_radix(text.trim(), 16).ok());
        let serial = told("serial").map(|text| text.trim().to_owned());
        code("idVendor") == Some(self.vendor)
            && code("idProduct") == Some(self.product)
            && (self.serial.is_none() || self.serial == serial)
    }

    /// Whether the device is in the socket that is meant, or is that port of it.
    fn is_at(&self, device: &Path, adapter: &Path) -> bool {
        let Some(location) = &self.location else { return true };
        let within = device.ancestors().take_while(|folder| *folder != adapter);
        let mut folders = within.chain([adapter]);
        folders.any(|folder| folder.file_name().is_some_and(|name| name == location.as_str()))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => path.display().fmt(f),
            Self::Usb(adapter) => adapter.fmt(f),
        }
    }
}

impl fmt::Display for Adapter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "USB {:04x}:{:04x}", self.vendor, self.product)?;
        if let Some(serial) = &self.serial {
            write!(f, " serial {serial}")?;
        }
        if let Some(location) = &self.location {
            write!(f, " at {location}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use tempfile::TempDir;

    use super::*;

    /// A kernel that tells of two adapters alike, and of one with two ports.
    fn roots() -> (TempDir, Roots) {
        let folder = tempfile::tempdir().unwrap();
        let roots = Roots { sysfs: folder.path().join("sys"), dev: "/dev".into() };
        plug(&roots, "1-1.1", 0, "ttyUSB0", (0x0403, 0x6001, Some("A1")));
        plug(&roots, "1-1.2", 0, "ttyUSB1", (0x0403, 0x6001, Some("B2")));
        plug(&roots, "1-1.3", 0, "ttyUSB2", (0x0403, 0x6010, None));
        plug(&roots, "1-1.3", 1, "ttyUSB3", (0x0403, 0x6010, None));
        // What has no adapter behind it: a port of the board.
        fs::create_dir_all(roots.sysfs.join("class/tty/ttyS0")).unwrap();
        (folder, roots)
    }

    fn plug(roots: &Roots, socket: &str, port: u8, tty: &str, adapter: (u16, u16, Option<&str>)) {
        let device = roots.sysfs.join("devices/usb1").join(socket);
        let interface = device.join(format!("{socket}:1.{port}")).join(tty);
        fs::create_dir_all(&interface).unwrap();
        let (vendor, product, serial) = adapter;
        fs::write(device.join("idVendor"), format!("{vendor:04x}\n")).unwrap();
        fs::write(device.join("idProduct"), format!("{product:04x}\n")).unwrap();
        if let Some(serial) = serial {
            fs::write(device.join("serial"), format!("{serial}\n")).unwrap();
        }
        let class = roots.sysfs.join("class/tty").join(tty);
        fs::create_dir_all(&class).unwrap();
        symlink(&interface, class.join("device")).unwrap();
    }

    fn usb(product: u16, serial: Option<&str>, location: Option<&str>) -> Place {
        let text = |text: &str| text.to_owned();
        Place::Usb(Adapter {
            vendor: 0x0403,
            product,
            serial: serial.map(text),
            location: location.map(text),
        })
    }

    #[test]
    fn an_adapter_is_found_by_its_serial_number_or_its_socket() {
        let (_folder, roots) = roots();
        let find = |place: Place| place.find(&roots).unwrap();
        assert_eq!(find(usb(0x6001, Some("B2"), None)), Path::new("/dev/ttyUSB1"));
        assert_eq!(find(usb(0x6001, None, Some("1-1.1"))), Path::new("/dev/ttyUSB0"));
        assert_eq!(find(usb(0x6010, None, Some("1-1.3:1.1"))), Path::new("/dev/ttyUSB3"));
    }

    #[test]
    fn which_of_two_is_meant_is_not_guessed() {
        let (_folder, roots) = roots();
        for place in [usb(0x6001, None, None), usb(0x6010, None, Some("1-1.3"))] {
            let error = place.find(&roots).unwrap_err();
            assert!(error.to_string().contains("say which"), "{error}");
        }
    }

    #[test]
    fn what_is_not_plugged_in_is_not_found() {
        let (_folder, roots) = roots();
        let missing = [
            usb(0x6001, Some("C3"), None),
            usb(0x6001, Some("A1"), Some("1-1.2")),
            usb(0x6011, None, None),
            Place::Path("/dev/no-such-port".into()),
        ];
        for place in missing {
            assert_eq!(place.find(&roots).unwrap_err().kind(), io::ErrorKind::NotFound);
        }
    }

    #[test]
    fn it_is_said_as_it_was_written() {
        let place = usb(0x6001, Some("A1"), Some("1-1.1"));
        assert_eq!(place.to_string(), "USB 0403:6001 serial A1 at 1-1.1");
        assert_eq!(Place::Path("/dev/ttyS0".into()).to_string(), "/dev/ttyS0");
    }
}
