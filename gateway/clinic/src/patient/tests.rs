//! Windows of a patient, against sums that are worked out by hand and one that is counted anew.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that fails may panic"
)]

use alloc::vec::Vec;

use safety::{
    Dose, Energy, Exposure, Instant, Laser, LaserDose, Nanos, Pemf, Pulses, Region, Remaining,
    Side, Since, Site, Sites, Stimulator, StimulatorDose,
};

use super::{Course, DAY, GIVEN_MAX, Given, PATIENTS_MAX, Patients, Stretch, WEEK};
use crate::{AnyDose, PatientKey, UnitId};

const HOUR: Nanos = Nanos::from_secs(3_600);

fn anna() -> PatientKey {
    PatientKey::new("clinic-a", "anna").unwrap()
}

fn bert() -> PatientKey {
    PatientKey::new("clinic-a", "bert").unwrap()
}

/// So many hours after the patient first came.
fn at(hours: u64) -> Instant {
    Instant::from_boot(0).after(HOUR.times(hours))
}

fn joules(count: u64) -> LaserDose {
    Dose { quantity: Energy::from_millijoules(count * 1_000), time: Nanos::from_secs(count) }
}

fn light(count: u64) -> AnyDose {
    AnyDose::Laser(joules(count))
}

fn field(count: u64) -> AnyDose {
    let quantity = Exposure::from_microtesla_seconds(count);
    AnyDose::Pemf(Dose { quantity, time: Nanos::from_secs(count) })
}

fn stimulation(pulses: u64, millijoules: u64) -> StimulatorDose {
    StimulatorDose {
        pulses: Pulses::from_whole(pulses),
        energy: Energy::from_millijoules(millijoules),
        time: Nanos::from_millis(pulses * 100),
    }
}

/// So many pulses of 76.23 J.
fn trains(pulses: u64) -> AnyDose {
    AnyDose::Stimulator(stimulation(pulses, pulses * 76_230))
}

fn site(region: Region, side: Side) -> Site {
    Site::new(region, side).unwrap()
}

fn neck() -> Site {
    site(Region::PosteriorNeck, Side::Left)
}

fn given(hours: u64, sites: &[Site], charged: AnyDose) -> Given {
    let (end, sites) = (at(hours), Some(sites.iter().copied().collect()));
    Given { sites, charged, leaves_day: end.after(DAY), leaves_week: end.after(WEEK) }
}

fn only(site: Site) -> Sites {
    Sites::NONE.with(site)
}

impl Patients {
    fn had(&mut self, hours: u64, patient: PatientKey, site: Site, charged: AnyDose) {
        self.reached(hours, patient, &[site], charged);
    }

    /// A session whose field lay on all of these sites.
    fn reached(&mut self, hours: u64, patient: PatientKey, sites: &[Site], charged: AnyDose) {
        self.settle(at(hours), patient, given(hours, sites, charged));
    }

    fn light(&self, now: Instant, site: Site) -> Remaining<Laser> {
        self.remaining(now, &anna(), only(site))
    }
}

/// DOS-09, SES-15: what was given counts for 24 hours against doses and for 7 days against their number, to
/// the last nanosecond.
#[test]
fn a_session_leaves_each_window_when_it_is_over() {
    let mut patients = Patients::default();
    patients.had(1, anna(), neck(), light(30));
    let just_before = |hours| Instant::from_boot(at(hours).since_boot() - 1);
    for (now, day, week) in [
        (at(1), 30, 1),
        (just_before(25), 30, 1),
        (at(25), 0, 1),
        (just_before(169), 0, 1),
        (at(169), 0, 0),
    ] {
        let remaining = patients.light(now, neck());
        let spent = (remaining.site, remaining.visit, remaining.day);
        assert_eq!(spent, (Some(joules(day)), Some(joules(day)), Some(joules(day))), "{now:?}");
        assert_eq!(remaining.site_sessions, Some(u32::from(day > 0)));
        assert_eq!((remaining.week_sessions, remaining.course_sessions), (Some(week), Some(1)));
    }
}

