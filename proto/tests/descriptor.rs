//! Holds the API to its rules, as its own descriptor tells them: names, comments, units, request ids.
//!
//! What `buf lint` checks as well is checked here again where it needs no network.

use std::collections::{BTreeMap, BTreeSet};

use prost::Message;
use prost_types::{
    DescriptorProto, EnumDescriptorProto, FileDescriptorProto, FileDescriptorSet,
    MethodDescriptorProto, field_descriptor_proto::Type, method_options::IdempotencyLevel,
};
use proto::{FILE_DESCRIPTOR_SET, v1::RefusalReason};

/// API-01: these calls and no others; none sets power while a unit emits.
#[test]
fn the_api_is_these_calls() {
    let calls: Vec<String> =
        methods().into_iter().map(|(service, method)| call(&service, &method)).collect();
    assert_eq!(calls, CALLS);
}

#[test]
fn each_call_has_a_request_and_a_response_of_its_own() {
    let mut seen = BTreeSet::new();
    for (_, method) in methods() {
        for (found, suffix) in
            [(method.input_type(), "Request"), (method.output_type(), "Response")]
        {
            assert_eq!(found, format!(".{PACKAGE}.{}{suffix}", method.name()));
            assert!(seen.insert(found.to_owned()), "{found} is shared");
        }
    }
}

#[test]
fn everything_has_a_comment_that_is_a_sentence() {
    let mut count = 0;
    for file in files() {
        let comments = comments(&file);
        for (path, name) in elements(&file) {
            let comment = comments.get(&path).map_or("", |comment| comment.trim());
            let first = comment.trim_start_matches('`').chars().next();
            assert!(
                first.is_some_and(char::is_alphanumeric) && comment.ends_with(['.', '?']),
                "{}: {name} has no sentence: {comment:?}",
                file.name()
            );
            count += 1;
        }
    }
    assert!(count > 500, "only {count} elements were found");
}

#[test]
fn each_file_begins_with_a_sentence() {
    for file in files() {
        let path = format!("{}/{}", env!("CARGO_MANIFEST_DIR"), file.name());
        let text = std::fs::read_to_string(&path).expect("the source of a descriptor");
        let first = text.lines().next().unwrap_or_default();
        assert!(first.starts_with("// ") && first.ends_with('.'), "{path}: {first:?}");
        let long = text.lines().find(|line| line.chars().count() > 100);
        assert_eq!(long, None, "{path}: longer than 100 columns");
    }
}

#[test]
fn each_number_says_its_unit_last() {
    let mut plain = BTreeSet::new();
    for (message, field, kind) in fields() {
        assert!(!matches!(kind, Type::Float | Type::Double), "{message}.{field} is no integer");
        if !is_integer(kind) {
            continue;
        }
        match unit_of(&field) {
            Some(unit) => assert_unit_is_only_last(&field, unit),
            None => drop(plain.insert(field)),
        }
    }
    let known = NUMBERS_WITHOUT_UNIT.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(plain, known, "left: numbers without a unit, right: those that may be");
}

#[test]
fn each_quantity_says_its_unit_last() {
    let quantity = enums().into_iter().find(|one| one.name() == "Quantity").expect("Quantity");
    for value in &quantity.value {
        let name = value.name().to_lowercase();
        let name = name.strip_prefix("quantity_").expect("the prefix of the enum");
        if ["unspecified", "none", "count", "answer", "code"].contains(&name) {
            continue;
        }
        let unit = unit_of(name).unwrap_or_else(|| panic!("{name} ends in no unit"));
        assert_unit_is_only_last(name, unit);
    }
}

#[test]
fn each_enum_begins_with_unspecified_and_repeats_its_name() {
    for one in enums() {
        let prefix = format!("{}_", upper_snake(one.name()));
        assert_eq!(one.value[0].name(), format!("{prefix}UNSPECIFIED"));
        assert_eq!(one.value[0].number(), 0);
        for value in &one.value {
            assert!(value.name().starts_with(&prefix), "{} in {}", value.name(), one.name());
        }
    }
}

#[test]
fn what_changes_something_carries_a_request_id_and_a_stop_never_does() {
    let messages = messages();
    for (_, method) in methods() {
        let request = &messages[method.input_type().rsplit('.').next().expect("a name")];
        let has_id = request.field.iter().any(|field| field.name() == "request_id");
        let reads = idempotency(&method) == IdempotencyLevel::NoSideEffects;
        let stops = method.name().starts_with("Stop");
        assert_eq!(has_id, !reads && !stops, "{}", method.name());
        if has_id {
            assert_eq!(request.field[0].name(), "request_id", "{}", request.name());
            assert_eq!(request.field[0].number(), 1, "{}", request.name());
        }
    }
}

