//! The only user of reqwest. `ReadClient` and `WriteClient` are different types; a `WriteClient` exists only with a
//! `WritePermit`. No redirects, one total deadline, a cap on decompressed bytes, no retries of its own,
//! secrets bound to one origin and redacted, text cleaned at ingress. Commands run here too, under the same rules. May not know vendors beyond how each wants its
//! token.

mod address;
mod answer;
mod command;
mod connect;
mod credential;
mod exchange;
mod gated;
mod link;
mod names;
mod read;
mod redis;
mod refusal;
mod roots;
mod secret;
mod session;
mod traffic;
mod trouble;
mod write;

pub use address::segment;
pub use answer::Answer;
pub use command::{Executed, Ran, ReadCommand, WriteCommand};
pub use read::{Question, ReadClient};
pub use redis::{RedisClient, RedisSent, Reply};
pub use secret::Secret;
pub use traffic::TrafficClient;
pub use write::{Sent, WriteClient};
