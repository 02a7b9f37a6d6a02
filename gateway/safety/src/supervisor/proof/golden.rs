//! Every state with every input, as a table that a person can read.

use std::{env, format, fs, path::Path, string::String, vec::Vec};

use crate::{Demand, Input, Laser, Pemf, Stimulator, Terms};

use super::{
    bench::{Bench, Sample, TICK, chunked},
    explore::{Letter, letters, take},
    invariants::Story,
};

/// LAS-01: the table of all transitions, and of nothing else.
#[test]
fn the_transitions_are_those_of_the_golden_table() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/transitions.txt");
    let table = [
        table("Laser", Laser::terms()),
        table("Pemf", Pemf::terms()),
        table("Stimulator", Stimulator::terms()),
        table("Pemf in chunks", chunked()),
    ];
    let table = table.concat();
    if env::var_os("UPDATE_GOLDEN").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &table).unwrap();
    }
    let golden = fs::read_to_string(&path).unwrap();
    let mut differs: Vec<String> = Vec::new();
    let (mut is, mut was) = (table.lines(), golden.lines());
    loop {
        match (was.next(), is.next()) {
            (None, None) => break,
            (was, is) if was == is => {}
            (was, is) => differs.push(format!("-{}\n+{}", was.unwrap_or(""), is.unwrap_or(""))),
        }
    }
    let shown = differs.iter().take(20).map(String::as_str).collect::<Vec<_>>().join("\n");
    assert!(
        differs.is_empty(),
        "{} lines differ from golden/transitions.txt; if each is meant, UPDATE_GOLDEN=1 rewrites \
         it\n{shown}",
        differs.len()
    );
}

fn table<M: Sample>(name: &str, terms: Terms<M>) -> String {
    let mut table = String::new();
    for (state, bench) in states::<M>(terms) {
        let from = Story::new(bench.supervisor, bench.now.after(TICK));
        let mut idle = from;
        idle.step(idle.now, Input::Wake).unwrap();
        table.push_str(&format!("{name} {state}: {}\n", picture(&idle)));
        for letter in letters(&terms) {
            let mut to = idle;
            let refusal = refusal(&idle, letter);
            take(&mut to, letter).unwrap();
            let seen = match picture(&to) {
                _ if to.supervisor == idle.supervisor => String::from("no change"),
                same if same == picture(&idle) => String::from("as before"),
                other => other,
            };
            let outcome = refusal.map_or(String::new(), |refusal| format!("{refusal}, "));
            table.push_str(&format!("  {:<26} {outcome}{seen}\n", format!("{letter:?}")));
        }
        table.push('\n');
    }
    table
}

/// What is refused to a letter that is one request.
fn refusal<M: Sample>(story: &Story<M>, letter: Letter) -> Option<String> {
    let input = super::explore::request(story, letter)?;
    let mut asked = story.supervisor;
    asked.step(story.now, input).err().map(|refusal| format!("{refusal:?}"))
}

/// A state, its order and what goes with it, in one line.
fn picture<M: Sample>(story: &Story<M>) -> String {
    let one = &story.supervisor;
    let phase = format!("{:?}", one.phase);
    let phase = phase.split(' ').next().unwrap_or_default();
    let then = if format!("{:?}", one.phase).contains("then: Paused") { "(pause)" } else { "" };
    let order = match one.order().demand() {
        Demand::Off => "off",
        Demand::Prepare(_) => "prepare",
        Demand::Warn(_) => "warn",
        Demand::Emit { .. } => "EMIT",
    };
    let causes: Vec<_> = one.causes.iter().map(|latched| latched.cause).collect();
    let session = match (one.session, one.ended()) {
        (Some(session), _) => match session.end {
            Some(end) => format!("session over by {end:?}"),
            None => String::from("session"),
        },
        (None, Some(ended)) => format!("{:?} by {:?}", ended.outcome, ended.end),
        (None, None) => String::from("no session"),
    };
    let charging = if one.may_emit() { ", charging" } else { "" };
    let stray = if one.stray() == M::Dose::default() { "" } else { ", stray" };
    let run = match one.session.and_then(|session| session.runs) {
        Some(runs) if runs.is_open() => ", run in flight",
        Some(_) | None => "",
    };
    let slice = if one.reserve().is_some() { ", asks for a slice" } else { "" };
    let relay = if one.relay_closed() { "" } else { ", relay open" };
    format!("{phase}{then} -> {order}, {session}{run}{slice}{charging}{stray}{relay} {causes:?}")
}

fn states<M: Sample>(terms: Terms<M>) -> Vec<(&'static str, Bench<M>)> {
    let after = |mut bench: Bench<M>, inputs: &[Input<M>]| {
        for input in inputs {
            bench.must(*input);
        }
        bench
    };
    let lock = |cause| Input::Lock(cause);
    let mut settling = after(Bench::emitting_on(terms), &[Input::Stop]);
    settling.poll();
    let mut locked = after(Bench::emitting_on(terms), &[lock(crate::Cause::Deviation)]);
    locked.poll();
    std::vec![
        ("closed", Bench::on_terms(terms)),
        ("opened", after(Bench::on_terms(terms), &[Input::Opened])),
        ("standby", Bench::standby_on(terms)),
        ("confirmed", Bench::confirmed_on(terms)),
        ("ready", Bench::ready_on(terms)),
        ("warning", Bench::warning_on(terms)),
        ("emitting", Bench::emitting_on(terms)),
        ("pausing", {
            let mut bench = Bench::emitting_on(terms);
            bench.command(crate::Command::Pause).unwrap();
            bench
        }),
        ("paused", {
            let mut bench = Bench::emitting_on(terms);
            bench.pause();
            bench
        }),
        ("stopping", after(Bench::emitting_on(terms), &[Input::Stop])),
        ("settling", settling),
        ("locked while stopping", after(Bench::emitting_on(terms), &[lock(crate::Cause::StopAll)])),
        ("locked and off", locked),
        ("lost", after(Bench::emitting_on(terms), &[Input::Closed])),
    ]
}
