//! The keys of a lever that is written in config. Data: what each means is built in the files beside it.

use super::super::shape::{Key, Shape, Takes, optional, required};

/// Keys of a lever that belong to recipes alone.
pub(in super::super) const KEYS: [&str; 13] = [
    "holds",
    "p",
    "read",
    "revision",
    "write",
    "write-to",
    "unset",
    "undo",
    "answer",
    "served",
    "versions",
    "settles-in",
    "exact-undo",
];

/// A question: how it is asked, and after that what of its answer is wanted.
macro_rules! question {
    ($about:literal, $($key:expr,)+) => {
        Shape { about: $about, keys: &[GET, POST, RUN, QUERY, HEADERS, BODY, $($key,)+] }
    };
}

pub(in super::super) static READ: Shape = question! {
    "A question that changes nothing, and where in its answer the setting stands.",
    optional("pointer", Takes::Pointer, "RFC 6901 pointer to the setting; without it the whole answer is text"),
    optional("select", Takes::Table(&SELECT), "the item of the list at `pointer`"),
    optional("decode", Takes::Word(decodings), "base64: what stands there is base64 of the setting"),
    optional("weights", Takes::Table(&WEIGHTS), "where the weights of a route stand, instead of `pointer`"),
    optional(
        "map",
        Takes::Values,
        "what the store calls our settings, for example { on = \"active\", off = \"draft\" }",
    ),
    optional("unset-on", Takes::List(&SIGN), "statuses, or \"400 some words\", that mean that nothing is set"),
    optional("unset-if-missing", Takes::YesNo, "an answer with nothing at `pointer` means that nothing is set"),
    optional(
        "missing-on",
        Takes::List(&SIGN),
        "statuses, or \"400 some words\", that mean that the lever is not there",
    ),
    optional("snapshot", Takes::Pointer, "pointer to the sub-resource that undo compares and restores"),
    optional("ignore", Takes::List(&Takes::Pointer), "pointers within the snapshot that every write renews"),
};

pub(in super::super) static REVISION: Shape = question! {
    "The store's version of the setting: in the answer to `read`, or to a question of its own.",
    optional("pointer", Takes::Pointer, "where it stands"),
    optional("header", Takes::Word(headers), "the header that holds it: etag"),
    required(
        "strength",
        Takes::Word(strengths),
        "strong: the store refuses a write against another; soft: it does not",
    ),
    optional("unset", Takes::Text, "what stands for it while nothing is set"),
};

pub(in super::super) static WRITE: Shape = Shape {
    about: "A request, or a command, that changes the setting.",
    keys: &[
        POST,
        optional("put", Takes::Text, "PUT to this path"),
        optional("patch", Takes::Text, "PATCH of this path"),
        optional("delete", Takes::Text, "DELETE of this path"),
        RUN,
        QUERY,
        HEADERS,
        BODY,
        optional("raw", Takes::Text, "a body that is no JSON"),
        optional("content-type", Takes::Text, "of the body; default application/json, text/plain for `raw`"),
        optional("map", Takes::Values, "what the store calls our settings in this write; default that of `read`"),
    ],
};

pub(in super::super) static ANSWER: Shape = Shape {
    about: "What counts as a yes to a write, and what as a lost race.",
    keys: &[
        optional("ok", Takes::List(&Takes::Whole), "statuses that are a yes; default every 2xx, or exit code 0"),
        optional("ok-if", Takes::Table(&OK_IF), "what must stand in the answer to a yes; anything else is a lost race"),
        optional(
            "conflict-on",
            Takes::List(&SIGN),
            "statuses, or \"500 some words\", by which the store says that it refused",
        ),
    ],
};

pub(in super::super) static VERSIONS: Shape = question! {
    "How the versions that a pointer may be moved to are listed.",
    optional("list", Takes::Pointer, "where the list stands, newest first; default the whole answer"),
    required("version", Takes::Pointer, "within an item: what the setting would be"),
    optional("note", Takes::Pointer, "within an item: its description"),
    optional("at", Takes::Pointer, "within an item: when it was made"),
    optional("text", Takes::Pointer, "within an item: its text, for the diff"),
};

static SELECT: Shape = Shape {
    about: "The item of a list whose field equals a text.",
    keys: &[
        required("field", Takes::Text, "the field of an item, or a pointer to it"),
        required("equals", Takes::Text, "what must stand there"),
        required("then", Takes::Pointer, "pointer within that item"),
    ],
};

static WEIGHTS: Shape = Shape {
    about: "Weights by target.",
    keys: &[
        required("list", Takes::Pointer, "a list of entries, or a table of numbers by target"),
        optional("key", Takes::Pointer, "within an entry: the target; without it `list` is a table"),
        optional("weight", Takes::Pointer, "within an entry: its weight; default /weight"),
        optional("scale", Takes::Whole, "what all weights sum to in the store; default 1"),
    ],
};

static OK_IF: Shape = Shape {
    about: "What must stand where.",
    keys: &[
        optional("pointer", Takes::Pointer, "where; default the whole answer"),
        required("is", Takes::OneOf(&[Takes::Text, Takes::Number, Takes::YesNo]), "what must stand there"),
    ],
};

const GET: Key = optional("get", Takes::Text, "GET of this path");
const POST: Key = optional("post", Takes::Text, "POST to this path");
const RUN: Key =
    optional("run", Takes::List(&Takes::Text), "command endpoints: the command and its arguments, without a shell");
const QUERY: Key = optional("query", Takes::Values, "values of the query, encoded as such");
const HEADERS: Key =
    optional("headers", Takes::Values, "further headers, for example { If-Match = \"{{rev}}\" }; never a secret");
const BODY: Key = optional("body", Takes::Text, "a JSON body; a text that is one placeholder keeps its type");
static SIGN: Takes = Takes::OneOf(&[Takes::Whole, Takes::Text]);

fn decodings() -> Vec<&'static str> {
    vec!["base64"]
}

fn headers() -> Vec<&'static str> {
    vec!["etag"]
}

fn strengths() -> Vec<&'static str> {
    vec!["strong", "soft"]
}

/// What a lever of a recipe may hold.
pub(in super::super) fn holds() -> Vec<&'static str> {
    vec!["switch", "pointer", "number", "percent", "weights"]
}