#[test]
fn each_refusal_is_a_reason_for_error_info_and_names_its_code() {
    let file = files()
        .into_iter()
        .find(|file| file.name().ends_with("/refusal.proto"))
        .expect("refusal.proto");
    let comments = comments(&file);
    for (index, value) in file.enum_type[0].value.iter().enumerate().skip(1) {
        let reason = RefusalReason::try_from(value.number()).expect("a value").error_reason();
        assert_eq!(format!("REFUSAL_REASON_{reason}"), value.name());
        assert!(reason.len() <= 63, "{reason} is too long for ErrorInfo");
        let path = [5, 0, 2, i32::try_from(index).expect("few values")];
        let comment = comments[path.as_slice()].trim();
        let code = comment.trim_end_matches('.').split_whitespace().next_back().expect("a word");
        assert!(CODES.contains(&code), "{reason} ends in {code}, which is no code");
    }
}

#[test]
fn names_use_the_words_of_the_clinic() {
    let names = files().into_iter().flat_map(|file| elements(&file)).map(|(_, name)| name);
    for name in names {
        let words = upper_snake(&name);
        let banned = words.split(['_', '.']).find(|word| BANNED_WORDS.contains(word));
        assert_eq!(banned, None, "{name}");
    }
}

/// The files of the API, without those they import.
fn files() -> Vec<FileDescriptorProto> {
    let set = FileDescriptorSet::decode(FILE_DESCRIPTOR_SET).expect("the descriptor set decodes");
    set.file.into_iter().filter(|file| file.package() == PACKAGE).collect()
}

fn methods() -> Vec<(String, MethodDescriptorProto)> {
    let mut services: Vec<_> = files().into_iter().flat_map(|file| file.service).collect();
    services.sort_by(|a, b| a.name().cmp(b.name()));
    services
        .into_iter()
        .flat_map(|service| {
            let name = service.name().to_owned();
            service.method.into_iter().map(move |method| (name.clone(), method))
        })
        .collect()
}

fn call(service: &str, method: &MethodDescriptorProto) -> String {
    let stream = |yes| if yes { "stream " } else { "" };
    let asked = stream(method.client_streaming());
    let answered = stream(method.server_streaming());
    format!("{service}.{} {asked}-> {answered}", method.name()).trim_end().to_owned()
}

fn idempotency(method: &MethodDescriptorProto) -> IdempotencyLevel {
    method
        .options
        .as_ref()
        .map_or(IdempotencyLevel::IdempotencyUnknown, |options| options.idempotency_level())
}

fn messages() -> BTreeMap<String, DescriptorProto> {
    let messages = files().into_iter().flat_map(|file| file.message_type);
    messages
        .inspect(|message| assert!(message.nested_type.is_empty() && message.enum_type.is_empty()))
        .map(|message| (message.name().to_owned(), message))
        .collect()
}

fn enums() -> Vec<EnumDescriptorProto> {
    files().into_iter().flat_map(|file| file.enum_type).collect()
}

