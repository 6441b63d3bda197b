//! Evidence as written in files: a list of comparisons, or a table of `all`, `any`, `none`. Each comparison is parsed
//! by the domain; its place within the text becomes a place within the file. May not judge anything.

use crate::domain::evidence::{Comparison, Evidence, Names};

use super::shape::{Key, Takes, optional};
use super::source::Sink;
use super::view::{At, View, gathered};

pub(super) const ALL: Key = optional("all", Takes::List(&Takes::Text), "comparisons that must each hold");
pub(super) const ANY: Key = optional("any", Takes::List(&Takes::Text), "comparisons of which at least one must hold");
pub(super) const NONE: Key = optional("none", Takes::List(&Takes::Text), "comparisons of which none may hold");

/// One comparison; reports what is wrong with it.
pub(super) fn comparison(text: &At<&str>, names: &Names, sink: &mut Sink<'_>) -> Option<Comparison> {
    match Comparison::parse(text.is, names) {
        Ok(comparison) => Some(comparison),
        Err(error) => {
            let span = sink.source().inside_string(&text.span, error.at);
            sink.error(&span, error.message, error.hint);
            None
        }
    }
}

/// The lists `all`, `any`, `none` of a table.
pub(super) fn of_table(view: &View<'_>, names: &Names, sink: &mut Sink<'_>) -> Evidence {
    let mut list = |key: &str| {
        let texts = view.texts(key);
        gathered(texts.len(), texts.iter().filter_map(|text| comparison(text, names, sink)))
    };
    Evidence { all: list("all"), any: list("any"), none: list("none") }
}

/// Under `key`: a list (each must hold) or a table.
pub(super) fn under(view: &View<'_>, key: &str, names: &Names, sink: &mut Sink<'_>) -> Option<Evidence> {
    if let Some(table) = view.table(key) {
        return Some(of_table(&table, names, sink));
    }
    view.has(key).then(|| Evidence {
        all: view.texts(key).iter().filter_map(|text| comparison(text, names, sink)).collect(),
        ..Evidence::default()
    })
}
