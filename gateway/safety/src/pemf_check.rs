//! Checks a prescription of a magnetic field.

use crate::{
    ceiling,
    check::Checked,
    decision::Limit,
    limits::{Limits, Raw, Remaining, Row},
    modality::{Modality, PemfDose},
    nerve,
    pemf::{Pemf, PemfLevel, Waveform},
    pemf_limits::PemfUnit,
    prescription::PemfPrescription,
    quantity::{Exposure, Flux, Frequency, Permille, Slew},
    question::{Decisions, Question},
    root::{least, quotient_up},
    screening::screen,
    site::Site,
    step::{narrow, quantise},
    time::Nanos,
};

/// Checks `prescription` against `limits` and what is left of them.
pub(crate) fn check(
    prescription: &PemfPrescription,
    limits: &Limits<Pemf>,
    remaining: &Remaining<Pemf>,
) -> Checked<Pemf> {
    let mut check = Check::new(prescription, limits, remaining);
    screen(&mut check.decisions, &prescription.screening, prescription.sites().field_group());
    check.fitness();
    let level = check.level();
    check.field(level);
    check.period(level);
    check.nerve(level);
    check.history();
    check.reach(level);
    let budget = check.dose(level);
    let level = level.filter(|_| check.decisions.is_within(&QUANTISED));
    Checked::new(check.decisions, level, prescription.dose, budget)
}

struct Check<'a> {
    asked: &'a PemfPrescription,
    unit: &'a PemfUnit,
    spent: &'a Remaining<Pemf>,
    tail: Nanos,
    site: [Row; 4],
    everywhere: [Row; 7],
    decisions: Decisions,
}

