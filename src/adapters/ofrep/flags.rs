//! One flag in a file of flagd's or of GO Feature Flag's: where its default variant stands and what it may be. Pure.

use std::path::Path;

use serde_json::Value;

use crate::adapters::file;
use crate::domain::lever::Setting;
use crate::domain::plan::{Check, CheckStatus};
use crate::domain::text;

/// Why a disabled flag is no lever.
const DISABLED: &str = "the flag is disabled, so that every product uses its own default whatever the variant is: that is no \
                        kill switch; enable the flag, and move its default variant";

/// A flag by its name.
#[derive(Debug, Clone, Copy)]
pub(super) struct Flag<'target> {
    name: &'target str,
    go: bool,
    path: &'target Path,
}

impl<'target> Flag<'target> {
    /// # Errors
    /// In words: a format that is none.
    pub(super) fn new(name: &'target str, format: &str, path: &'target str) -> Result<Self, String> {
        let go = match format {
            "flagd" => false,
            "go-feature-flag" => true,
            other => return Err(format!("{other:?} is no format; write \"flagd\" or \"go-feature-flag\"")),
        };
        Ok(Self { name, go, path: Path::new(path) })
    }

    pub(super) const fn name(&self) -> &'target str {
        self.name
    }

    /// The pointer to the flag.
    fn pointer(&self) -> String {
        let name = self.name.replace('~', "~0").replace('/', "~1");
        if self.go { format!("/{name}") } else { format!("/flags/{name}") }
    }

    /// The pointer to its default variant.
    pub(super) fn default_variant(&self) -> String {
        format!("{}{}", self.pointer(), if self.go { "/defaultRule/variation" } else { "/defaultVariant" })
    }

    fn of(&self, text: &str) -> Result<Value, String> {
        file::document(self.path, text)?
            .pointer(&self.pointer())
            .cloned()
            .ok_or_else(|| format!("the file has no flag {}", self.name))
    }

    fn disabled(&self, flag: &Value) -> bool {
        if self.go {
            flag.get("disable").and_then(Value::as_bool) == Some(true)
        } else {
            flag.get("state").and_then(Value::as_str) == Some("DISABLED")
        }
    }

    /// Whether the flag, as the file has it, takes `after` as its default variant.
    ///
    /// # Errors
    /// In words: it is disabled, or has no such variant.
    pub(super) fn takes(&self, text: &str, after: &Setting) -> Result<(), String> {
        let flag = self.of(text)?;
        if self.disabled(&flag) {
            return Err(DISABLED.to_owned());
        }
        let variants = flag.get(if self.go { "variations" } else { "variants" }).and_then(Value::as_object);
        let variants = variants.ok_or_else(|| format!("flag {} has no variants", self.name))?;
        if variants.keys().any(|variant| setting(variant) == *after) {
            return Ok(());
        }
        let known: Vec<&str> = variants.keys().map(String::as_str).collect();
        Err(format!("flag {} has no variant {after}; it has: {}", self.name, text::clean(&known.join(", "))))
    }

    /// What stands between the default variant and traffic.
    pub(super) fn checks(&self, text: &str) -> Vec<Check> {
        let Ok(flag) = self.of(text) else { return Vec::new() };
        let mut found = Vec::new();
        if self.disabled(&flag) {
            found.push(Check { name: "enabled".into(), status: CheckStatus::Fail, why: DISABLED.into() });
        }
        let aimed = match flag.get("targeting") {
            Some(Value::Object(rules)) => !rules.is_empty(),
            Some(Value::Array(rules)) => !rules.is_empty(),
            _ => false,
        };
        if aimed {
            let why = "targeting wins over the default variant: whom it names keeps what it says".into();
            found.push(Check { name: "reaches everybody".into(), status: CheckStatus::Warn, why });
        }
        found
    }
}

/// A variant as the file's lever reads it.
pub(super) fn setting(variant: &str) -> Setting {
    match variant {
        "on" => Setting::Switch(true),
        "off" => Setting::Switch(false),
        other => Setting::Pointer(other.to_owned()),
    }
}
