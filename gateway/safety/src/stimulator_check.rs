//! Checks a prescription of magnetic stimulation.
//!
//! A dose is a whole number of trains, because a part of one cannot be given. It needs no tail: a
//! train is charged whole before it begins, so what may still come after a decision to stop is
//! counted already.

use crate::{
    ceiling,
    check::Checked,
    decision::Limit,
    limits::{Limits, Raw, Remaining, Row},
    prescription::StimulatorPrescription,
    quantity::{Energy, Frequency, Permille, Pulses},
    question::{Decisions, Question},
    root::least,
    screening::screen,
    site::FieldGroup,
    step::{narrow, quantise},
    stimulator::{Stimulator, StimulatorDose, StimulatorLevel},
    stimulator_unit::StimulatorUnit,
};

/// Checks `prescription` against `limits` and what is left of them.
pub(crate) fn check(
    prescription: &StimulatorPrescription,
    limits: &Limits<Stimulator>,
    remaining: &Remaining<Stimulator>,
) -> Checked<Stimulator> {
    let mut check = Check::new(prescription, limits, remaining);
    check.place();
    check.fitness();
    let intensity = check.intensity();
    check.threshold(intensity);
    let level = check.level(intensity);
    check.rate(level);
    check.train(level);
    check.wait(level);
    check.history();
    let dose = check.dose(level);
    let budget = check.budget(level, dose);
    let level = level.filter(|_| check.decisions.is_within(&QUANTISED));
    Checked::new(check.decisions, level, dose, budget)
}

struct Check<'a> {
    asked: &'a StimulatorPrescription,
    unit: &'a StimulatorUnit,
    spent: &'a Remaining<Stimulator>,
    site: [Row; 7],
    everywhere: [Row; 4],
    decisions: Decisions,
}

impl<'a> Check<'a> {
    fn new(
        asked: &'a StimulatorPrescription,
        limits: &'a Limits<Stimulator>,
        spent: &'a Remaining<Stimulator>,
    ) -> Self {
        Self {
            asked,
            unit: &limits.unit,
            spent,
            site: limits.library.trunk_limb.rows(),
            everywhere: limits.library.everywhere.rows(),
            decisions: Decisions::new(asked.overrides),
        }
    }

    fn settle(&mut self, question: Question) -> Option<u64> {
        self.decisions.settle(question)
    }

    /// Never the head or the neck, whatever a library says (PEM-03), and only who was asked
    /// (PEM-05).
    fn place(&mut self) {
        let group = self.asked.sites().field_group();
        let head = match group {
            FieldGroup::HeadNeck => 1,
            FieldGroup::TrunkLimb => 0,
        };
        self.settle(Question::new(Limit::HeadNeck, Some(head)).ceiling(ceiling::HEAD_NECK));
        screen(&mut self.decisions, &self.asked.screening, group);
    }

    /// Whether the unit is the one that its numbers hold for (PEM-07, CFG-08).
    fn fitness(&mut self) {
        let code = Question::new(Limit::Applicator, Some(self.asked.coil.0.raw()));
        self.settle(code.capability(self.unit.applicator.map(|code| code.0.raw())));
        let days = Question::new(Limit::Calibration, self.unit.calibration_days.map(Raw::raw));
        self.settle(days.ceiling(ceiling::CALIBRATION_DAYS.raw()));
    }

    /// The intensity that the unit is set to: the asked multiple of the motor threshold, in steps
    /// of the unit (COM-09). A threshold is known to more digits than a unit can be set to, so the
    /// product is rounded once, and down.
    fn intensity(&mut self) -> Option<Permille> {
        let threshold = self.asked.motor_threshold.raw();
        let millionths = threshold.saturating_mul(self.asked.intensity.raw());
        let step = self.unit.intensity_step.map(|step| step.raw().saturating_mul(THOUSAND));
        let set = quantise(&mut self.decisions, Limit::IntensityStep, millionths, step)?;
        Permille::new(u16::try_from(set.checked_div(THOUSAND)?).ok()?)
    }

    /// The motor threshold, and the intensity as a multiple of it and as the unit has it.
    fn threshold(&mut self, intensity: Option<Permille>) {
        let span = self.unit.intensity;
        let most = span.map(|span| span.most.raw());
        // A threshold of nothing was never measured.
        let threshold = Some(self.asked.motor_threshold.raw()).filter(|measured| *measured > 0);
        self.settle(Question::new(Limit::MotorThreshold, threshold).capability(most));
        let multiple = Question::new(Limit::ThresholdMultiple, Some(self.asked.intensity.raw()));
        self.settle(multiple.row(Row::find(&self.site, Limit::ThresholdMultiple)));
        let set = intensity.map(Raw::raw);
        let highest = Question::new(Limit::Intensity, set).capability(most);
        self.settle(highest.ceiling(ceiling::WHOLE.raw()));
        let lowest = Question::new(Limit::LeastIntensity, set);
        self.settle(
            lowest
                .capability(span.map(|span| span.least.raw()))
                .ceiling(ceiling::LEAST_INTENSITY.raw()),
        );
    }

    /// What the unit is told, if it can be told anything near to what is asked.
    fn level(&mut self, intensity: Option<Permille>) -> Option<StimulatorLevel> {
        let step = self.unit.rate_step.map(Raw::raw);
        let rate = quantise(&mut self.decisions, Limit::FrequencyStep, self.asked.rate.raw(), step);
        let intensity = intensity?;
        Some(StimulatorLevel {
            intensity,
            rate: Frequency::from_millihertz(narrow(rate)?),
            pulses: self.asked.train_pulses,
            wait: self.asked.wait,
            pulse_energy: self.unit.pulse_energy?.at(intensity)?,
        })
    }

