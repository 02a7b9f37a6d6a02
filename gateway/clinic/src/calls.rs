//! What people ask of a clinic, and how they are answered.

use alloc::vec::Vec;

use safety::{
    Admitted, Cause, Checked, Command, Decision, Fence, Input, Instant, Limit, Scope, check,
};

use crate::{
    AnyUnit, Clinic,
    booking::Booking,
    desk::{Desk, Purpose},
    effect::{Answer, Effect, Entry, Refused, What},
    happening::{Ask, Call, Confirmation, HoldSource, Proposal, Verb},
    kind::{AnyPrescription, Kind},
    name::{PatientKey, SessionId, UnitId},
    patient::Patients,
    unit::Unit,
    with,
};

impl Clinic {
    /// Answers a call. One that repeats an earlier request gets the answer of that one.
    pub(crate) fn call(&mut self, desk: &mut Desk<'_>, call: Call) {
        let recalled = call
            .request
            .as_ref()
            .and_then(|request| self.requests.recall(desk.now, request, &call.ask));
        if let Some(answer) = recalled {
            desk.effects.push(Effect::Answer(call.id, answer));
            return;
        }
        let answer = self.answer(desk, &call.ask).unwrap_or_else(Answer::Refused);
        if let Answer::Refused(refused) = &answer
            && let Some((id, any)) = changed(&call.ask).and_then(|id| Some((id, self.unit(id)?)))
        {
            let session = with!(any, unit => unit.session());
            desk.tell(id, session, What::Refused(refused.clone()));
        }
        if let Some(request) = call.request {
            self.requests.keep(desk.now, request, call.ask, answer.clone());
        }
        desk.effects.push(Effect::Answer(call.id, answer));
    }

    fn answer(&mut self, desk: &mut Desk<'_>, ask: &Ask) -> Result<Answer, Refused> {
        match ask {
            Ask::Check(proposal) => self.check(desk.now, proposal),
            Ask::Confirm(proposal, confirmation) => self.confirm(desk, proposal, *confirmation),
            Ask::Command(unit, verb, fence) => self.command(desk, *unit, *verb, *fence),
            Ask::Hold(unit, fence, beacon, source) => {
                let any = find(&mut self.units, *unit)?;
                with!(any, unit => {
                    if unit.real && *source == HoldSource::Script {
                        return Err(Refused::ScriptHold);
                    }
                    unit.input(desk, Input::Hold(*fence, *beacon)).map_err(Refused::Unit)?;
                    Ok(Answer::Accepted(unit.fence()))
                })
            }
            Ask::Reattach(unit, fence) => {
                let any = find(&mut self.units, *unit)?;
                with!(any, unit => match unit.fence() {
                    own if own.token == fence.token && own.token != 0 => Ok(Answer::Accepted(own)),
                    _ => Err(Refused::Unit(safety::Refusal::NotHolder)),
                })
            }
            Ask::Leave(unit, token) => {
                let any = find(&mut self.units, *unit)?;
                with!(any, unit => {
                    if unit.fence().token != *token {
                        return Err(Refused::Unit(safety::Refusal::NotHolder));
                    }
                    unit.stop(desk, None);
                    Ok(Answer::Accepted(unit.fence()))
                })
            }
            Ask::Release(unit, cause) => self.release(desk, *unit, *cause),
            Ask::Review(session) => self.review(desk, *session),
            Ask::ProveRelay(unit) => self.prove(desk, *unit),
            Ask::AttestMeter(unit, attested) => self.attest(desk, *unit, attested),
        }
    }

    fn check(&mut self, now: Instant, proposal: &Proposal) -> Result<Answer, Refused> {
        let Self { units, patients, .. } = self;
        let any = find(units, proposal.unit)?;
        with!(any, unit => Ok(Answer::Checked(Kind::checked(unit.check(now, proposal, patients)?))))
    }

    /// Binds a prescription to a unit and its patient, once everything that can be known is.
    fn confirm(
        &mut self,
        desk: &mut Desk<'_>,
        proposal: &Proposal,
        confirmation: Confirmation,
    ) -> Result<Answer, Refused> {
        self.takes_sessions()?;
        self.evidence_permits(desk.now, proposal.unit)?;
        if self.is_under_treatment(&proposal.patient) {
            return Err(Refused::PatientBusy);
        }
        if self.patients.is_marked(&proposal.patient) {
            return Err(Refused::PatientLocked);
        }
        if let Some(session) = self.reviews.of(&proposal.patient) {
            return Err(Refused::ReviewOpen(session));
        }
        if !self.patients.has_room_for(desk.now, &proposal.patient) {
            return Err(Refused::TooMany);
        }
        let token = self.token.checked_add(1).ok_or(Refused::TooMany)?;
        let session = SessionId { run: self.run, token };
        let Self { units, patients, .. } = self;
        let any = find(units, proposal.unit)?;
        let fence = with!(any, unit => {
            unit.confirm(desk, proposal, confirmation, session, patients)?
        });
        self.token = token;
        Ok(Answer::Confirmed(session, fence))
    }

