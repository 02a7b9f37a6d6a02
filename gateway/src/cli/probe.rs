//! Listens on a port that nobody knows, and names what it hears.

use std::{
    io,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use anyhow::{Context as _, bail, ensure};
use clap::Args;
use device_drivers::probe::{self, QUERIES, Query};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    time::timeout,
};

use super::client::say;
use crate::{
    config::Parity,
    place::{Place, Roots},
    port::{Serial, Setting},
};

/// As much as is listened to: a minute of the fastest line would be more than a person reads.
const HEARD_MAX: usize = 64 * 1_024;
/// Bytes on one line of the listing.
const ROW: usize = 16;

/// What to listen to.
#[derive(Clone, Debug, Args)]
pub(super) struct ProbeArguments {
    /// The port, such as /dev/serial/by-id/…
    #[arg(value_name = "PORT")]
    port: PathBuf,
    /// Bits per second.
    #[arg(long, default_value_t = 9_600)]
    baud: u32,
    /// For how long.
    #[arg(long, value_name = "SECONDS", default_value_t = 5,
          value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
    /// Send the one documented question of this dialect first. Bytes are commands: only with
    /// `--disconnected`.
    #[arg(long, value_name = "DIALECT", requires = "disconnected")]
    dialect: Option<String>,
    /// Nothing is connected to the unit: no fibre, no handpiece, no coil.
    #[arg(long, requires = "dialect")]
    disconnected: bool,
}

/// Listens, lists what it heard and names it.
///
/// # Errors
/// If the port cannot be opened or fails.
pub(super) async fn run(arguments: ProbeArguments) -> anyhow::Result<ExitCode> {
    let ProbeArguments { port, baud, seconds, dialect, disconnected: _ } = arguments;
    let query = dialect.as_deref().map(query).transpose()?;
    let mut serial = open(&port, baud).await?;
    match query {
        Some(Query { bytes, what, .. }) => {
            say(&format!("sending one question, which {what}:\n{}", listing(bytes)))?;
            serial.write_all(bytes).await?;
        }
        None => say(&format!("listening for {seconds} s; nothing is sent"))?,
    }
    let mut heard = Vec::new();
    match timeout(Duration::from_secs(seconds), listen(&mut serial, &mut heard)).await {
        Err(_over) => {}
        Ok(listened) => listened?,
    }
    report(&heard)
}

fn query(dialect: &str) -> anyhow::Result<Query> {
    let found = QUERIES.into_iter().find(|query| query.dialect == dialect);
    let known = || QUERIES.map(|query| query.dialect).join(", ");
    found.with_context(|| {
        format!("no question of `{dialect}` is known to be harmless; there is one for {}", known())
    })
}

async fn open(port: &Path, baud: u32) -> anyhow::Result<Serial> {
    ensure!(port.is_absolute(), "{} is no absolute path", port.display());
    let setting = Setting {
        place: Place::Path(port.to_owned()),
        roots: Roots::default(),
        baud,
        parity: Parity::None,
        stop_bits: 1,
    };
    let opened = Serial::open(&setting, None).await;
    opened.with_context(|| format!("{} cannot be opened; does a gateway hold it?", port.display()))
}

/// Listens until somebody has enough, or as much was heard as is listened to.
async fn listen(serial: &mut Serial, heard: &mut Vec<u8>) -> anyhow::Result<()> {
    let mut buffer = [0; 512];
    while heard.len() < HEARD_MAX {
        match serial.read(&mut buffer).await {
            Ok(count) => heard.extend_from_slice(buffer.get(..count).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                bail!("the port hung up after {} bytes", heard.len())
            }
            Err(error) => return Err(error).context("the port failed"),
        }
    }
    Ok(())
}

/// Success if something was named.
fn report(heard: &[u8]) -> anyhow::Result<ExitCode> {
    if heard.is_empty() {
        say("nothing was heard. Most units speak only when they are spoken to.")?;
        return Ok(ExitCode::FAILURE);
    }
    say(&format!("{} bytes:\n{}", heard.len(), listing(heard)))?;
    let found = probe::name(heard);
    for each in &found {
        say(&match each.dialect {
            Some(dialect) => format!("{dialect}: {}", each.what),
            None => each.what.clone(),
        })?;
    }
    if found.is_empty() {
        say("nobody is known who speaks like this: another speed may make sense of it (--baud)")?;
    }
    Ok(if found.is_empty() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Bytes in hexadecimal, and beside them what of it is text.
fn listing(bytes: &[u8]) -> String {
    let row = |row: &[u8]| {
        let codes: Vec<_> = row.iter().map(|byte| format!("{byte:02X}")).collect();
        let letter = |byte: &u8| if byte.is_ascii_graphic() { char::from(*byte) } else { '.' };
        let text: String = row.iter().map(letter).collect();
        format!("  {:width$}  {text}", codes.join(" "), width = ROW * 3)
    };
    bytes.chunks(ROW).map(row).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_listed_beside_their_text() {
        assert_eq!(
            listing(b"J0702\r").split_whitespace().collect::<Vec<_>>().join(" "),
            "4A 30 37 30 32 0D J0702."
        );
    }

    #[test]
    fn only_a_dialect_with_a_harmless_question_is_asked() {
        assert_eq!(query("maiman").unwrap().bytes, b"J0702\r");
        let error = query("ascii-line").unwrap_err().to_string();
        assert!(error.contains("maiman, arroyo, magstim, magventure"), "{error}");
    }
}
