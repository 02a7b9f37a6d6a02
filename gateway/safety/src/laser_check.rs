//! Checks a laser prescription.

use crate::{
    ceiling,
    check::Checked,
    decision::Limit,
    laser::{Gate, Laser, LaserLevel, WAVELENGTHS_MAX},
    laser_limits::{GateRange, LaserUnit, MixRange},
    limits::{Limits, Raw, Remaining, Row},
    modality::{LaserDose, Modality},
    prescription::{Answer, AreaFluence, LaserPrescription, Others, SkinType, Technique},
    quantity::{Energy, Frequency, Permille, Power, over},
    question::{Decisions, Question},
    root::{least, quotient_down, quotient_up},
    site::Site,
    skin::{Beam, Tolerance, short_content},
    step::{narrow, quantise, quantise_to},
    time::Nanos,
};

/// Checks `prescription` against `limits` and what is left of them.
pub(crate) fn check(
    prescription: &LaserPrescription,
    limits: &Limits<Laser>,
    remaining: &Remaining<Laser>,
) -> Checked<Laser> {
    let mut check = Check::new(prescription, limits, remaining);
    check.people();
    let level = check.level();
    check.power(level);
    check.skin(level);
    check.geometry();
    check.stationary(level);
    check.history();
    check.reach(level);
    let budget = check.dose(level);
    let level = level.filter(|_| check.decisions.is_within(&QUANTISED));
    Checked::new(check.decisions, level, prescription.dose, budget)
}

struct Check<'a> {
    asked: &'a LaserPrescription,
    unit: &'a LaserUnit,
    spent: &'a Remaining<Laser>,
    tail: Nanos,
    site: [Row; 12],
    everywhere: [Row; 12],
    decisions: Decisions,
}

impl<'a> Check<'a> {
    fn new(
        asked: &'a LaserPrescription,
        limits: &'a Limits<Laser>,
        spent: &'a Remaining<Laser>,
    ) -> Self {
        let rows = |site: Site| limits.library.site(site.group()).rows(site.group());
        Self {
            asked,
            unit: &limits.unit,
            spent,
            tail: limits.tail,
            site: asked.touched.strictest(asked.site, rows),
            everywhere: limits.library.everywhere.rows(),
            decisions: Decisions::new(asked.overrides),
        }
    }

    fn settle(&mut self, question: Question) -> Option<u64> {
        self.decisions.settle(question)
    }

    /// What persons must have answered and must wear, and whether the unit is fit (LAS-13, LAS-16,
    /// LAS-19, SES-04).
    fn people(&mut self) {
        let asked = self.asked;
        let epilepsy = Question::new(Limit::Epilepsy, asked.epilepsy.count()).soft(0);
        self.settle(epilepsy);
        let kind = asked.skin.kind.map(SkinType::count);
        self.settle(Question::new(Limit::SkinType, kind).ceiling(kind.unwrap_or(0)));
        let field = asked.skin.dark_field.count();
        self.settle(Question::new(Limit::DarkField, field).ceiling(field.unwrap_or(0)));

        let density = self.unit.optical_density.map(Raw::raw);
        let eyewear = asked.eyewear;
        let patient = Question::new(Limit::PatientEyewear, eyewear.patient.map(Raw::raw));
        self.settle(patient.capability(density));
        let operator = Question::new(Limit::OperatorEyewear, eyewear.operator.map(Raw::raw));
        self.settle(operator.capability(density));
        let others = match eyewear.others {
            Others::Unanswered => Question::new(Limit::OthersEyewear, None).capability(density),
            Others::Nobody => {
                Question::new(Limit::OthersEyewear, Some(0)).ceiling(ceiling::NO_EYEWEAR.raw())
            }
            Others::Weakest(worn) => {
                Question::new(Limit::OthersEyewear, Some(worn.raw())).capability(density)
            }
        };
        self.settle(others);
        let days = self.unit.calibration_days.map(Raw::raw);
        let calibration = Question::new(Limit::Calibration, days);
        self.settle(calibration.ceiling(ceiling::CALIBRATION_DAYS.raw()));
    }

    /// What the unit can be told: the power, the mix and the gate asked for, in its own steps and
    /// its own order (COM-09).
    fn level(&mut self) -> Option<LaserLevel> {
        let power = self.told_power();
        let mix = self.mix();
        let gate = self.gate();
        let power = Power::from_milliwatts(narrow(power)?);
        Some(LaserLevel { power, mix: mix?, gate: gate? })
    }