fn fields() -> Vec<(String, String, Type)> {
    let fields = messages().into_iter().flat_map(|(message, descriptor)| {
        descriptor.field.into_iter().map(move |field| (message.clone(), field))
    });
    fields.map(|(message, field)| (message, field.name().to_owned(), field.r#type())).collect()
}

/// Comments by the path of what they stand above, as `SourceCodeInfo` numbers it.
fn comments(file: &FileDescriptorProto) -> BTreeMap<Vec<i32>, String> {
    let source = file.source_code_info.clone().expect("source information is included");
    source
        .location
        .into_iter()
        .filter_map(|location| Some((location.path, location.leading_comments?)))
        .collect()
}

/// Everything that a file declares: its path as `SourceCodeInfo` numbers it, and its name.
fn elements(file: &FileDescriptorProto) -> Vec<(Vec<i32>, String)> {
    let mut found = Vec::new();
    for (i, message) in (0..).zip(&file.message_type) {
        found.push((vec![4, i], message.name().to_owned()));
        for (j, field) in (0..).zip(&message.field) {
            found.push((vec![4, i, 2, j], format!("{}.{}", message.name(), field.name())));
        }
        for (j, oneof) in (0..).zip(&message.oneof_decl) {
            // The compiler declares a oneof with a leading underscore for each `optional`.
            if !oneof.name().starts_with('_') {
                found.push((vec![4, i, 8, j], format!("{}.{}", message.name(), oneof.name())));
            }
        }
    }
    for (i, one) in (0..).zip(&file.enum_type) {
        found.push((vec![5, i], one.name().to_owned()));
        for (j, value) in (0..).zip(&one.value) {
            found.push((vec![5, i, 2, j], value.name().to_owned()));
        }
    }
    for (i, service) in (0..).zip(&file.service) {
        found.push((vec![6, i], service.name().to_owned()));
        for (j, method) in (0..).zip(&service.method) {
            found.push((vec![6, i, 2, j], format!("{}.{}", service.name(), method.name())));
        }
    }
    found
}

fn is_integer(kind: Type) -> bool {
    use Type::{
        Bool, Bytes, Double, Enum, Fixed32, Fixed64, Float, Group, Int32, Int64, Sfixed32,
        Sfixed64, Sint32, Sint64, String, Uint32, Uint64,
    };
    match kind {
        Int32 | Int64 | Uint32 | Uint64 | Sint32 | Sint64 | Fixed32 | Fixed64 | Sfixed32
        | Sfixed64 => true,
        Bool | Bytes | Double | Enum | Float | Group | String | Type::Message => false,
    }
}

/// The longest unit that a name ends in.
fn unit_of(name: &str) -> Option<&'static str> {
    let ends = |unit: &&&str| name.strip_suffix(**unit).is_some_and(|rest| rest.ends_with('_'));
    UNITS.iter().filter(ends).max_by_key(|unit| unit.len()).copied()
}

fn assert_unit_is_only_last(name: &str, unit: &str) {
    let rest = name.strip_suffix(unit).expect("the name ends in its unit");
    let early = rest.split('_').find(|word| {
        ["milli", "micro", "nano", "pico"].iter().any(|prefix| word.starts_with(prefix))
    });
    assert_eq!(early, None, "{name} says a unit before its last one, {unit}");
}

fn upper_snake(name: &str) -> String {
    let mut out = String::new();
    let mut after_lower = false;
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && after_lower {
            out.push('_');
        }
        after_lower = letter.is_ascii_lowercase() || letter.is_ascii_digit();
        out.push(letter.to_ascii_uppercase());
    }
    out
}

const PACKAGE: &str = "therapy.gateway.v1";

const CALLS: [&str; 16] = [
    "MaintenanceService.MonitorUnit -> stream",
    "MaintenanceService.ProveRelay ->",
    "MaintenanceService.AttestMeterCheck ->",
    "MaintenanceService.VerifyAudit ->",
    "SafetyService.ListCauses ->",
    "SafetyService.Release ->",
    "SafetyService.Review ->",
    "SessionService.CheckPrescription ->",
    "SessionService.Operate stream -> stream",
    "SessionService.Stop ->",
    "SessionService.StopAll ->",
    "SessionService.WatchSession -> stream",
    "UnitService.GetVersion ->",
    "UnitService.ListUnits ->",
    "UnitService.GetUnit ->",
    "UnitService.WatchUnits -> stream",
];

const UNITS: [&str; 21] = [
    "days",
    "frames",
    "hundredths",
    "microjoules",
    "microseconds",
    "microtesla_seconds",
    "microteslas",
    "millidegrees_celsius",
    "millihertz",
    "millijoules",
    "millijoules_per_square_centimetre",
    "millimetres",
    "milliseconds",
    "milliteslas_per_second",
    "milliwatts",
    "milliwatts_per_second",
    "milliwatts_per_square_centimetre",
    "nanometres",
    "nanoseconds",
    "permille",
    "square_millimetres",
];

/// Numbers that measure nothing, and why each has no unit in its name.
const NUMBERS_WITHOUT_UNIT: [(&str, &str); 15] = [
    ("beacon_sequence", "names a beacon"),
    ("bound", "its unit is in `quantity`"),
    ("course_sessions", "counts sessions"),
    ("epoch", "counts stops"),
    ("line", "names a line of a file"),
    ("missed", "counts stretches of traffic"),
    ("pulses", "counts pulses"),
    ("pulses_per_train", "counts pulses"),
    ("quantised", "its unit is in `quantity`"),
    ("requested", "its unit is in `quantity`"),
    ("revision", "counts changes"),
    ("sequence", "counts beacons, or records of the audit"),
    ("stationary_points", "counts points"),
    ("token", "names a hold"),
    ("trains", "counts trains"),
];

const CODES: [&str; 9] = [
    "ABORTED",
    "DEADLINE_EXCEEDED",
    "FAILED_PRECONDITION",
    "INVALID_ARGUMENT",
    "NOT_FOUND",
    "OUT_OF_RANGE",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "UNAVAILABLE",
];

const BANNED_WORDS: [&str; 8] =
    ["DATA", "DEVICE", "HANDLER", "HELPER", "INFO", "MANAGER", "UTIL", "VERDICT"];