    /// Whether a session may begin. One that runs may go on, and be resumed, unless everything ends.
    const fn takes_sessions(&self) -> Result<(), Refused> {
        match self {
            Self { closing: true, .. } => Err(Refused::ShuttingDown),
            Self { impaired: true, .. } => Err(Refused::Impaired),
            Self { low_space: true, .. } => Err(Refused::LowSpace),
            Self { .. } => Ok(()),
        }
    }

    /// One open session per patient, whatever the unit (SES-07).
    fn is_under_treatment(&self, patient: &PatientKey) -> bool {
        let booked = |any: &AnyUnit| with!(any, unit => unit.booking.as_ref().is_some_and(|own| own.patient == *patient));
        self.units.iter().any(booked)
    }

    fn command(
        &mut self,
        desk: &mut Desk<'_>,
        id: UnitId,
        verb: Verb,
        fence: Fence,
    ) -> Result<Answer, Refused> {
        match verb {
            Verb::Arm | Verb::Start => {
                self.takes_sessions()?;
                self.evidence_permits(desk.now, id)?;
                self.relay_permits(desk.now, id)?;
            }
            Verb::Resume if self.closing => return Err(Refused::ShuttingDown),
            Verb::Resume => self.evidence_permits(desk.now, id)?,
            Verb::Pause => {}
        }
        let Self { units, patients, .. } = self;
        let any = find(units, id)?;
        with!(any, unit => {
            let command = match verb {
                Verb::Arm => {
                    unit.admit_again(desk.now, patients)?;
                    Command::Arm
                }
                Verb::Start => Command::Start,
                Verb::Pause => Command::Pause,
                Verb::Resume => Command::Resume(unit.admit_again(desk.now, patients)?),
            };
            unit.input(desk, Input::Command(command, fence)).map_err(Refused::Unit)?;
            Ok(Answer::Accepted(unit.fence()))
        })
    }

    /// Clears a cause on the unit that is named. One that locks more than a unit by something that
    /// no unit can show is cleared wherever it can be, and the others are listed: each unit proves
    /// for itself that it is ready. It is refused if it can be cleared nowhere.
    fn release(
        &mut self,
        desk: &mut Desk<'_>,
        id: UnitId,
        cause: Cause,
    ) -> Result<Answer, Refused> {
        // A ledger that failed keeps nothing until it was opened anew.
        if cause == Cause::Ledger && self.ledger_failed {
            return Err(Refused::Unit(safety::Refusal::ConditionStands));
        }
        let (room, holds) = with!(find(&mut self.units, id)?, unit => {
            (unit.room, unit.supervisor.causes().holds(cause))
        });
        if !holds {
            return Err(Refused::Unit(safety::Refusal::NotLatched));
        }
        let scope = if cause == Cause::Interlock { Scope::Unit } else { cause.scope() };
        let (mut is_released, mut kept) = (false, Vec::new());
        for any in &mut self.units {
            with!(any, unit => {
                let concerned = match scope {
                    Scope::Unit => unit.id == id,
                    Scope::Room => unit.room == room,
                    Scope::Gateway => true,
                };
                if concerned && unit.supervisor.causes().holds(cause) {
                    match unit.input(desk, Input::Release(cause)) {
                        Ok(()) => is_released = true,
                        Err(refusal) => kept.push((unit.id, refusal)),
                    }
                }
            });
        }
        let own = kept.iter().find(|(unit, _)| *unit == id);
        if let (false, Some((_, refusal))) = (is_released, own) {
            return Err(Refused::Unit(*refusal));
        }
        if cause == Cause::OpenMark {
            self.patients.reconcile(id);
        }
        Ok(Answer::Released(kept))
    }

    /// Ends the review of a session. What is durable after it was decided knowing of it: entries keep
    /// their order.
    fn review(&mut self, desk: &mut Desk<'_>, session: SessionId) -> Result<Answer, Refused> {
        let reviewed = self.reviews.close(session).ok_or(Refused::UnknownReview)?;
        let first = self.units.first().map(|any| with!(any, unit => unit.id));
        // Nothing waits for the entry. Should it be lost, whichever unit hears of it locks them all.
        if let Some(unit) = reviewed.unit.or(first) {
            desk.enter(unit, Purpose::Record, Entry::Review(session));
        }
        if let Some(unit) = reviewed.unit {
            desk.tell(unit, Some(session), What::Reviewed(reviewed.findings));
        }
        Ok(Answer::Reviewed(reviewed.findings))
    }
}

impl<M: Kind> Unit<M> {
    fn check(
        &self,
        now: Instant,
        proposal: &Proposal,
        patients: &Patients,
    ) -> Result<Checked<M>, Refused> {
        self.check_for(now, &proposal.prescription, &proposal.patient, patients)
    }