    /// The power in the steps in which it is set: its own, or those of the drive that it follows.
    fn told_power(&mut self) -> Option<u64> {
        let asked = self.asked.power;
        let Some(curve) = &self.unit.curve else {
            let step = self.unit.power_step.map(Raw::raw);
            return quantise(&mut self.decisions, Limit::PowerStep, asked.raw(), step);
        };
        let exact = curve.exact(asked).map(Raw::raw);
        quantise_to(&mut self.decisions, Limit::PowerStep, asked.raw(), exact)
    }

    /// The mix in the order of the unit's own lines (LAS-15).
    fn mix(&mut self) -> Option<[Permille; WAVELENGTHS_MAX]> {
        let mut sum = 0_u64;
        let mut mix = Some([Permille::ZERO; WAVELENGTHS_MAX]);
        for content in self.asked.mix.iter().flatten() {
            let place = self.unit.place(content.wavelength);
            let wavelength = u64::from(content.wavelength.nanometres());
            let question = Question::new(Limit::Wavelength, Some(wavelength));
            self.settle(question.capability(place.map(|_| wavelength)));
            sum = sum.saturating_add(content.share.raw());
            mix = mix.and_then(|mix| add(mix, place?, content.share));
        }
        let whole = Question::new(Limit::MixSum, Some(sum));
        self.settle(whole.ceiling(ceiling::WHOLE.raw()));
        self.exact(mix)
    }

    /// The mix that the unit makes of `mix`. Shares that are free are never rounded, because they
    /// would no longer add up.
    fn exact(
        &mut self,
        mix: Option<[Permille; WAVELENGTHS_MAX]>,
    ) -> Option<[Permille; WAVELENGTHS_MAX]> {
        let (made, off, most) = match (mix, self.unit.mix) {
            (Some(mix), Some(MixRange::Free { step })) => {
                let rest = |share: Permille| share.raw().checked_rem(step.raw());
                let off = mix.into_iter().map(rest).try_fold(0, |most, rest| Some(rest?.max(most)));
                (Some(mix), off, 0)
            }
            (Some(mix), Some(MixRange::Fixed(fixed))) => {
                let off =
                    mix.into_iter().zip(fixed).map(|(one, other)| one.raw().abs_diff(other.raw()));
                (Some(fixed), off.max(), ceiling::QUANTISATION.raw())
            }
            (None, _) | (_, None) => (None, None, 0),
        };
        self.settle(Question::new(Limit::MixStep, off).ceiling(most));
        made
    }

    /// Whether the unit can be gated like this, and how exactly.
    fn gate(&mut self) -> Option<Gate> {
        let mode = |gate| match gate {
            Gate::Continuous => 0,
            Gate::Pulsed { .. } => 1,
        };
        let able = match self.asked.gate {
            Gate::Continuous => self.unit.continuous,
            Gate::Pulsed { .. } => self.unit.gate.is_some(),
        };
        let mode = mode(self.asked.gate);
        let question = Question::new(Limit::GateMode, Some(mode));
        self.settle(question.capability(able.then_some(mode)));
        match self.asked.gate {
            Gate::Continuous => Some(Gate::Continuous),
            Gate::Pulsed { frequency, duty } => self.pulsed(frequency, duty),
        }
    }

    fn pulsed(&mut self, frequency: Frequency, duty: Permille) -> Option<Gate> {
        let range = self.unit.gate;
        let step = range.map(|range| range.frequency_step.raw());
        let frequency = quantise(&mut self.decisions, Limit::FrequencyStep, frequency.raw(), step);
        let step = range.map(|range| range.duty_step.raw());
        let duty = quantise(&mut self.decisions, Limit::DutyStep, duty.raw(), step);
        self.gate_range(frequency, duty, range);
        self.visible(frequency);
        let frequency = Frequency::from_millihertz(narrow(frequency)?);
        let duty = Permille::new(u16::try_from(duty?).ok()?)?;
        Some(Gate::Pulsed { frequency, duty })
    }

