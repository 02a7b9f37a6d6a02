//! A folder of configuration for any number of simulated units: the shipped one, many times.

use std::{
    fs,
    path::{Path, PathBuf},
};

use gateway::{clock, demo, directory::Modality};
use simulated_units::{Plan, Unit};

/// The name of the unit at `place`.
pub(crate) fn name(place: usize) -> String {
    format!("unit-{place:02}")
}

/// The simulated unit at `place`, switched on now.
pub(crate) fn unit(modality: Modality, place: usize, change: impl FnOnce(Plan) -> Plan) -> Unit {
    let plan = demo::built(modality, &serial(place));
    let now = clock::now().since_boot();
    Unit::new(change(plan), u64::try_from(place).unwrap_or(0), now)
}

/// Writes a configuration whose units of one kind are at `ports`, in their order.
pub(crate) fn write(folder: &Path, modality: Modality, ports: &[PathBuf]) -> anyhow::Result<()> {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../config");
    let settings = fs::read_to_string(shipped.join("gateway.toml"))?;
    let settings = ["127.0.0.1:50051", "127.0.0.1:1883", "127.0.0.1:9464"]
        .iter()
        .try_fold(settings, |text, address| swap(&text, address, "127.0.0.1:0"))?;
    let data = folder.join("data");
    let settings = swap(&settings, "/var/lib/therapy-gateway", &data.to_string_lossy())?;
    // A stop is a warning; here there are thousands.
    let settings = swap(&settings, "filter = \"info", "filter = \"error")?;
    fs::write(folder.join("gateway.toml"), settings)?;
    for same in ["rooms.toml", "limits.toml"] {
        fs::copy(shipped.join(same), folder.join(same))?;
    }
    let (file, old_name, old_serial) = match modality {
        Modality::Laser => ("laser-a.toml", "laser-a", "OL15-0001"),
        Modality::Pemf => ("pemf-a.toml", "pemf-a", "RING-0001"),
        Modality::Stimulator => anyhow::bail!("no stimulator is shipped"),
    };
    let unit = fs::read_to_string(shipped.join("units").join(file))?;
    fs::create_dir_all(folder.join("units"))?;
    for (place, port) in ports.iter().enumerate() {
        let old_port = format!("/run/therapy-gateway/simulated/{old_name}");
        let text = swap(&unit, &old_port, &port.to_string_lossy())?;
        let text = swap(&text, &format!("\"{old_name}\""), &format!("\"{}\"", name(place)))?;
        let text = swap(&text, old_serial, &serial(place))?;
        fs::write(folder.join("units").join(format!("{}.toml", name(place))), text)?;
    }
    Ok(())
}

fn serial(place: usize) -> String {
    format!("FIG-{place:04}")
}

fn swap(text: &str, old: &str, new: &str) -> anyhow::Result<String> {
    anyhow::ensure!(text.contains(old), "the shipped configuration has no {old} any more");
    Ok(text.replace(old, new))
}
