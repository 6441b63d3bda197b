//! The protocol against bytes as a server sends them, and addresses as people write them.

use super::protocol::{packed, read};
use super::*;

async fn replied(bytes: &str) -> Result<Reply, Fault> {
    read(&mut BufReader::new(bytes.as_bytes())).await
}

#[test]
fn an_argument_can_hold_anything_without_ending_early() {
    assert_eq!(packed(&["GET", "a\r\nb"]), b"*2\r\n$3\r\nGET\r\n$4\r\na\r\nb\r\n");
}

#[tokio::test]
async fn every_kind_of_reply_is_read_and_everything_else_is_refused() {
    assert_eq!(replied("+OK\r\n").await, Ok(Reply::Text("OK".into())));
    assert_eq!(replied(":1\r\n").await, Ok(Reply::Number(1)));
    assert_eq!(replied("$2\r\non\r\n").await, Ok(Reply::Text("on".into())));
    assert_eq!(replied("$-1\r\n").await, Ok(Reply::Nothing));
    assert_eq!(replied("-NOPERM no\u{1b}[2J\r\n").await, Ok(Reply::Error("NOPERM no␛[2J".into())));
    assert!(matches!(replied("HTTP/1.1 400 Bad Request\r\n").await, Err(Fault::NotUnderstood { .. })));
    assert!(matches!(replied("$99999999999\r\n").await, Err(Fault::TooBig { .. })));
    assert!(matches!(replied("$5\r\non").await, Err(Fault::CutOff { .. })));
    assert!(matches!(replied("").await, Err(Fault::CutOff { .. })));
}

#[test]
fn an_address_names_host_port_and_database_and_never_a_password() {
    let place = |url: &str| Place::of(url).map(|place| (place.host, place.port, place.database, place.secure));
    assert_eq!(place("redis://kv"), Ok(("kv".into(), 6379, 0, false)));
    assert_eq!(place("rediss://[::1]:7000/3"), Ok(("::1".into(), 7000, 3, true)));
    for bad in ["http://kv", "redis://user:pw@kv", "redis://kv/zero", "kv:6379"] {
        assert!(matches!(place(bad), Err(Fault::BadAddress { .. })), "{bad}");
    }
}