    fn gate_range(&mut self, frequency: Option<u64>, duty: Option<u64>, range: Option<GateRange>) {
        let low = Question::new(Limit::GateFrequencyLow, frequency)
            .capability(range.map(|range| range.frequency.least.raw()))
            .row(Row::find(&self.everywhere, Limit::GateFrequencyLow));
        self.settle(low);
        let high = Question::new(Limit::GateFrequencyHigh, frequency)
            .capability(range.map(|range| range.frequency.most.raw()))
            .row(Row::find(&self.everywhere, Limit::GateFrequencyHigh));
        self.settle(high);
        let low = Question::new(Limit::DutyLow, duty)
            .capability(range.map(|range| range.duty.least.raw()))
            .row(Row::find(&self.everywhere, Limit::DutyLow));
        self.settle(low);
        let high = Question::new(Limit::DutyHigh, duty)
            .capability(range.map(|range| range.duty.most.raw()))
            .ceiling(ceiling::GATE_DUTY.raw())
            .row(Row::find(&self.everywhere, Limit::DutyHigh));
        self.settle(high);
    }

    /// Slow visible pulses are never given to a patient with epilepsy.
    fn visible(&mut self, frequency: Option<u64>) {
        let visible = self.asked.mix.iter().flatten().any(|content| {
            content.share.get() > 0
                && content.wavelength.nanometres() <= ceiling::VISIBLE_NANOMETRES
        });
        match self.asked.epilepsy {
            Answer::Yes | Answer::Unanswered if visible => {
                let question = Question::new(Limit::VisiblePulsing, frequency);
                self.settle(question.ceiling(ceiling::VISIBLE_PULSING.raw()));
            }
            Answer::Yes | Answer::Unanswered | Answer::No => {}
        }
    }

    fn power(&mut self, level: Option<LaserLevel>) {
        let power = level.map(|level| level.power.raw());
        let span = self.unit.power;
        let least = Question::new(Limit::LeastPower, power);
        self.settle(least.capability(span.map(|span| span.least.raw())));
        let average = Question::new(Limit::Power, power)
            .capability(span.map(|span| span.most.raw()))
            .row(self.borne(Limit::Power, level));
        self.settle(average);
        let peak = Question::new(Limit::PeakPower, level.map(|level| level.peak_power().raw()));
        self.settle(peak.capability(self.unit.peak_power.map(Raw::raw)));
        let unit = self.unit;
        for (place, line) in unit.lines.iter().enumerate() {
            let share = level.and_then(|level| level.mix.get(place).copied());
            if let (Some(line), Some(share)) = (line, share) {
                let part = power.map(|power| quotient_up(&[power, share.raw()], &[1_000]));
                let question = Question::new(Limit::LinePower, part);
                self.settle(question.capability(Some(line.most.raw())));
            }
        }
        let rate = power
            .zip(unit.rise)
            .map(|(power, rise)| quotient_up(&[power, Nanos::from_secs(1).get()], &[rise.get()]));
        let ramp = Question::new(Limit::Ramp, rate);
        self.settle(ramp.row(Row::find(&self.everywhere, Limit::Ramp)));
    }

    /// The limit of this site, made stricter by what this skin absorbs (LAS-16).
    fn borne(&self, limit: Limit, level: Option<LaserLevel>) -> Row {
        let row = Row::find(&self.site, limit);
        let Some(level) = level else { return row };
        let tolerance = Tolerance::of(&self.asked.skin);
        row.map(|count| tolerance.borne(count, &level, self.unit))
    }

    /// The spot: how small, how bright, and what dark skin must not get.
    fn skin(&mut self, level: Option<LaserLevel>) {
        let spot = self.asked.spot.raw();
        let area = Question::new(Limit::SpotArea, Some(spot));
        self.settle(area.row(Row::find(&self.site, Limit::SpotArea)));
        let tolerance = Tolerance::of(&self.asked.skin);
        let bright = level.map(|level| quotient_up(&[level.power.raw(), 100_000], &[spot]));
        let irradiance = Question::new(Limit::Irradiance, bright)
            .row(self.borne(Limit::Irradiance, level))
            .skin(tolerance.irradiance.raw());
        self.settle(irradiance);
        let content = level.map(|level| short_content(&level, self.unit));
        let question = Question::new(Limit::SkinContent, content);
        self.settle(question.skin_ceiling(tolerance.content));
    }

