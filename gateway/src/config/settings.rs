//! Reads the settings of the gateway itself: where it listens, what it publishes, where it writes.

use std::{
    fmt,
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
};

use toml::Spanned;

use super::{files::Files, mistake::Kind, secret, table::Table};

/// The settings of the gateway itself.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The site, as topics name it.
    pub site: String,
    /// The gateway, as topics name it.
    pub gateway: String,
    /// Where gRPC is served, and to whom.
    pub grpc: Grpc,
    /// The broker.
    pub mqtt: Mqtt,
    /// Where metrics are served: on this machine alone, as nobody has to prove who they are there.
    pub metrics: SocketAddr,
    /// The folder of the ledger.
    pub data: PathBuf,
    /// With less space than this left for the ledger no session begins (JRN-02).
    pub reserve_bytes: u64,
    /// How many bytes the records of all runs may have together.
    pub record_bytes: u64,
    /// For how many days a record is kept.
    pub record_days: u32,
    /// What is logged.
    pub log: Log,
}

/// How gRPC is served.
#[derive(Clone, Debug)]
pub struct Grpc {
    /// The address.
    pub listen: SocketAddr,
    /// Who may call.
    pub security: Security,
}

/// Who may call the gateway.
#[derive(Clone, Debug)]
pub enum Security {
    /// Anybody on this machine. Only simulated units may then be opened.
    Loopback,
    /// Whoever holds a certificate of the clinic.
    Mutual(Tls),
}

/// How the gateway that reads the settings can serve. Certificates that nobody serves would be
/// worse than none: people would believe in them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Serves {
    /// On this machine alone, so `[grpc.tls]` is a mistake.
    Loopback,
    /// With certificates as well.
    Tls,
}

/// Where the certificates are.
#[derive(Clone, Debug)]
pub struct Tls {
    /// The chain of the gateway, as PEM.
    pub certificate: PathBuf,
    /// Its key, as PEM, readable by the gateway alone.
    pub key: PathBuf,
    /// The authority that signs clients, as PEM.
    pub clients: PathBuf,
}

/// The broker that the gateway publishes to.
#[derive(Clone, Debug)]
pub enum Mqtt {
    /// A broker inside the gateway, for this machine.
    Embedded {
        /// Its address.
        listen: SocketAddr,
    },
    /// A broker elsewhere.
    Broker {
        /// Its host.
        host: String,
        /// Its port.
        port: u16,
        /// What the gateway is called there.
        client_id: String,
        /// How it logs in, if it has to.
        login: Option<Login>,
    },
}

impl Mqtt {
    /// Where the password goes unencrypted over a network, if it does: this version speaks no TLS
    /// with a broker (SEC-08).
    pub fn clear_password_to(&self) -> Option<&str> {
        match self {
            Self::Broker { host, login: Some(_), .. } if !is_this_machine(host) => Some(host),
            Self::Broker { .. } | Self::Embedded { .. } => None,
        }
    }
}

fn is_this_machine(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    let loopback = address.is_ok_and(|address| address.to_canonical().is_loopback());
    loopback || host.eq_ignore_ascii_case("localhost")
}

/// How the gateway logs in at a broker.
#[derive(Clone, Debug)]
pub struct Login {
    /// The name.
    pub username: String,
    /// The password.
    pub password: Password,
}

/// A password that nobody may read in a log (SEC-08).
#[derive(Clone)]
pub struct Password(String);

impl Password {
    pub(super) const fn new(text: String) -> Self {
        Self(text)
    }

    /// The password, for whoever logs in.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(..)")
    }
}

/// What is logged, and how.
#[derive(Clone, Debug)]
pub struct Log {
    /// The directives of the filter.
    pub filter: String,
    /// The form of a line.
    pub format: LogFormat,
}

/// The form of a line of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For collectors.
    Json,
}

