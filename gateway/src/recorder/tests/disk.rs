//! The recorder's thread: to the end, without room, and behind.

use std::{
    fs::{self, File},
    io::BufReader,
    path::Path,
    sync::mpsc::sync_channel,
    time::Duration,
};

use super::*;
use crate::{
    clock,
    recorder::{Recorder, Setting, records_in, tape::Tape},
};

fn setting(folder: &Path) -> Setting {
    let folder = folder.join("records");
    Setting { folder, keep_bytes: 1_000_000, keep_days: 1, reserve_bytes: 0 }
}

fn open(folder: &Path) -> Record<BufReader<File>> {
    let paths = records_in(&folder.join("records")).unwrap();
    Record::open(BufReader::new(File::open(paths.last().unwrap()).unwrap())).unwrap()
}

/// Tells a clinic a story, with a tape at its side.
fn tell(tape: &mut Tape, clinic: &mut Clinic, story: &[Happening]) {
    let mut effects = Vec::new();
    for (happening, step) in story.iter().zip(1..) {
        let now = at(50 * step);
        tape.happens(now, happening);
        clinic.step(now, happening.clone(), &mut effects);
        for effect in effects.drain(..) {
            tape.follows(&effect, clinic);
        }
        tape.done();
        tape.turn();
    }
}

fn wait_for(what: &str, mut is: impl FnMut() -> bool) {
    let until = clock::now().after(Nanos::from_secs(30));
    while !is() {
        assert!(clock::now() < until, "{what} did not come");
        std::thread::park_timeout(Duration::from_millis(5));
    }
}

#[test]
fn what_the_control_thread_tells_is_on_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let config = config();
    let head = head(&config);
    let dialects = Dialects(config.dialects());
    let recorder = Recorder::start(setting(folder.path()), &head, dialects.clone()).unwrap();
    let Recorder { mut tape, recording, thread } = recorder;
    tell(&mut tape, &mut made(&config, &seed(5)), &short_life());
    assert!(recording.is_on());
    drop(tape);
    thread.join();
    let mut record = open(folder.path());
    let mut clinic = made(&config, &seed(5));
    let replayed = replay(&mut record, &mut clinic, &dialects, |_| Ok(())).unwrap();
    assert_eq!(replayed.steps, u64::try_from(short_life().len()).unwrap());
    assert_eq!((record.end(), record.torn()), (Some(End::Left), None));
    assert!(recording.bytes() > 0 && !recording.is_on());
}

/// Neither size nor space is exceeded, and neither keeps anybody from going on.
#[test]
fn a_record_gives_way() {
    for (keep_bytes, reserve_bytes, expected) in
        [(10, 0, End::Full), (1_000_000, u64::MAX / 4, End::LowSpace)]
    {
        let folder = tempfile::tempdir().unwrap();
        let config = config();
        let setting = Setting { keep_bytes, reserve_bytes, ..setting(folder.path()) };
        let before = setting.folder.join("0000000001-20200101T000000Z.record");
        fs::create_dir(&setting.folder).unwrap();
        fs::write(&before, [0; 100]).unwrap();
        let started = Recorder::start(setting, &head(&config), Dialects(config.dialects()));
        let Recorder { mut tape, recording, thread } = started.unwrap();
        let mut clinic = made(&config, &seed(5));
        tell(&mut tape, &mut clinic, &short_life()[..3]);
        if expected == End::LowSpace {
            // One record goes at a look, and looks are seconds apart.
            assert!(recording.is_on());
        }
        wait_for("the end of the record", || {
            tell(&mut tape, &mut clinic, &[]);
            !recording.is_on()
        });
        tell(&mut tape, &mut clinic, &short_life()[3..]);
        drop(tape);
        thread.join();
        assert!(!before.exists(), "an older record goes first");
        let mut record = open(folder.path());
        while record.step().unwrap().is_some() {}
        assert_eq!(record.end(), Some(expected));
    }
}

/// A disk that does not keep up costs the rest of the record, and never a step of the clinic: what was
/// handed over before replays.
#[test]
fn a_step_that_finds_no_place_ends_the_record() {
    let config = config();
    let (full, chunks) = sync_channel(2);
    let (pool, empty) = sync_channel(2);
    for _ in 0..2 {
        pool.try_send(Vec::new()).unwrap();
    }
    let gauge = std::sync::Arc::<crate::recorder::tape::Gauge>::default();
    let own = std::sync::Arc::clone(&gauge);
    let mut tape = Tape::new(empty, full, own, Dialects(config.dialects()));
    let mut clinic = made(&config, &seed(5));
    let mut story = short_life();
    // Each of these is more than a chunk.
    let long = Happening::Bytes(LineId(1), vec![0x55; 40_000]);
    story.splice(4..4, [long.clone(), long.clone(), long]);
    tell(&mut tape, &mut clinic, &story);
    assert!(gauge.gap.load(std::sync::atomic::Ordering::Relaxed));
    drop(tape);

    let mut reel = Reel::begin(Vec::new(), &head(&config), 0).unwrap();
    let handed: Vec<_> = chunks.try_iter().collect();
    assert_eq!(handed.len(), 2);
    for chunk in handed {
        reel.steps(0, &chunk).unwrap();
    }
    let file = reel.end(0, End::Gap).unwrap();
    let steps = replayed(&file, &mut made(&config, &seed(5))).unwrap().steps;
    assert_eq!(steps, 5, "two that were old enough, and three that filled a chunk");
}
