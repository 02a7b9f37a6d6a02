//! Lines of text, as a profile describes them.
//!
//! | part of a frame | of the profile |
//! | --- | --- |
//! | what throws a broken line away, before every off | `framing.cancel` |
//! | the line | `say`, its holes filled |
//! | its end | `framing.ours` |
//!
//! An answer is, in this order: the echo, if the unit has one; any number of `reply.progress`; the
//! line that is read and those behind it, each with its end; the prompt, if the unit has one. Lines
//! that the unit says by itself may stand between them. Anything else is not believed, and what does
//! not come in time is lost.
//!
//! Nothing numbers these answers. So an answer to a question of the same form as the one before is
//! told from a late one only by the silence that the machine keeps after a lost answer. No line of
//! text here has a checksum either; where each character comes back, what turns on is compared
//! before its end is sent. None of this is verified at a real unit: the numbers of each profile, and
//! who says them, stand in its file.

#[cfg(test)]
pub(crate) mod tests;

use alloc::{boxed::Box, string::String, vec::Vec};

use safety::Nanos;

use crate::{
    Dialect,
    exchange::{Heard, Hearing, Saying, Sense},
    profile::{
        Command, Echo, First, Lines, Plate, PlateError, Reader, Say, Severity, Told,
        tongue::{Part, Word, unsaid},
    },
};

/// The dialect of one unit whose profile is of lines.
///
/// # Errors
/// What is wrong with the plate or its profile.
pub fn dialect<M: Told>(plate: Plate<M>) -> Result<Box<dyn Dialect<M> + Send>, PlateError> {
    Reader::dialect(plate, false)
}

/// The frame of a word.
pub(crate) fn say<M: Told>(reader: &Reader<M>, lines: &Lines, word: Word) -> Saying {
    let Some(command) = reader.command(word) else { return unsaid() };
    let Some(body) = body(reader, command, word) else { return unsaid() };
    let mut bytes = Vec::new();
    if word.is_off() {
        bytes.extend(&lines.cancel);
    }
    if word.part != Part::End {
        bytes.extend(body.as_bytes());
    }
    if word.part != Part::Body {
        bytes.extend(&lines.ours);
    }
    let answered = word.part == Part::Body || reader.profile.is_answered(command);
    let answer = answered.then(|| (command.within, answer_bytes(lines, command, word, &body)));
    let quiet = if word.part == Part::Body { Nanos::ZERO } else { command.quiet };
    Saying { bytes, answer, quiet }
}

/// The line of a word, unless it is forbidden.
fn body<M: Told>(reader: &Reader<M>, command: &Command, word: Word) -> Option<String> {
    let Say::Line(line) = &command.say else { return None };
    line.say(&word.amounts).filter(|line| !reader.profile.forbids_line(line))
}

fn answer_bytes(lines: &Lines, command: &Command, word: Word, body: &str) -> usize {
    let echo = body.len().saturating_add(lines.ours.len()).saturating_add(lines.cancel.len());
    if word.part == Part::Body {
        return echo;
    }
    let count = match command.reply.first {
        First::None => 0,
        First::Text(_) | First::Value | First::Any => command.reply.then.len().saturating_add(1),
    };
    let line = lines.longest.max(command.reply.length).saturating_add(lines.theirs.len());
    let echo = if lines.echo == Echo::None { 0 } else { echo };
    line.saturating_mul(count).saturating_add(echo).saturating_add(lines.prompt.len())
}

/// What is left of an answer, or why there is no more of it.
type Left<'a> = Result<&'a [u8], Hearing>;