/// A session at the site counts whole, one beside it by half and rounded up, one elsewhere not; all
/// of them count for the day.
#[test]
fn a_neighbour_counts_by_half() {
    let mut patients = Patients::default();
    let (beside, elsewhere) =
        (site(Region::Suboccipital, Side::Left), site(Region::Temple, Side::Right));
    assert!(neck().borders(beside) && !neck().borders(elsewhere));
    let odd = AnyDose::Laser(Dose { quantity: Energy::from_picojoules(5), ..joules(0) });
    patients.had(1, anna(), neck(), light(100));
    patients.had(2, anna(), beside, light(10));
    patients.had(2, anna(), beside, odd);
    patients.had(3, anna(), elsewhere, light(1));
    let remaining = patients.light(at(4), neck());
    let picojoules = |whole: u64, more| Energy::from_picojoules(whole * 1_000_000_000_000 + more);
    assert_eq!(remaining.site.unwrap().quantity, picojoules(105, 3));
    assert_eq!(remaining.day.unwrap().quantity, picojoules(111, 5));
    assert_eq!((remaining.site_sessions, remaining.week_sessions), (Some(1), Some(4)));
}

/// DOS-14: a site that the field touched is charged in full, one beside any part of the field by
/// half; a field that lies on two sites is held against the one where more was given, in each
/// respect.
#[test]
fn a_site_that_the_field_touches_is_charged_in_full() {
    let mut patients = Patients::default();
    let below = site(Region::Suboccipital, Side::Left);
    let (occiput, temple) = (site(Region::Occiput, Side::Left), site(Region::Temple, Side::Left));
    assert!(below.borders(occiput) && !neck().borders(occiput));
    patients.reached(1, anna(), &[neck(), below], light(100));
    patients.trip(at(1), &anna(), [neck(), below].into_iter().collect());
    let spent = |here| patients.light(at(4), here).site.unwrap().quantity;
    assert_eq!(spent(neck()), joules(100).quantity);
    assert_eq!(spent(below), joules(100).quantity);
    assert_eq!(spent(occiput), joules(50).quantity, "it lies beside what was touched");
    assert_eq!(spent(temple), joules(0).quantity);
    assert_eq!(patients.light(at(4), neck()).day, Some(joules(100)), "once, not twice");
    let touched = patients.light(at(4), below);
    assert_eq!((touched.site_sessions, touched.week_sessions), (Some(1), Some(1)));
    assert_eq!(touched.site_last, Some(Since::Ago(HOUR.times(3))));
    assert_eq!(touched.trip, Some(Since::Ago(HOUR.times(3))), "it got as hot there");
    patients.had(3, anna(), temple, light(7));
    let both = [occiput, temple].into_iter().collect();
    let over: Remaining<Laser> = patients.remaining(at(4), &anna(), both);
    assert_eq!(over.site, Some(joules(50)), "the most that either has");
    assert_eq!(over.site_sessions, Some(1), "the temple has one");
    assert_eq!(over.site_last, Some(Since::Ago(HOUR)));
}

/// Light, field and pulses are never added, and no patient is charged for another.
#[test]
fn each_patient_and_each_modality_has_its_own() {
    let mut patients = Patients::default();
    patients.had(1, anna(), neck(), light(30));
    patients.had(1, anna(), neck(), field(7));
    patients.had(1, anna(), neck(), trains(9));
    patients.had(1, bert(), neck(), light(5));
    assert_eq!(patients.light(at(2), neck()).day, Some(joules(30)));
    let of_pulses: Remaining<Stimulator> = patients.remaining(at(2), &anna(), only(neck()));
    assert_eq!(AnyDose::Stimulator(of_pulses.day.unwrap()), trains(9));
    assert_eq!((of_pulses.week_sessions, of_pulses.course_sessions), (Some(1), Some(1)));
    let of_field: Remaining<Pemf> = patients.remaining(at(2), &anna(), only(neck()));
    assert_eq!(AnyDose::Pemf(of_field.day.unwrap()), field(7));
    assert_eq!((of_field.week_sessions, of_field.course_sessions), (Some(1), Some(1)));
    assert_eq!(patients.course(&anna()), Course { laser: 1, pemf: 1, stimulator: 1 });
    assert_eq!(patients.course(&bert()), Course { laser: 1, ..Course::default() });
}

