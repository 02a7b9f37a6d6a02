//! Ptys that the measuring program hosts: the gateway opens the near end like any serial port.

use std::{io, os::fd::OwnedFd, path::PathBuf};

use rustix::{
    fs::{Mode, OFlags, open},
    io::{Errno, write},
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
    termios::{OptionalActions, tcgetattr, tcsetattr},
};

/// A pty whose near end stays open, so that a gateway that leaves is no hang-up.
pub(crate) struct Pty {
    pub(crate) far: OwnedFd,
    pub(crate) near: OwnedFd,
    pub(crate) path: PathBuf,
}

impl Pty {
    /// A pty that passes bytes as they are.
    pub(crate) fn new() -> anyhow::Result<Self> {
        let far = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
        grantpt(&far)?;
        unlockpt(&far)?;
        let path = PathBuf::from(ptsname(&far, Vec::new())?.into_string()?);
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let near = open(&path, flags, Mode::empty())?;
        let mut raw = tcgetattr(&near)?;
        raw.make_raw();
        tcsetattr(&near, OptionalActions::Now, &raw)?;
        Ok(Self { far, near, path })
    }
}

/// Writes until the line takes no more.
pub(crate) fn fill(near: &OwnedFd) -> io::Result<()> {
    loop {
        match write(near, &[0x55; 512]) {
            Ok(_) => {}
            Err(Errno::AGAIN) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
    }
}
