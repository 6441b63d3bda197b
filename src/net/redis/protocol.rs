//! The part of Redis' protocol (RESP2) that one command at a time needs. Caps every length before it allocates.

use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncReadExt as _};

use crate::domain::cause::Fault;

/// Most bytes of one reply.
const MOST_BYTES: u64 = 2 * 1024 * 1024;
/// A line is a number, a state or an error, never a value.
const MOST_LINE: u64 = 4 * 1024;

/// A reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// A state or a value.
    Text(String),
    /// A number.
    Number(i64),
    /// No value.
    Nothing,
    /// The server refused; its first word is the class.
    Error(String),
}

/// A command as bytes: an array of counted strings, so that no argument can end early.
pub(super) fn packed(command: &[&str]) -> Vec<u8> {
    let mut bytes = format!("*{}\r\n", command.len()).into_bytes();
    for argument in command {
        bytes.extend_from_slice(format!("${}\r\n", argument.len()).as_bytes());
        bytes.extend_from_slice(argument.as_bytes());
        bytes.extend_from_slice(b"\r\n");
    }
    bytes
}

/// Reads one reply.
///
/// # Errors
/// [`Fault::CutOff`], [`Fault::TooBig`], or [`Fault::NotUnderstood`] for what is no reply to such a command.
pub(super) async fn read(stream: &mut (impl AsyncBufRead + Unpin)) -> Result<Reply, Fault> {
    let line = line(stream).await?;
    let odd = || Fault::NotUnderstood { why: "not Redis' protocol".into() };
    let (kind, rest) = line.split_at_checked(1).ok_or_else(odd)?;
    match kind {
        "+" => Ok(Reply::Text(rest.to_owned())),
        "-" => Ok(Reply::Error(crate::domain::text::clean(rest))),
        ":" => rest.parse().map(Reply::Number).map_err(|_| odd()),
        "$" => match rest.parse::<i64>().map_err(|_| odd())? {
            -1 => Ok(Reply::Nothing),
            length => bulk(stream, u64::try_from(length).map_err(|_| odd())?).await,
        },
        _ => Err(odd()),
    }
}

async fn bulk(stream: &mut (impl AsyncBufRead + Unpin), length: u64) -> Result<Reply, Fault> {
    if length > MOST_BYTES {
        return Err(Fault::TooBig { cap: MOST_BYTES });
    }
    let mut bytes = vec![0; usize::try_from(length).unwrap_or(0) + 2];
    stream.read_exact(&mut bytes).await.map_err(|_| Fault::CutOff { received: 0 })?;
    bytes.truncate(bytes.len().saturating_sub(2));
    String::from_utf8(bytes)
        .map(Reply::Text)
        .map_err(|_| Fault::NotUnderstood { why: "a value that is not UTF-8 text".into() })
}

async fn line(stream: &mut (impl AsyncBufRead + Unpin)) -> Result<String, Fault> {
    let mut bytes = Vec::new();
    let read = (&mut *stream).take(MOST_LINE).read_until(b'\n', &mut bytes).await;
    let cut = Fault::CutOff { received: bytes.len() as u64 };
    if read.is_err() || bytes.is_empty() {
        return Err(cut);
    }
    match bytes.strip_suffix(b"\r\n") {
        Some(line) => {
            String::from_utf8(line.to_vec()).map_err(|_| Fault::NotUnderstood { why: "not Redis' protocol".into() })
        }
        None if bytes.len() as u64 == MOST_LINE => Err(Fault::NotUnderstood { why: "not Redis' protocol".into() }),
        None => Err(cut),
    }
}
