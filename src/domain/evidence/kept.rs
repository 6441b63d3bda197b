//! Comparisons as they are kept between two starts: the text and what it was read as, so that nothing is parsed again.
//! Whoever keeps them answers for the names in them. May not check texts; nothing that it reads back can need a deep stack.

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::expr::Comparison;
use super::tree::Test;

/// Text and test of one comparison.
#[derive(Deserialize)]
struct Kept<'a> {
    #[serde(borrow)]
    text: Cow<'a, str>,
    checked: Test,
}

impl Serialize for Comparison {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Kept<'a> {
            text: &'a str,
            checked: &'a Test,
        }
        Kept { text: self.text(), checked: self.checked() }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Comparison {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Kept { text, checked } = Kept::deserialize(deserializer)?;
        Ok(Self::kept(Arc::from(text), checked))
    }
}

/// A number inside a number: its parts in a row, operands before what joins them. A tree would be read back by recursion,
/// as deep as a damaged file says.
pub(super) mod flat {
    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::super::check::MAX_NODES;
    use super::super::tree::{Ask, Number, Operation};

    #[derive(Serialize, Deserialize)]
    enum Part {
        Literal(f64),
        Ask(Ask),
        Minus,
        Operation(Operation),
    }

    pub(in super::super) fn serialize<S: Serializer>(number: &Number, serializer: S) -> Result<S::Ok, S::Error> {
        let mut parts = Vec::new();
        take_apart(number, &mut parts);
        parts.serialize(serializer)
    }

    /// Numbers are as deep as the check lets them be.
    fn take_apart(number: &Number, parts: &mut Vec<Part>) {
        match number {
            Number::Literal(literal) => parts.push(Part::Literal(*literal)),
            Number::Ask(ask) => parts.push(Part::Ask(ask.clone())),
            Number::Minus(inner) => {
                take_apart(inner, parts);
                parts.push(Part::Minus);
            }
            Number::Operation(operation, left, right) => {
                take_apart(left, parts);
                take_apart(right, parts);
                parts.push(Part::Operation(*operation));
            }
        }
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Box<Number>, D::Error> {
        let parts: Vec<Part> = Vec::deserialize(deserializer)?;
        if parts.len() > MAX_NODES {
            return Err(D::Error::custom("too many parts"));
        }
        let mut open: Vec<Number> = Vec::new();
        for part in parts {
            let whole = match part {
                Part::Literal(literal) => Some(Number::Literal(literal)),
                Part::Ask(ask) => Some(Number::Ask(ask)),
                Part::Minus => open.pop().map(|inner| Number::Minus(Box::new(inner))),
                Part::Operation(operation) => {
                    let (right, left) = (open.pop(), open.pop());
                    left.zip(right).map(|(left, right)| Number::Operation(operation, Box::new(left), Box::new(right)))
                }
            };
            open.push(whole.ok_or_else(|| D::Error::custom("an operation without operands"))?);
        }
        let whole = open.pop().filter(|_| open.is_empty());
        whole.map(Box::new).ok_or_else(|| D::Error::custom("parts that make no number"))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Comparison, Names};

    fn names() -> Names {
        let signals = ["grounding", "latency_p99", "kb/2291"].map(str::to_owned).into();
        Names { signals, levers: None, providers: None }
    }

    #[test]
    fn what_is_kept_is_read_back_as_the_very_same_test() {
        let texts = [
            "grounding < 0.85",
            "ratio(latency_p99) > 2.5",
            "z(\"kb/2291\") >= -3",
            "-(value(grounding) + 2 * n(grounding)) / 3 != ratio(latency_p99) - -age(grounding)",
            "slope(grounding, \"1h\") < -0.02",
            "burn(grounding, \"1h\", \"5m\") > 14.4",
            "lag(\"prompt\") < \"10m\"",
            "!changed(\"prompt\", \"24h\")",
            "lever(\"model\") == \"v2\"",
            "provider_status(\"openai\") != \"none\"",
        ];
        for text in texts {
            let read = Comparison::parse(text, &names()).unwrap_or_else(|error| panic!("{text}: {error}"));
            let kept = postcard::to_allocvec(&read).expect("kept");
            let back: Comparison = postcard::from_bytes(&kept).expect("read back");
            assert_eq!(back.text(), text);
            assert_eq!(back.checked(), read.checked(), "{text}");
            for end in 0..kept.len() {
                assert!(postcard::from_bytes::<Comparison>(&kept[..end]).is_err(), "{text}: cut at {end}");
            }
        }
    }

    #[test]
    fn a_damaged_number_of_a_million_parts_is_refused_and_fills_no_stack() {
        let read = Comparison::parse("-grounding < 1", &names()).expect("read");
        let kept = postcard::to_allocvec(&read).expect("kept");
        // The parts of the number below the sign: two of them, `grounding` and nothing that joins it.
        let at = kept.windows(2).rposition(|pair| pair == [1, 1]).expect("one part, which asks");
        let mut hostile = kept[..at].to_vec();
        hostile.extend([0xc0, 0x84, 0x3d]);
        hostile.extend(std::iter::repeat_n(2, 1_000_000));
        hostile.extend(&kept[at + 1..]);
        assert!(postcard::from_bytes::<Comparison>(&hostile).is_err());
    }
}
