//! Without any one number of the library or of the unit, nothing is admitted.

use safety::{
    Area, AreaFluence, Dose, Fluence, Frequency, Gate, Laser, LaserPrescription, Nanos, Pemf,
    Power, Technique, check,
};

use crate::table::{
    all_overridden, fresh, joules, laser_limits, neck, occiput, pemf_limits, permille,
};

/// A laser prescription that asks every limit of its technique.
fn thorough(stationary: bool) -> LaserPrescription {
    let mut asked = neck();
    asked.gate =
        Gate::Pulsed { frequency: Frequency::from_millihertz(20_000), duty: permille(500) };
    if stationary {
        asked.power = Power::from_milliwatts(500);
        asked.spot = Area::from_square_millimetres(1_000);
        asked.technique = Technique::Stationary { points: 4, dwell: Nanos::from_secs(60) };
        asked.fluence = AreaFluence::Spot(Fluence::from_microjoules_per_cm2(10_000_000));
        asked.dose = Dose { quantity: joules(120), time: Nanos::from_secs(240) };
    }
    asked
}

/// Whatever is overridden (DOS-03, CFG-09).
#[test]
fn removing_any_bound_of_a_laser_refuses() {
    macro_rules! remove {
        ($($asked:expr => $($field:ident).+;)*) => {$(
            let mut limits = laser_limits();
            let mut asked = $asked;
            asked.overrides = all_overridden();
            assert!(check::<Laser>(&asked, &limits, &fresh()).admitted().is_some());
            limits.$($field).+ = None;
            let refused = check::<Laser>(&asked, &limits, &fresh()).admitted().is_none();
            assert!(refused, "without {}", stringify!($($field).+));
        )*};
    }
    let (scan, rest) = (thorough(false), thorough(true));
    remove! {
        scan => library.cervical.power.soft;
        scan => library.cervical.power.hard;
        scan => library.cervical.spot.soft;
        scan => library.cervical.spot.hard;
        scan => library.cervical.irradiance.soft;
        scan => library.cervical.irradiance.hard;
        scan => library.cervical.skin_exposure.soft;
        scan => library.cervical.skin_exposure.hard;
        rest => library.cervical.spot_fluence.soft;
        rest => library.cervical.spot_fluence.hard;
        scan => library.cervical.field_fluence.soft;
        scan => library.cervical.field_fluence.hard;
        rest => library.cervical.effective_spot_fluence;
        scan => library.cervical.effective_field_fluence;
        scan => library.cervical.energy.soft;
        scan => library.cervical.energy.hard;
        scan => library.cervical.time.soft;
        scan => library.cervical.time.hard;
        scan => library.cervical.sessions.soft;
        scan => library.cervical.sessions.hard;
        scan => library.cervical.interval;
        scan => library.everywhere.visit_energy.soft;
        scan => library.everywhere.visit_energy.hard;
        scan => library.everywhere.day_energy.soft;
        scan => library.everywhere.day_energy.hard;
        scan => library.everywhere.visit_time.soft;
        scan => library.everywhere.visit_time.hard;
        scan => library.everywhere.week_sessions.soft;
        scan => library.everywhere.week_sessions.hard;
        scan => library.everywhere.course_sessions.soft;
        scan => library.everywhere.course_sessions.hard;
        scan => library.everywhere.ramp.soft;
        scan => library.everywhere.ramp.hard;
        scan => library.everywhere.gate_frequency_low;
        scan => library.everywhere.gate_frequency_high;
        scan => library.everywhere.duty_low;
        scan => library.everywhere.duty_high;
        scan => library.everywhere.needling_interval;
        scan => library.everywhere.trip_interval;
        scan => unit.power;
        scan => unit.power_step;
        scan => unit.peak_power;
        scan => unit.mix;
        scan => unit.gate;
        scan => unit.rise;
        scan => unit.optical_density;
        scan => unit.calibration_days;
    }
}

/// The same for a field (DOS-03, CFG-09).
#[test]
fn removing_any_bound_of_a_field_refuses() {
    macro_rules! remove {
        ($($($field:ident).+;)*) => {$(
            let mut limits = pemf_limits();
            let mut asked = occiput();
            asked.overrides = all_overridden();
            assert!(check::<Pemf>(&asked, &limits, &fresh()).admitted().is_some());
            limits.$($field).+ = None;
            let refused = check::<Pemf>(&asked, &limits, &fresh()).admitted().is_none();
            assert!(refused, "without {}", stringify!($($field).+));
        )*};
    }
    remove! {
        library.head_neck.flux.soft;
        library.head_neck.flux.hard;
        library.head_neck.effective_flux;
        library.head_neck.nerve.soft;
        library.head_neck.nerve.hard;
        library.head_neck.exposure.soft;
        library.head_neck.exposure.hard;
        library.everywhere.frequency_low.soft;
        library.everywhere.frequency_low.hard;
        library.everywhere.frequency_high.soft;
        library.everywhere.frequency_high.hard;
        library.everywhere.session_time.soft;
        library.everywhere.session_time.hard;
        library.everywhere.effective_time;
        library.everywhere.day_time.soft;
        library.everywhere.day_time.hard;
        library.everywhere.week_sessions.soft;
        library.everywhere.week_sessions.hard;
        library.everywhere.trip_interval;
        unit.flux;
        unit.flux_step;
        unit.frequency;
        unit.frequency_step;
        unit.duty;
        unit.duty_step;
        unit.slew;
        unit.slew_step;
        unit.applicator;
        unit.calibration_days;
    }
}