/// Reads the beginning of what came in.
pub(crate) fn hear<M: Told>(
    reader: &Reader<M>,
    lines: &Lines,
    heard: &Heard<'_, M, Word>,
    senses: &mut Vec<Sense<M>>,
) -> Hearing {
    let bytes = heard.bytes;
    let all = bytes.len();
    if heard.spoiled {
        return Hearing::Bad(all);
    }
    if let Some(hearing) = unasked(lines, bytes, senses) {
        return hearing;
    }
    let asked = heard.asked.and_then(|(word, _)| Some((word, reader.command(word)?)));
    let Some((word, command)) = asked else {
        let prompt = !lines.prompt.is_empty() && bytes.starts_with(&lines.prompt);
        return if prompt { Hearing::Unasked(lines.prompt.len()) } else { noise(lines, bytes) };
    };
    let rest = match echo(reader, lines, command, word, bytes) {
        Ok(rest) => rest,
        // What would turn on did not arrive as it was sent: it is given up, and off takes it back.
        Err(Hearing::Bad(_)) if word.part == Part::Body => {
            senses.push(Sense::Refused);
            return Hearing::Answer(1);
        }
        Err(hearing) => return hearing,
    };
    if word.part == Part::Body {
        return Hearing::Answer(all.saturating_sub(rest.len()));
    }
    match answer(reader, lines, (word, command), heard, rest, senses) {
        Ok(rest) => Hearing::Answer(all.saturating_sub(rest.len())),
        Err(hearing) => {
            senses.clear();
            if hearing == Hearing::More && too_long(lines, command, word, all) {
                return Hearing::Bad(all);
            }
            hearing
        }
    }
}

/// More than an answer can have. A run may show its progress for as long as it likes.
fn too_long(lines: &Lines, command: &Command, word: Word, count: usize) -> bool {
    let most = answer_bytes(lines, command, word, "").saturating_add(lines.longest);
    command.reply.progress.is_none() && most.saturating_mul(2) < count
}

/// A line that the unit says by itself, if the bytes begin with one.
fn unasked<M: Told>(lines: &Lines, bytes: &[u8], senses: &mut Vec<Sense<M>>) -> Option<Hearing> {
    let said = lines.unasked.iter().find(|own| begins(bytes, own.begins.as_bytes()))?;
    if bytes.len() < said.begins.len() {
        return Some(Hearing::More);
    }
    Some(match noise(lines, bytes) {
        Hearing::Bad(taken) if bytes.get(..taken)?.ends_with(&lines.theirs) => {
            if said.restarted {
                senses.push(Sense::Restarted);
            }
            Hearing::Unasked(taken)
        }
        hearing @ (Hearing::More
        | Hearing::Answer(_)
        | Hearing::Unasked(_)
        | Hearing::Passing(_)
        | Hearing::Bad(_)) => hearing,
    })
}

/// What nobody asked for: up to the end of its line, or as much as a line has at most, so that it
/// does not matter in which pieces it comes.
fn noise(lines: &Lines, bytes: &[u8]) -> Hearing {
    let most = lines.longest.saturating_add(lines.theirs.len()).max(1);
    let window = bytes.get(..most).unwrap_or(bytes);
    match next_line(lines, window) {
        Some((_, rest)) => Hearing::Bad(window.len().saturating_sub(rest.len())),
        None if bytes.len() < most => Hearing::More,
        None => Hearing::Bad(most),
    }
}

/// Whether bytes begin with a text, as far as they go.
fn begins(bytes: &[u8], text: &[u8]) -> bool {
    !bytes.is_empty() && bytes.iter().zip(text).all(|(found, wanted)| found == wanted)
}

/// What follows the echo of a word.
fn echo<'a, M: Told>(
    reader: &Reader<M>,
    lines: &Lines,
    command: &Command,
    word: Word,
    bytes: &'a [u8],
) -> Left<'a> {
    let bad = Err(Hearing::Bad(bytes.len()));
    let Some(body) = body(reader, command, word) else { return bad };
    let end = match lines.echo {
        Echo::None => return Ok(bytes),
        Echo::Line => &lines.theirs,
        Echo::Character => &lines.ours,
    };
    let mut sent = Vec::new();
    if word.part != Part::End {
        sent.extend(body.as_bytes());
    }
    if word.part != Part::Body {
        sent.extend(end);
    }
    if lines.capitals {
        sent.make_ascii_uppercase();
    }
    // Whether what cancels comes back too, the makers do not say.
    let cancels = word.is_off() && !lines.cancel.is_empty();
    let bytes = if cancels { bytes.strip_prefix(&*lines.cancel).unwrap_or(bytes) } else { bytes };
    match bytes.strip_prefix(&*sent) {
        Some(rest) => Ok(rest),
        None if bytes.is_empty() || begins(bytes, &sent) && bytes.len() < sent.len() => {
            Err(Hearing::More)
        }
        None => bad,
    }
}