    /// How fast: what a unit can do falls with intensity.
    fn rate(&mut self, level: Option<StimulatorLevel>) {
        let rate = level.map(|level| level.rate.raw());
        let span = level.and_then(|level| self.unit.rates.at(level.intensity));
        let low = Question::new(Limit::PulseRateLow, rate)
            .capability(span.map(|span| span.least.raw()))
            .ceiling(ceiling::LEAST_FREQUENCY.raw());
        self.settle(low);
        let high = Question::new(Limit::PulseRateHigh, rate)
            .capability(span.map(|span| span.most.raw()))
            .row(Row::find(&self.site, Limit::PulseRateHigh));
        self.settle(high);
    }

    /// One train: how many pulses, for how long, and that there is one.
    fn train(&mut self, level: Option<StimulatorLevel>) {
        let span = self.unit.train_pulses;
        let pulses = Some(self.asked.train_pulses.raw());
        let most = Question::new(Limit::TrainPulses, pulses);
        self.settle(most.capability(span.map(|span| span.most.raw())));
        let fewest = Question::new(Limit::LeastTrainPulses, pulses)
            .capability(span.map(|span| span.least.raw()))
            .ceiling(ceiling::LEAST_COUNT.raw());
        self.settle(fewest);
        let trains = Question::new(Limit::Trains, Some(self.asked.trains.raw()));
        self.settle(trains.ceiling(ceiling::LEAST_COUNT.raw()));
        let time = Question::new(Limit::TrainTime, level.map(|level| level.train_time().raw()))
            .row(Row::find(&self.site, Limit::TrainTime));
        let longest = level.zip(self.unit.recovery);
        let longest = longest.and_then(|(level, recovery)| recovery.longest_train(&level));
        self.settle(match longest {
            Some(longest) => time.capability(Some(longest.raw())),
            None => time,
        });
    }

    /// How long between trains: what the clinic wants, and what the unit needs.
    fn wait(&mut self, level: Option<StimulatorLevel>) {
        let needed = level.zip(self.unit.recovery);
        let needed = needed.and_then(|(level, recovery)| recovery.wait(&level));
        let needed = needed.zip(self.unit.least_wait).map(|(one, other)| one.max(other));
        let question = Question::new(Limit::TrainWait, Some(self.asked.wait.raw()))
            .capability(needed.map(Raw::raw))
            .row(Row::find(&self.site, Limit::TrainWait));
        self.settle(question);
    }

    /// How often and how soon (SES-15, SES-16).
    fn history(&mut self) {
        let spent = *self.spent;
        let week = Row::find(&self.everywhere, Limit::WeekSessions);
        let done = spent.week_sessions.map(Raw::raw);
        self.settle(Question::new(Limit::WeekSessions, Some(1)).left(week, done));
        let row = Row::find(&self.everywhere, Limit::CourseSessions);
        let done = spent.course_sessions.map(Raw::raw);
        let planned = done.map(|done| self.asked.course.raw().saturating_sub(done));
        let course = Question::new(Limit::CourseSessions, Some(1));
        self.settle(course.left(row, done).prescription(planned));
        let intervals = [
            (Row::find(&self.site, Limit::SiteInterval), spent.site_last),
            (Row::find(&self.everywhere, Limit::TripInterval), spent.trip),
        ];
        for (row, since) in intervals {
            self.settle(Question::new(row.limit, since.map(Raw::raw)).row(row));
        }
    }

    /// All trains together. Without a level only their pulses are known.
    fn dose(&self, level: Option<StimulatorLevel>) -> StimulatorDose {
        match level {
            Some(level) => level.train().times(self.asked.trains.raw()),
            None => {
                let pulses = Pulses::from_whole(self.pulses());
                StimulatorDose { pulses, ..StimulatorDose::default() }
            }
        }
    }

    /// The pulses of all trains.
    fn pulses(&self) -> u64 {
        self.asked.trains.raw().saturating_mul(self.asked.train_pulses.raw())
    }

    /// The dose against everything that bounds it. Returns what is left at the most. Nothing bounds
    /// the time of trains but what was prescribed.
    fn budget(
        &mut self,
        level: Option<StimulatorLevel>,
        dose: StimulatorDose,
    ) -> Option<StimulatorDose> {
        let spent = *self.spent;
        let pulses = |dose: StimulatorDose| dose.pulses.whole_up();
        let asked = Some(self.pulses());
        let rows = [
            (Row::find(&self.site, Limit::SitePulses), spent.site),
            (Row::find(&self.everywhere, Limit::DayPulses), spent.day),
        ];
        let most = rows.map(|(row, spent)| {
            self.settle(Question::new(row.limit, asked).left(row, spent.map(pulses)))
        });
        let energy = Question::new(Limit::SiteEnergy, level.map(|_| dose.energy.raw()));
        let spent = spent.site.map(|dose| dose.energy.raw());
        let energy = self.settle(energy.left(Row::find(&self.site, Limit::SiteEnergy), spent));
        let pulses = most.into_iter().try_fold(u64::MAX, least)?;
        Some(StimulatorDose {
            pulses: Pulses::from_whole(pulses),
            energy: Energy::from_picojoules(energy?),
            time: dose.time,
        })
    }
}

/// From thousandths to millionths.
const THOUSAND: u64 = 1_000;
/// What must be within its bound for a level to be near what was asked for.
const QUANTISED: [Limit; 2] = [Limit::IntensityStep, Limit::FrequencyStep];