impl<'a> Check<'a> {
    fn new(
        asked: &'a PemfPrescription,
        limits: &'a Limits<Pemf>,
        spent: &'a Remaining<Pemf>,
    ) -> Self {
        let rows = |site: Site| limits.library.site(site.field_group()).rows(site.field_group());
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

    /// Whether the unit is the one that its numbers hold for (PEM-07, CFG-08).
    fn fitness(&mut self) {
        let code = Question::new(Limit::Applicator, Some(self.asked.applicator.0.raw()));
        self.settle(code.capability(self.unit.applicator.map(|code| code.0.raw())));
        let days = Question::new(Limit::Calibration, self.unit.calibration_days.map(Raw::raw));
        self.settle(days.ceiling(ceiling::CALIBRATION_DAYS.raw()));
        let code = waveform_code(self.asked.waveform);
        let has = self.unit.waveforms.has(self.asked.waveform);
        let waveform = Question::new(Limit::Waveform, Some(code));
        self.settle(waveform.capability(has.then_some(code)));
    }

    /// What the unit can be told: what is asked, in its own steps (COM-09).
    fn level(&mut self) -> Option<PemfLevel> {
        let (asked, unit) = (self.asked, self.unit);
        let steps = [
            (Limit::FluxStep, asked.flux.raw(), unit.flux_step.map(Raw::raw)),
            (Limit::FrequencyStep, asked.frequency.raw(), unit.frequency_step.map(Raw::raw)),
            (Limit::DutyStep, asked.duty.raw(), unit.duty_step.map(Raw::raw)),
            (Limit::SlewStep, asked.slew.raw(), unit.slew_step.map(Raw::raw)),
        ];
        let [flux, frequency, duty, slew] =
            steps.map(|(limit, asked, step)| quantise(&mut self.decisions, limit, asked, step));
        Some(PemfLevel {
            flux: Flux::from_microteslas(narrow(flux)?),
            frequency: Frequency::from_millihertz(narrow(frequency)?),
            waveform: asked.waveform,
            slew: Slew::from_micros(narrow(slew)?),
            duty: Permille::new(u16::try_from(duty?).ok()?)?,
        })
    }

    /// How strong (PEM-03, PEM-09).
    fn field(&mut self, level: Option<PemfLevel>) {
        let flux = level.map(|level| level.flux.raw());
        let span = self.unit.flux;
        let strongest = Question::new(Limit::Flux, flux)
            .capability(span.map(|span| span.most.raw()))
            .row(Row::find(&self.site, Limit::Flux));
        self.settle(strongest);
        let weakest = Question::new(Limit::LeastFlux, flux);
        self.settle(weakest.capability(span.map(|span| span.least.raw())));
        let effective = Question::new(Limit::EffectiveFlux, flux);
        self.settle(effective.row(Row::find(&self.site, Limit::EffectiveFlux)));
    }

    /// How often in a second, and for which part of a period.
    fn period(&mut self, level: Option<PemfLevel>) {
        let frequency = level.map(|level| level.frequency.raw());
        let span = self.unit.frequency;
        let low = Question::new(Limit::FrequencyLow, frequency)
            .capability(span.map(|span| span.least.raw()))
            .row(Row::find(&self.everywhere, Limit::FrequencyLow));
        self.settle(low);
        let high = Question::new(Limit::FrequencyHigh, frequency)
            .capability(span.map(|span| span.most.raw()))
            .row(Row::find(&self.everywhere, Limit::FrequencyHigh));
        self.settle(high);
        let duty = level.map(|level| level.duty.raw());
        let span = self.unit.duty;
        let low = Question::new(Limit::DutyLow, duty)
            .capability(span.map(|span| span.least.raw()))
            .ceiling(ceiling::LEAST_DUTY.raw());
        self.settle(low);
        let high = Question::new(Limit::DutyHigh, duty);
        self.settle(high.capability(span.map(|span| span.most.raw())));
    }

    /// How close to stimulating nerves (PEM-01, PEM-02).
    fn nerve(&mut self, level: Option<PemfLevel>) {
        let share = level.and_then(|level| nerve::stimulation(&level));
        let question = Question::new(Limit::Nerve, share.map(Raw::raw));
        self.settle(question.row(Row::find(&self.site, Limit::Nerve)));
        let slew = level.map(|level| level.slew).filter(|slew| *slew != Slew::ZERO);
        let derived = match self.asked.waveform {
            Waveform::Sine => slew.is_none(),
            Waveform::Rectangular | Waveform::Triangular => false,
        };
        if !derived {
            let question = Question::new(Limit::Slew, slew.map(Raw::raw));
            self.settle(question.capability(self.unit.slew.map(Raw::raw)));
        }
    }

    /// How often and how soon (SES-15, SES-16).
    fn history(&mut self) {
        let week = Row::find(&self.everywhere, Limit::WeekSessions);
        let done = self.spent.week_sessions.map(Raw::raw);
        self.settle(Question::new(Limit::WeekSessions, Some(1)).left(week, done));
        let done = self.spent.course_sessions.map(Raw::raw);
        let planned = done.map(|done| self.asked.course.raw().saturating_sub(done));
        let course = Question::new(Limit::CourseSessions, Some(1));
        self.settle(course.prescription(planned));
        let trip = Question::new(Limit::TripInterval, self.spent.trip.map(Raw::raw));
        self.settle(trip.row(Row::find(&self.everywhere, Limit::TripInterval)));
    }

    /// Whether the exposure can be given within the time.
    fn reach(&mut self, level: Option<PemfLevel>) {
        let dose = self.asked.dose;
        let needed = level.map(|level| {
            quotient_up(&[dose.quantity.raw(), ceiling::REACHED], &[level.flux.raw(), 1_000])
        });
        let question = Question::new(Limit::Reach, Some(dose.time.raw()));
        self.settle(question.prescription(needed));
        let effective = Question::new(Limit::EffectiveTime, Some(dose.time.raw()));
        self.settle(effective.row(Row::find(&self.everywhere, Limit::EffectiveTime)));
    }

    /// The dose with the tail against everything that bounds it. Returns what is left at the most.
    fn dose(&mut self, level: Option<PemfLevel>) -> Option<PemfDose> {
        let (asked, spent, tail) = (self.asked.dose, *self.spent, self.tail);
        let tailed = level.map(|level| Pemf::accrue(asked, Pemf::output(level), tail));
        let exposure = |dose: PemfDose| dose.quantity.raw();
        let time = |dose: PemfDose| dose.time.raw();
        let row = Row::find(&self.site, Limit::Exposure);
        let question = Question::new(Limit::Exposure, Some(exposure(asked)))
            .reserving(tailed.map(exposure))
            .left(row, spent.site.map(exposure));
        let quantity = self.settle(question);
        let session = Row::find(&self.everywhere, Limit::SiteTime);
        let day = Row::find(&self.everywhere, Limit::DayTime);
        let times = [(session, spent.site), (day, spent.day)].map(|(row, spent)| {
            let question = Question::new(row.limit, Some(time(asked)))
                .reserving(tailed.map(time))
                .left(row, spent.map(time));
            self.settle(question)
        });
        let time = times.into_iter().try_fold(u64::MAX, least)?;
        let quantity = Exposure::from_femtotesla_seconds(quantity?);
        Some(PemfDose { quantity, time: Nanos::new(time) })
    }
}

const fn waveform_code(waveform: Waveform) -> u64 {
    match waveform {
        Waveform::Sine => 0,
        Waveform::Rectangular => 1,
        Waveform::Triangular => 2,
    }
}

/// What must be within its bound for a level to be near what was asked for.
const QUANTISED: [Limit; 4] =
    [Limit::FluxStep, Limit::FrequencyStep, Limit::DutyStep, Limit::SlewStep];