/// Pulses and joules stand in their windows side by side: whole at the site, by half and rounded up
/// beside it, and whole for the day wherever it was (DOS-09).
#[test]
fn pulses_and_joules_of_a_stimulator_stand_in_their_windows() {
    let mut patients = Patients::default();
    let forearm = site(Region::Forearm, Side::Left);
    let (beside, elsewhere) = (site(Region::Hand, Side::Left), site(Region::Knee, Side::Left));
    assert!(forearm.borders(beside) && !forearm.borders(elsewhere));
    patients.had(1, anna(), forearm, trains(450));
    patients.had(2, anna(), beside, AnyDose::Stimulator(stimulation(9, 1_001)));
    patients.had(3, anna(), elsewhere, trains(1));
    let remaining: Remaining<Stimulator> = patients.remaining(at(4), &anna(), only(forearm));
    let day = remaining.day.unwrap();
    assert_eq!(day.pulses, Pulses::from_whole(460));
    assert_eq!(day.energy, Energy::from_millijoules(451 * 76_230 + 1_001));
    let here = remaining.site.unwrap();
    assert_eq!(here.pulses, Pulses::from_picopulses(454_500_000_000_000));
    assert_eq!(here.energy, Energy::from_microjoules(450 * 76_230_000 + 500_500));
    assert_eq!(remaining.visit, remaining.day);
    assert_eq!((remaining.site_sessions, remaining.week_sessions), (Some(1), Some(3)));
    assert_eq!(remaining.course_sessions, Some(3));
    let later: Remaining<Stimulator> = patients.remaining(at(27), &anna(), only(forearm));
    assert_eq!(later.day, Some(StimulatorDose::default()));
    assert_eq!((later.week_sessions, later.course_sessions), (Some(3), Some(3)));
}

/// SES-15: the interval at a site runs from its newest session, in whatever order they were told.
#[test]
fn the_newest_session_at_a_site_is_the_last() {
    let mut patients = Patients::default();
    assert_eq!(patients.light(at(2), neck()).site_last, Some(Since::Never));
    for hours in [3, 9, 5] {
        patients.add(at(9), anna(), given(hours, &[neck()], light(1)));
    }
    patients.add(at(9), anna(), given(9, &[site(Region::Temple, Side::Left)], light(1)));
    assert_eq!(patients.light(at(10), neck()).site_last, Some(Since::Ago(HOUR)));
}

/// A trip at one site is remembered whatever happens at another.
#[test]
fn trips_at_two_sites_are_two() {
    let mut patients = Patients::default();
    let temple = site(Region::Temple, Side::Left);
    patients.trip(at(1), &anna(), only(neck()));
    patients.trip(at(2), &anna(), only(temple));
    assert_eq!(patients.since_trip(at(3), &anna(), neck()), Some(HOUR.times(2)));
    assert_eq!(patients.since_trip(at(3), &anna(), temple), Some(HOUR));
    assert_eq!(patients.since_trip(at(3), &bert(), temple), None);
}

/// Nothing that counts is forgotten to make room: whoever had too many sessions gets no other.
#[test]
fn nothing_that_counts_gives_way() {
    let mut patients = Patients::default();
    for _ in 0..GIVEN_MAX {
        assert!(patients.has_room_for(at(1), &anna()));
        patients.had(1, anna(), neck(), light(1));
    }
    assert!(!patients.has_room_for(at(168), &anna()));
    assert!(patients.has_room_for(at(168), &bert()));
    let all = u64::try_from(GIVEN_MAX).unwrap();
    assert_eq!(patients.light(at(2), neck()).day, Some(joules(all)));
    assert!(patients.has_room_for(at(169), &anna()), "a week is over");
}

/// A gateway that knows as many patients as it can takes no stranger.
#[test]
fn a_stranger_is_refused_when_all_places_are_taken() {
    let mut patients = Patients::default();
    for number in 0..PATIENTS_MAX {
        let key = PatientKey::new("clinic-a", &alloc::format!("{number}")).unwrap();
        patients.set_course(key, Course::default());
    }
    assert!(!patients.has_room_for(at(1), &anna()));
    let known = PatientKey::new("clinic-a", "0").unwrap();
    assert!(patients.has_room_for(at(1), &known));
}