    /// Whether the area that the fluence names is the one that is lit.
    fn geometry(&mut self) {
        let named = match self.asked.fluence {
            AreaFluence::Spot(_) => 0,
            AreaFluence::Field(_) => 1,
        };
        let lit = match self.asked.technique {
            Technique::Stationary { .. } => 0,
            Technique::Scanning { .. } => 1,
        };
        self.settle(Question::new(Limit::AreaKind, Some(named)).prescription(Some(lit)));
        match self.asked.technique {
            Technique::Scanning { field } => {
                let question = Question::new(Limit::FieldArea, Some(field.raw()));
                self.settle(question.prescription(Some(self.asked.spot.raw())));
            }
            Technique::Stationary { .. } => {}
        }
    }

    /// What resting skin may get, and what any skin may get from one pulse (LAS-17).
    fn stationary(&mut self, level: Option<LaserLevel>) {
        let row = Row::find(&self.site, Limit::SkinExposure);
        let beam = level.and_then(|level| Beam::new(&level, self.unit, self.asked.spot));
        let pulse = Question::new(Limit::PulseExposure, beam.map(|beam| beam.pulse()));
        self.settle(pulse.row(Row { limit: Limit::PulseExposure, ..row }));
        let Technique::Stationary { dwell, .. } = self.asked.technique else { return };
        let longer = dwell.plus(self.tail);
        let soft = beam.map(|beam| beam.stationary(dwell));
        let hard = beam.map(|beam| beam.stationary(dwell).max(beam.stationary(longer)));
        self.settle(Question::new(Limit::SkinExposure, soft).reserving(hard).row(row));

        let permitted = beam.map(|beam| beam.dwell().get());
        let row = row.map(|multiple| match permitted {
            Some(permitted) => quotient_down(&[permitted, multiple], &[1_000]),
            None => 0,
        });
        let question = Question::new(Limit::Dwell, Some(dwell.get()));
        self.settle(question.reserving(Some(longer.get())).row(Row { limit: Limit::Dwell, ..row }));
    }

    /// How often and how soon (SES-15, SES-16).
    fn history(&mut self) {
        let spent = self.spent;
        let counts = [
            (Limit::SiteSessions, Row::find(&self.site, Limit::SiteSessions), spent.site_sessions),
            (
                Limit::WeekSessions,
                Row::find(&self.everywhere, Limit::WeekSessions),
                spent.week_sessions,
            ),
        ];
        for (limit, row, done) in counts {
            self.settle(Question::new(limit, Some(1)).left(row, done.map(Raw::raw)));
        }
        let done = spent.course_sessions.map(Raw::raw);
        let row = Row::find(&self.everywhere, Limit::CourseSessions);
        let planned = done.map(|done| self.asked.course.raw().saturating_sub(done));
        let course = Question::new(Limit::CourseSessions, Some(1));
        self.settle(course.left(row, done).prescription(planned));
        let intervals = [
            (Row::find(&self.site, Limit::SiteInterval), spent.site_last),
            (Row::find(&self.everywhere, Limit::NeedlingInterval), spent.needling),
            (Row::find(&self.everywhere, Limit::TripInterval), spent.trip),
        ];
        for (row, since) in intervals {
            self.settle(Question::new(row.limit, since.map(Raw::raw)).row(row));
        }
    }

    /// Whether the energy can be given within the time.
    fn reach(&mut self, level: Option<LaserLevel>) {
        let dose = self.asked.dose;
        let needed = level.map(|level| {
            quotient_up(&[dose.quantity.raw(), ceiling::REACHED], &[level.power.raw(), 1_000])
        });
        let question = Question::new(Limit::Reach, Some(dose.time.raw()));
        self.settle(question.prescription(needed));
    }