/// Reads the settings. `None` if something is missing; what, was noted.
pub(super) fn read(root: Table<'_>, files: &dyn Files, serves: Serves) -> Option<Settings> {
    let site = root.name("site");
    let gateway = root.name("gateway");
    let mut doors = Vec::new();
    let grpc = root.table("grpc").and_then(|table| grpc(table, files, serves, &mut doors));
    let mqtt = root.table("mqtt").and_then(|table| mqtt(table, files, &mut doors));
    let metrics = root.table("metrics").and_then(|table| {
        let listen = loopback(&table, "metrics ask nobody who they are", &mut doors);
        table.finish();
        listen
    });
    keep_apart(&root, doors);
    let data = root.table("data").and_then(|table| {
        let folder = table.text("folder");
        let reserve = table.whole("reserve_megabytes", RESERVE_LEAST..=RESERVE_MOST);
        let record = table.whole("record_megabytes", RECORD_LEAST..=RESERVE_MOST);
        let days = table.whole("record_days", 1..=DAYS_MOST);
        table.finish();
        Some((folder?, reserve?, record?, days?))
    });
    let log = root.table("log").and_then(log);
    root.finish();
    let (folder, reserve, record, days) = data?;
    Some(Settings {
        site: site?.into_inner(),
        gateway: gateway?.into_inner(),
        grpc: grpc?,
        mqtt: mqtt?,
        metrics: metrics?,
        data: files.resolve(folder.get_ref()),
        reserve_bytes: reserve.get_ref().saturating_mul(1_000_000),
        record_bytes: record.get_ref().saturating_mul(1_000_000),
        record_days: u32::try_from(days.into_inner()).ok()?,
        log: log?,
    })
}

fn grpc(
    table: Table<'_>,
    files: &dyn Files,
    serves: Serves,
    doors: &mut Vec<Door>,
) -> Option<Grpc> {
    let tls = table.maybe_table("tls").map(|table| {
        if serves == Serves::Loopback {
            let what = "[grpc.tls] is not served by this gateway yet";
            let fix = "delete it: callers would believe in certificates that nobody checks";
            table.page().wrong(Kind::Range, table.at(), what, fix);
        }
        tls(table, files)
    });
    let listen = match tls {
        Some(_) => listen(&table, doors).map(Spanned::into_inner),
        None => loopback(&table, "without [grpc.tls] nobody proves who calls", doors),
    };
    table.finish();
    let security = match tls {
        Some(tls) => Security::Mutual(tls?),
        None => Security::Loopback,
    };
    Some(Grpc { listen: listen?, security })
}

fn tls(table: Table<'_>, files: &dyn Files) -> Option<Tls> {
    let certificate = existing(&table, "certificate_file", files);
    let clients = existing(&table, "clients_file", files);
    let key = table.text("key_file");
    let key = key.and_then(|path| {
        secret::read(&table, &path, files, secret::Privacy::Required).map(|_| path)
    });
    table.finish();
    Some(Tls { certificate: certificate?, key: files.resolve(key?.get_ref()), clients: clients? })
}

fn mqtt(table: Table<'_>, files: &dyn Files, doors: &mut Vec<Door>) -> Option<Mqtt> {
    let embedded = table.maybe_table("embedded");
    let broker = table.maybe_table("broker");
    let mqtt = match (embedded, broker) {
        (Some(embedded), None) => {
            let listen = loopback(&embedded, "the embedded broker lets anybody in", doors);
            embedded.finish();
            listen.map(|listen| Mqtt::Embedded { listen })
        }
        (None, Some(broker)) => external(broker, files),
        (None, None) => {
            let what = "[mqtt] has neither `embedded` nor `broker`";
            let fix = "add the section `[mqtt.embedded]` or `[mqtt.broker]`";
            table.page().wrong(Kind::Missing, table.at(), what, fix);
            None
        }
        (Some(embedded), Some(_)) => {
            let what = "[mqtt] has both `embedded` and `broker`";
            let fix = "keep one: the gateway publishes to one broker";
            table.page().wrong(Kind::Contradiction, embedded.at(), what, fix);
            None
        }
    };
    table.finish();
    mqtt
}

fn external(table: Table<'_>, files: &dyn Files) -> Option<Mqtt> {
    let host = table.text("host");
    let port = table.whole("port", 1..=u64::from(u16::MAX));
    let client_id = table.name("client_id");
    let username = table.maybe_text("username");
    let file = table.maybe_text("password_file");
    let login = match (username, file) {
        (Some(username), Some(path)) => {
            let found = secret::read(&table, &path, files, secret::Privacy::Required);
            let password = found.and_then(|bytes| password(&table, &path, bytes));
            Some(password.map(|password| Login { username: username.into_inner(), password }))
        }
        (None, None) => None,
        (Some(lone), None) | (None, Some(lone)) => {
            let what = "`username` and `password_file` come together";
            table.wrong(&lone, Kind::Missing, what, "add the other, or delete this one");
            None
        }
    };
    table.finish();
    let login = match login {
        Some(login) => Some(login?),
        None => None,
    };
    Some(Mqtt::Broker {
        host: host?.into_inner(),
        port: u16::try_from(port?.into_inner()).ok()?,
        client_id: client_id?.into_inner(),
        login,
    })
}