/// Promise 2: what a unit gave its last patient without a session counts at every site and for the
/// day, as it grows, and is no session.
#[test]
fn a_stray_dose_counts_at_every_site() {
    let mut patients = Patients::default();
    let temple = site(Region::Temple, Side::Left);
    let stretch = |unit, number, charged| Stretch {
        unit: UnitId(unit),
        number,
        patient: anna(),
        charged: light(charged),
    };
    patients.had(1, anna(), neck(), light(100));
    patients.stray(at(2), stretch(1, 1, 3));
    patients.stray(at(3), stretch(1, 1, 5));
    patients.stray(at(3), stretch(1, 2, 7));
    patients.stray(at(4), stretch(2, 1, 11));
    let (here, there) = (patients.light(at(5), neck()), patients.light(at(5), temple));
    assert_eq!(here.site.unwrap().quantity, joules(123).quantity);
    assert_eq!(there.site.unwrap().quantity, joules(23).quantity);
    assert_eq!(here.day.unwrap().quantity, joules(123).quantity);
    assert_eq!(
        (here.site_sessions, here.week_sessions, there.site_sessions),
        (Some(1), Some(1), Some(0))
    );
    assert_eq!(there.site_last, Some(Since::Ago(HOUR)));
    assert_eq!(patients.light(at(27), temple).site, Some(joules(11)), "two ended at three");
    let of_bert: Remaining<Laser> = patients.remaining(at(5), &bert(), only(temple));
    assert_eq!(of_bert.day, Some(joules(0)));
    assert_eq!(patients.light(at(28 + 168), neck()).site_last, Some(Since::Never));
}

/// An open mark locks its patient until its own unit is reconciled.
#[test]
fn a_mark_stands_until_its_unit_is_reconciled() {
    let mut patients = Patients::default();
    patients.mark(Some(UnitId(1)), anna());
    patients.mark(Some(UnitId(2)), anna());
    patients.reconcile(UnitId(1));
    assert!(patients.is_marked(&anna()) && !patients.is_marked(&bert()));
    patients.reconcile(UnitId(2));
    assert!(!patients.is_marked(&anna()));
}

/// DOS-09: over many sessions at many times and places, each sum is what adding up anew gives.
#[test]
fn windows_are_what_counting_anew_gives() {
    let sites = [
        neck(),
        site(Region::PosteriorNeck, Side::Right),
        site(Region::Suboccipital, Side::Left),
        site(Region::Temple, Side::Right),
    ];
    let mut chance = 7_u64;
    let mut next = |below: u64| {
        chance =
            chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (chance >> 33) % below
    };
    let (mut patients, mut all, mut hours) = (Patients::default(), Vec::new(), 0);
    for _ in 0..400 {
        hours += next(9);
        let mut draw = || sites[usize::try_from(next(4)).unwrap()];
        let (place, other) = (draw(), draw());
        let dose = next(50) * 2;
        patients.reached(hours, anna(), &[place, other], light(dose));
        all.push((hours, [place, other], dose));
        let now = hours + next(3);
        for here in sites {
            let within = |window: u64| all.iter().filter(move |(end, ..)| now < end + window);
            let day: u64 = within(24).map(|(_, _, dose)| dose).sum();
            let touches = |field: &[Site]| field.contains(&here);
            let borders = |field: &[Site]| field.iter().any(|own| own.borders(here));
            let at_site: u64 =
                within(24).filter(|(_, field, _)| touches(field)).map(|one| one.2).sum();
            let beside = within(24).filter(|(_, field, _)| !touches(field) && borders(field));
            let beside: u64 = beside.map(|one| one.2).sum();
            let remaining = patients.light(at(now), here);
            assert_eq!(remaining.day.unwrap().quantity, joules(day).quantity);
            assert_eq!(remaining.site.unwrap().quantity, joules(at_site + beside / 2).quantity);
            assert_eq!(remaining.week_sessions, u32::try_from(within(168).count()).ok());
        }
    }
}
