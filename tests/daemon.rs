//! The real daemon as a process of its own, on real ports, files, sockets and time.
//!
//! The simulated units live in the test, on ptys; a gateway is started on them, an operator drives
//! it over gRPC, and something goes wrong. The judges share no code with the gateway: the unit's own
//! true meter, the ledger's file as SQLite reads it afterwards, and what was logged and published.

mod audit;
mod boards;
mod buttons;
mod cables;
mod clients;
mod commands;
mod crashes;
mod crowds;
mod disk;
mod ends;
mod foreign;
pub(crate) mod house;
mod ledger;
mod operator;
mod prescriptions;
pub(crate) mod process;
mod profiles;
mod published;
mod releases;
mod sharers;
mod stops;
mod subscriber;
mod time;
mod traffic;
mod tunnel;
mod units;
mod watcher;