    fn check_for(
        &self,
        now: Instant,
        prescription: &AnyPrescription,
        patient: &PatientKey,
        patients: &Patients,
    ) -> Result<Checked<M>, Refused> {
        let prescription = M::prescription(prescription).ok_or(Refused::WrongModality)?;
        let remaining = patients.remaining::<M>(now, patient, M::sites(prescription));
        Ok(check(prescription, &self.limits, &remaining))
    }

    fn confirm(
        &mut self,
        desk: &mut Desk<'_>,
        proposal: &Proposal,
        confirmation: Confirmation,
        session: SessionId,
        patients: &Patients,
    ) -> Result<Fence, Refused> {
        let checked = self.check(desk.now, proposal, patients)?;
        let admitted = self.admitted(checked)?;
        let prescription = M::prescription(&proposal.prescription).ok_or(Refused::WrongModality)?;
        let sites = M::sites(prescription);
        let fence = Fence { token: session.token, epoch: confirmation.epoch };
        // A booking that stands is not touched unless the supervisor takes this one.
        self.take(desk.now, Input::Confirm(admitted, fence)).map_err(Refused::Unit)?;
        self.booking = Some(Booking {
            session,
            patient: proposal.patient.clone(),
            prescription: proposal.prescription.clone(),
            sites,
            hash: confirmation.hash,
            opened: false,
        });
        self.treats(proposal.patient.clone());
        self.settle(desk);
        desk.tell(self.id, Some(session), What::Confirmed);
        Ok(self.fence())
    }

    /// Checks what was confirmed again: limits hold at each step, not only at the first (DOS-08).
    fn admit_again(&self, now: Instant, patients: &Patients) -> Result<Admitted<M>, Refused> {
        let refused = Refused::Unit(safety::Refusal::WrongState);
        let booking = self.booking.as_ref().ok_or(refused)?;
        let checked = self.check_for(now, &booking.prescription, &booking.patient, patients)?;
        self.admitted(checked)
    }

    /// What may be delivered, if the unit can do exactly what was asked for.
    fn admitted(&self, checked: Checked<M>) -> Result<Admitted<M>, Refused> {
        let Some(admitted) = checked.admitted() else {
            return Err(Refused::Prescription(M::checked(checked)));
        };
        let exact = self.exact(admitted.level()) == Some(admitted.level());
        if !exact || !is_quantised(&checked) {
            return Err(Refused::NotQuantised(M::checked(checked)));
        }
        Ok(admitted)
    }
}

/// Whether what was asked for is what the unit will do, to the last digit: rounding is shown to a
/// person before it is confirmed, never after (COM-09, SES-05).
fn is_quantised<M: Kind>(checked: &Checked<M>) -> bool {
    let mut steps = checked.decisions().iter().filter(|decision| STEPS.contains(&decision.limit));
    steps.all(|decision| decision.requested == Some(0)) && is_least_multiple(checked.decisions())
}

/// Whether no lesser multiple of the motor threshold leads to the same intensity. The steps of a unit
/// fall between two multiples, so the product of the least is a little above the intensity: by less
/// than a thousandth of the threshold, which no prescription can say. Without a threshold nothing is
/// multiplied.
fn is_least_multiple(decisions: &[Decision]) -> bool {
    let asked = |limit| decisions.iter().find(|one| one.limit == limit).map(|one| one.requested);
    let Some(threshold) = asked(Limit::MotorThreshold) else { return true };
    let values = (threshold, asked(Limit::ThresholdMultiple), asked(Limit::Intensity));
    let (Some(threshold), Some(Some(multiple)), Some(Some(intensity))) = values else {
        return false;
    };
    // The product is in millionths, the intensity in thousandths.
    let lesser = threshold.saturating_mul(multiple.saturating_sub(1));
    lesser < intensity.saturating_mul(1_000)
}

/// The limits that say how far the unit's nearest steps are from what was asked for. The step of
/// intensity is none of them: `is_least_multiple` answers for it.
const STEPS: [Limit; 6] = [
    Limit::PowerStep,
    Limit::MixStep,
    Limit::FrequencyStep,
    Limit::DutyStep,
    Limit::FluxStep,
    Limit::SlewStep,
];

pub(crate) fn find(units: &mut [AnyUnit], id: UnitId) -> Result<&mut AnyUnit, Refused> {
    let found = units.iter_mut().find(|any| with!(any, unit => unit.id == id));
    found.ok_or(Refused::UnknownUnit)
}

/// The unit that an ask would change, if it would change one.
fn changed(ask: &Ask) -> Option<UnitId> {
    match ask {
        Ask::Check(_) | Ask::Hold(..) | Ask::Reattach(..) | Ask::Review(_) => None,
        Ask::Confirm(proposal, _) => Some(proposal.unit),
        Ask::Command(unit, ..)
        | Ask::Leave(unit, _)
        | Ask::Release(unit, _)
        | Ask::ProveRelay(unit)
        | Ask::AttestMeter(unit, _) => Some(*unit),
    }
}
