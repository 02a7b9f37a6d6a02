//! The gRPC API `therapy.gateway.v1`: messages, servers and clients, generated from the `.proto`
//! files beside.
//!
//! This package knows no rule and no limit. It says what can be asked and answered; `gateway`
//! converts at its edge, by hand, and nothing behind that edge sees these types.

/// Version 1. Within it fields are only ever added.
#[allow(
    clippy::all,
    clippy::too_many_lines,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    missing_docs,
    unreachable_pub,
    unused_qualifications,
    reason = "generated code; a test asks for the comments in the .proto files"
)]
pub mod v1 {
    tonic::include_proto!("therapy.gateway.v1");
}

// What the messages are made of, so that whoever uses them needs no other package for it.
pub use prost::Message;
pub use prost_types::{Any, Timestamp};

/// All files of the API and those they import, comments included, as an encoded
/// `google.protobuf.FileDescriptorSet` for server reflection.
pub const FILE_DESCRIPTOR_SET: &[u8] = tonic::include_file_descriptor_set!("descriptors");

/// The domain of every `google.rpc.ErrorInfo`.
pub const ERROR_DOMAIN: &str = "therapy.gateway.v1";

impl v1::RefusalReason {
    /// The reason as `google.rpc.ErrorInfo` carries it, for example `STOPPED_SINCE`.
    #[must_use]
    pub fn error_reason(self) -> &'static str {
        let name = self.as_str_name();
        name.strip_prefix("REFUSAL_REASON_").unwrap_or(name)
    }
}