/// The first line of some bytes, and what follows it.
fn next_line<'a>(lines: &Lines, bytes: &'a [u8]) -> Option<(&'a [u8], &'a [u8])> {
    if lines.theirs.is_empty() {
        return None;
    }
    let place = bytes.windows(lines.theirs.len()).position(|window| window == lines.theirs)?;
    let (line, rest) = bytes.split_at_checked(place)?;
    Some((line, rest.get(lines.theirs.len()..)?))
}

/// The next line of an answer: its progress, and lines that the unit says by itself, are passed over.
fn line<'a>(
    lines: &Lines,
    command: &Command,
    bytes: &'a [u8],
) -> Result<(&'a str, &'a [u8]), Hearing> {
    let mut rest = bytes;
    loop {
        while let (Some(progress), [first, after @ ..]) = (command.reply.progress, rest)
            && *first == progress
        {
            rest = after;
        }
        let (line, after) = if lines.theirs.is_empty() {
            rest.split_at_checked(command.reply.length).ok_or(Hearing::More)?
        } else {
            next_line(lines, rest).ok_or(Hearing::More)?
        };
        let text = core::str::from_utf8(line).ok().filter(|text| text.is_ascii());
        let text = text.filter(|text| text.len() <= lines.longest);
        let text = text.ok_or(Hearing::Bad(bytes.len()))?;
        if !lines.unasked.iter().any(|own| text.starts_with(own.begins.as_str())) {
            return Ok((text, after));
        }
        rest = after;
    }
}

/// What follows the answer to a word.
fn answer<'a, M: Told>(
    reader: &Reader<M>,
    lines: &Lines,
    (word, command): (Word, &Command),
    heard: &Heard<'_, M, Word>,
    bytes: &'a [u8],
    senses: &mut Vec<Sense<M>>,
) -> Left<'a> {
    let bad = Hearing::Bad(bytes.len());
    let reply = &command.reply;
    let mut rest = bytes;
    let mut reading = None;
    if reply.first != First::None {
        let (text, after) = line(lines, command, rest)?;
        if let Some(error) = lines.errors.iter().find(|own| text.starts_with(&own.begins)) {
            return no(word, error.severity, prompt(lines, after, bad)?, senses).ok_or(bad);
        }
        match &reply.first {
            First::None | First::Any => {}
            First::Text(wanted) if text == wanted => {}
            First::Text(_) => return Err(bad),
            First::Value => {
                reading = Some(reader.value(word).and_then(|own| own.read(text)).ok_or(bad)?)
            }
        }
        rest = after;
        for wanted in &reply.then {
            let (text, after) = line(lines, command, rest)?;
            if wanted.as_ref().is_some_and(|wanted| text != wanted) {
                return Err(bad);
            }
            rest = after;
        }
    }
    let rest = prompt(lines, rest, bad)?;
    reader.meaning(word, reading, heard.wanted, senses).ok_or(bad)?;
    Ok(rest)
}

/// What follows the prompt.
fn prompt<'a>(lines: &Lines, rest: &'a [u8], bad: Hearing) -> Left<'a> {
    match rest.strip_prefix(&*lines.prompt) {
        Some(rest) => Ok(rest),
        None if rest.is_empty() || begins(rest, &lines.prompt) => Err(Hearing::More),
        None => Err(bad),
    }
}

/// What follows a no. A question that is answered so was not answered.
fn no<'a, M: Told>(
    word: Word,
    severity: Severity,
    rest: &'a [u8],
    senses: &mut Vec<Sense<M>>,
) -> Option<&'a [u8]> {
    match severity {
        Severity::Lost => senses.push(Sense::Restarted),
        Severity::Garbled => return None,
        Severity::Refused if word.introduces() => senses.push(Sense::Plated(false)),
        Severity::Refused if word.is_poll() => return None,
        Severity::Refused => senses.push(Sense::Refused),
    }
    Some(rest)
}