fn password(table: &Table<'_>, path: &Spanned<String>, bytes: Vec<u8>) -> Option<Password> {
    let text = String::from_utf8(bytes).ok();
    let text = text.map(|text| text.trim_end_matches(['\r', '\n']).to_owned());
    let text = text.filter(|text| !text.is_empty() && !text.chars().any(char::is_control));
    if text.is_none() {
        let what = "the password file is empty or holds more than one line of text";
        table.wrong(path, Kind::Secret, what, "put the password on its only line");
    }
    text.map(Password::new)
}

fn log(table: Table<'_>) -> Option<Log> {
    let filter = table.text("filter");
    let format = table.word("format", &[("text", LogFormat::Text), ("json", LogFormat::Json)]);
    let is_filter = |filter: &Spanned<String>| {
        let parsed = filter.get_ref().parse::<tracing_subscriber::EnvFilter>();
        if parsed.is_err() {
            let fix = "write a level, or directives such as `info,gateway=debug`";
            table.wrong(filter, Kind::Range, "`log.filter` is no filter", fix);
        }
        parsed.is_ok()
    };
    let filter = filter.filter(is_filter);
    table.finish();
    Some(Log { filter: filter?.into_inner(), format: format?.into_inner() })
}

fn existing(table: &Table<'_>, key: &'static str, files: &dyn Files) -> Option<PathBuf> {
    let path = table.text(key)?;
    match files.read(path.get_ref()) {
        Ok(_) => Some(files.resolve(path.get_ref())),
        Err(error) => {
            let what = format!("the file of `{}` cannot be read: {error}", table.full(key));
            table.wrong(&path, Kind::File, what, RELATIVE);
            None
        }
    }
}

/// Where the gateway listens, and the name of the key that says so.
struct Door {
    name: String,
    listen: Spanned<SocketAddr>,
}

/// Port 0 is any that is free, and so never taken.
fn are_one(one: SocketAddr, other: SocketAddr) -> bool {
    let everywhere = one.ip().is_unspecified() || other.ip().is_unspecified();
    one.port() != 0 && one.port() == other.port() && (everywhere || one.ip() == other.ip())
}

/// Notes every door that stands where another stands already.
fn keep_apart(root: &Table<'_>, mut doors: Vec<Door>) {
    doors.sort_by_key(|door| door.listen.span().start);
    for (index, door) in doors.iter().enumerate() {
        let taken = |before: &&Door| are_one(*before.listen.get_ref(), *door.listen.get_ref());
        let Some(before) = doors.iter().take(index).find(taken) else { continue };
        let what = format!("`{}` and `{}` are one address and port", before.name, door.name);
        let fix = "give each a port of its own".to_owned();
        let page = root.page();
        let mistake = page.mistake(Kind::Contradiction, door.listen.span(), what, fix);
        page.mistakes.push(mistake.beside(before.listen.span(), "taken here"));
    }
}

/// An address on this machine.
fn loopback(table: &Table<'_>, why: &str, doors: &mut Vec<Door>) -> Option<SocketAddr> {
    let text = listen(table, doors)?;
    let address = *text.get_ref();
    if address.ip().is_loopback() {
        return Some(address);
    }
    let what = format!("`{}` is open to other machines: {why}", table.full(LISTEN));
    let fix = format!("listen on 127.0.0.1:{}", address.port());
    table.wrong(&text, Kind::Range, what, fix);
    None
}

fn listen(table: &Table<'_>, doors: &mut Vec<Door>) -> Option<Spanned<SocketAddr>> {
    let text = table.text(LISTEN)?;
    if let Ok(address) = text.get_ref().parse() {
        let listen = Spanned::new(text.span(), address);
        doors.push(Door { name: table.full(LISTEN), listen: listen.clone() });
        return Some(listen);
    }
    let what = format!("`{}` is no address and port", table.full(LISTEN));
    table.wrong(&text, Kind::Range, what, "write it like \"127.0.0.1:50051\"");
    None
}

/// The key of every address that the gateway listens at.
const LISTEN: &str = "listen";
/// Where files are looked for.
pub(super) const RELATIVE: &str = "a path is absolute, or relative to the folder of gateway.toml";

/// Whether a path is one that a port can have.
pub(super) fn is_port_path(path: &str) -> bool {
    Path::new(path).is_absolute() && !path.contains("..")
}

/// 100 MB: sessions of some hundred days (JRN-02).
const RESERVE_LEAST: u64 = 100;
/// 10 MB: minutes of a small clinic. Less records nothing that anybody can use.
const RECORD_LEAST: u64 = 10;
/// A century. More is a slip of the pen.
const DAYS_MOST: u64 = 36_500;
/// A petabyte. More is a slip of the pen.
const RESERVE_MOST: u64 = 1_000_000_000;
