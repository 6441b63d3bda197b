//! Reading values out of a table whose shape was checked. Accessors are silent about values of the wrong type, since
//! the check has reported them; what each value means is judged by the file that asks.

use std::ops::Range;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::domain::text;

use super::shape;

/// A value with its place in the file.
#[derive(Debug, Clone)]
pub(super) struct At<T> {
    pub(super) is: T,
    pub(super) span: Range<usize>,
}

/// Collects at most so many, without room that is never used: runbooks hold tens of thousands of such lists, and each page
/// of memory costs a start its time.
pub(super) fn gathered<T>(most: usize, found: impl Iterator<Item = T>) -> Vec<T> {
    let mut list = Vec::with_capacity(most);
    list.extend(found);
    list
}

/// A table with the place where it is named.
#[derive(Debug, Clone)]
pub(super) struct View<'a> {
    table: &'a DeTable<'a>,
    /// Where the table is named; missing things are reported here.
    pub(super) span: Range<usize>,
}

impl<'a> View<'a> {
    pub(super) fn root(table: &'a DeTable<'a>) -> Self {
        Self { table, span: 0..0 }
    }

    fn read<T>(&self, key: &str, read: impl FnOnce(&'a DeValue<'a>) -> Option<T>) -> Option<At<T>> {
        let value = self.table.get(key)?;
        read(value.get_ref()).map(|is| At { is, span: value.span() })
    }

    /// The value as it stands, whatever its type.
    pub(super) fn raw(&self, key: &str) -> Option<At<&'a DeValue<'a>>> {
        self.read(key, Some)
    }

    /// Where the key itself stands; the table's name if it is not there.
    pub(super) fn key_span(&self, key: &str) -> Range<usize> {
        self.table.get_key_value(key).map_or_else(|| self.span.clone(), |(key, _)| key.span())
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    pub(super) fn text(&self, key: &str) -> Option<At<&'a str>> {
        self.read(key, DeValue::as_str)
    }

    /// The text cleaned for the terminal, for titles and descriptions.
    pub(super) fn words(&self, key: &str) -> Option<String> {
        self.text(key).map(|found| text::clean(found.is))
    }

    /// The text as a typed name or word; silent if it is not one.
    pub(super) fn parsed<T: std::str::FromStr>(&self, key: &str) -> Option<At<T>> {
        self.text(key).and_then(|text| text.is.parse().ok().map(|is| At { is, span: text.span }))
    }

    pub(super) fn number(&self, key: &str) -> Option<At<f64>> {
        self.read(key, shape::number)
    }

    pub(super) fn whole(&self, key: &str) -> Option<At<u64>> {
        self.read(key, shape::whole)
    }

    pub(super) fn yes_no(&self, key: &str) -> Option<At<bool>> {
        self.read(key, DeValue::as_bool)
    }

    pub(super) fn duration(&self, key: &str) -> Option<At<Duration>> {
        self.read(key, |value| value.as_str().and_then(shape::duration))
    }

    pub(super) fn instant(&self, key: &str) -> Option<At<Timestamp>> {
        self.read(key, shape::instant)
    }

    pub(super) fn day(&self, key: &str) -> Option<At<Date>> {
        self.read(key, shape::day)
    }

    pub(super) fn table(&self, key: &str) -> Option<View<'a>> {
        let (name, value) = self.table.get_key_value(key)?;
        value.get_ref().as_table().map(|table| View { table, span: name.span() })
    }

    fn each(&self, key: &str) -> impl Iterator<Item = At<&'a DeValue<'a>>> {
        let items = self.table.get(key).and_then(|value| value.get_ref().as_array());
        let items: &[_] = items.map_or(&[], |items| items);
        items.iter().map(|item| At { is: item.get_ref(), span: item.span() })
    }

    /// Every item of a list.
    pub(super) fn items(&self, key: &str) -> Vec<At<&'a DeValue<'a>>> {
        self.each(key).collect()
    }

    /// True if there is a list with something in it.
    pub(super) fn has_items(&self, key: &str) -> bool {
        self.each(key).next().is_some()
    }

    /// The texts of a list.
    pub(super) fn texts(&self, key: &str) -> Vec<At<&'a str>> {
        let text = |item: At<&'a DeValue<'a>>| item.is.as_str().map(|is| At { is, span: item.span });
        self.each(key).filter_map(text).collect()
    }

    /// The whole numbers of a list.
    pub(super) fn wholes(&self, key: &str) -> Vec<At<u64>> {
        let whole = |item: At<&'a DeValue<'a>>| shape::whole(item.is).map(|is| At { is, span: item.span });
        self.each(key).filter_map(whole).collect()
    }

    /// The tables of a list.
    pub(super) fn tables(&self, key: &str) -> Vec<View<'a>> {
        let table = |item: At<&'a DeValue<'a>>| item.is.as_table().map(|table| View { table, span: item.span });
        self.each(key).filter_map(table).collect()
    }

    /// Tables by name, in file order.
    pub(super) fn named(&self, key: &str) -> Vec<(&'a str, View<'a>)> {
        self.table(key).map_or_else(Vec::new, |inner| {
            let tables = inner.entries().into_iter();
            tables
                .filter_map(|(name, at)| at.is.as_table().map(|t| (name.is, View { table: t, span: name.span })))
                .collect()
        })
    }

    /// The names under a key, whatever stands there: what counts as declared for cross-checks.
    pub(super) fn names(&self, key: &str) -> Vec<&'a str> {
        self.table(key).map_or_else(Vec::new, |inner| inner.entries().into_iter().map(|(name, _)| name.is).collect())
    }

    /// Every key.
    pub(super) fn keys(&self) -> impl Iterator<Item = At<&'a str>> {
        self.table.keys().map(|key| At { is: key.get_ref().as_ref(), span: key.span() })
    }

    /// Every key with its value, in file order.
    pub(super) fn entries(&self) -> Vec<(At<&'a str>, At<&'a DeValue<'a>>)> {
        let at = |value: &'a Spanned<DeValue<'a>>| At { is: value.get_ref(), span: value.span() };
        let mut entries: Vec<_> =
            self.table.iter().map(|(k, v)| (At { is: k.get_ref().as_ref(), span: k.span() }, at(v))).collect();
        entries.sort_by_key(|(name, _)| name.span.start);
        entries
    }
}