    /// The dose with the tail against everything that bounds it. Returns what is left at the most.
    fn dose(&mut self, level: Option<LaserLevel>) -> Option<LaserDose> {
        let (asked, spent, tail) = (self.asked.dose, *self.spent, self.tail);
        let tailed = level.map(|level| Laser::accrue(asked, Laser::output(level), tail));
        let energy = |dose: LaserDose| dose.quantity.raw();
        let time = |dose: LaserDose| dose.time.raw();
        let site = self.borne(Limit::SiteEnergy, level);
        let visit = Row::find(&self.everywhere, Limit::VisitEnergy);
        let day = Row::find(&self.everywhere, Limit::DayEnergy);
        let energies =
            [(site, spent.site), (visit, spent.visit), (day, spent.day)].map(|(row, spent)| {
                let question = Question::new(row.limit, Some(energy(asked)))
                    .reserving(tailed.map(energy))
                    .left(row, spent.map(energy));
                self.settle(question)
            });
        let site = Row::find(&self.site, Limit::SiteTime);
        let visit = Row::find(&self.everywhere, Limit::VisitTime);
        let times = [(site, spent.site), (visit, spent.visit)].map(|(row, spent)| {
            let question = Question::new(row.limit, Some(time(asked)))
                .reserving(tailed.map(time))
                .left(row, spent.map(time));
            self.settle(question)
        });
        let fluence = self.fluence(level, tailed);
        let energy = energies.into_iter().chain([fluence]).try_fold(u64::MAX, least)?;
        let time = times.into_iter().try_fold(u64::MAX, least)?;
        Some(LaserDose { quantity: Energy::from_picojoules(energy), time: Nanos::new(time) })
    }

    /// Fluence over the area that the technique lights. Returns the energy that it permits.
    fn fluence(&mut self, level: Option<LaserLevel>, tailed: Option<LaserDose>) -> Option<u64> {
        let lit = Lit::by(self.asked);
        let (limit, effective) = match self.asked.technique {
            Technique::Scanning { .. } => (Limit::FieldFluence, Limit::EffectiveFieldFluence),
            Technique::Stationary { .. } => (Limit::SpotFluence, Limit::EffectiveSpotFluence),
        };
        let over = |dose: LaserDose, longer: Nanos| {
            level.map(|level| lit.fluence(dose.quantity, level.power, longer))
        };
        let soft = over(self.asked.dose, Nanos::ZERO);
        let hard = tailed.and_then(|tailed| over(tailed, self.tail));
        let question = Question::new(limit, soft)
            .reserving(hard)
            .row(self.borne(limit, level))
            .prescription(named(self.asked));
        let bound = self.settle(question);
        let given = quotient_down(&[self.asked.dose.quantity.raw()], &[lit.area, lit.points, PICO]);
        let question = Question::new(effective, Some(given));
        self.settle(question.row(Row::find(&self.site, effective)));
        bound.map(|bound| quotient_down(&[bound, lit.area, lit.points, PICO], &[1]))
    }
}

/// What a technique lights.
struct Lit {
    /// In square millimetres.
    area: u64,
    points: u64,
    dwell: Nanos,
}

impl Lit {
    fn by(asked: &LaserPrescription) -> Self {
        match asked.technique {
            Technique::Scanning { field } => {
                Self { area: field.raw(), points: 1, dwell: Nanos::ZERO }
            }
            Technique::Stationary { points, dwell } => {
                Self { area: asked.spot.raw(), points: points.raw(), dwell }
            }
        }
    }

    /// The fluence of `energy`, and at least that of one point on which `power` rests for `longer`
    /// than planned, rounded up.
    fn fluence(&self, energy: Energy, power: Power, longer: Nanos) -> u64 {
        let all = quotient_up(&[energy.raw()], &[self.area, self.points, PICO]);
        if self.dwell == Nanos::ZERO {
            return all;
        }
        let point = over(power, self.dwell.plus(longer));
        all.max(quotient_up(&[point.raw()], &[self.area, PICO]))
    }
}

/// The fluence that the prescription names, if it is over the area that the technique lights.
fn named(asked: &LaserPrescription) -> Option<u64> {
    match (asked.fluence, asked.technique) {
        (AreaFluence::Spot(fluence), Technique::Stationary { .. })
        | (AreaFluence::Field(fluence), Technique::Scanning { .. }) => Some(fluence.raw()),
        (AreaFluence::Spot(_), Technique::Scanning { .. })
        | (AreaFluence::Field(_), Technique::Stationary { .. }) => None,
    }
}

fn add(
    mut mix: [Permille; WAVELENGTHS_MAX],
    place: usize,
    share: Permille,
) -> Option<[Permille; WAVELENGTHS_MAX]> {
    let part = mix.get_mut(place)?;
    *part = Permille::new(part.get().checked_add(share.get())?)?;
    Some(mix)
}

/// One microjoule per square centimetre over one square millimetre is ten thousand picojoules.
const PICO: u64 = 10_000;
/// What must be within its bound for a level to be near what was asked for.
const QUANTISED: [Limit; 4] =
    [Limit::PowerStep, Limit::MixStep, Limit::FrequencyStep, Limit::DutyStep];
