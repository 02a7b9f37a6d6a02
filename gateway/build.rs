//! Names the build by what decides in it, so that a record is replayed by the one that wrote it.
//!
//! The name is a hash over every source file of the packages that decide or record, the locked
//! versions of all others, and the compiler. It knows no commit and no path: the same sources built
//! elsewhere have the same name.

use std::{
    env,
    error::Error,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use sha2::{Digest, Sha256};

/// What is hashed, relative to this package.
const SOURCES: [&str; 7] = [
    "../Cargo.lock",
    "../Cargo.toml",
    "../device-drivers/src",
    "Cargo.toml",
    "clinic/src",
    "safety/src",
    "src",
];

fn main() -> Result<(), Box<dyn Error>> {
    let mut hash = Sha256::new();
    for source in SOURCES {
        println!("cargo::rerun-if-changed={source}");
        for file in files(Path::new(source))? {
            let bytes = fs::read(&file)?;
            hash.update(format!("{}\0{}\0", file.display(), bytes.len()));
            hash.update(&bytes);
        }
    }
    let compiler = env::var_os("RUSTC").ok_or("cargo names no compiler")?;
    hash.update(Command::new(compiler).arg("--version").output()?.stdout);
    let name: String = hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    println!("cargo::rustc-env=THERAPY_GATEWAY_SOURCES={name}");
    Ok(())
}

/// All files at or below a path, in the order of their names.
fn files(path: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    if path.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    let mut paths = Vec::new();
    for entry in fs::read_dir(path)? {
        paths.push(entry?.path());
    }
    paths.sort();
    let mut all = Vec::new();
    for path in paths {
        all.extend(files(&path)?);
    }
    Ok(all)
}
