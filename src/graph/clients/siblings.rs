//! The variables or keys that stand beside the one that names a host: `DB_PORT` beside `DB_HOST`.

use super::dsn::is_filled_in;
use super::{Mention, Part};
use crate::yaml::{Identity, Value};
use base64::{Engine, engine::general_purpose::STANDARD};
use foldhash::HashMap;

/// What a name that holds a host ends with.
const HOST_ENDS: &[&str] = &["hostname", "host", "server", "address", "addr"];

/// Where the value that names a host stands.
#[derive(Clone, Copy, Debug)]
pub(super) enum Home<'w> {
    /// Under a key.
    Mapping(Value<'w>),
    /// In a list of entries with `name` and `value`.
    List(Value<'w>),
}

/// Whether what is called so holds a host.
pub(super) fn is_host_key(key: &str) -> bool {
    stem(key).is_some()
}

/// What stands before `host` in the name of a variable or a key, without the case: `db_` in `DB_HOST`.
fn stem(key: &str) -> Option<String> {
    let lower = key.to_ascii_lowercase();
    HOST_ENDS.iter().find_map(|end| lower.strip_suffix(end)).map(str::to_owned)
}

/// Remembers the names of the values in a collection.
pub(super) fn register<'w>(collection: Value<'w>, homes: &mut HashMap<Identity, (&'w str, Home<'w>)>) {
    for item in collection.items().filter(|item| item.is_mapping()) {
        if let (Some(name), Some(value)) = (item.get("name").and_then(Value::as_str), item.get("value")) {
            homes.insert(value.identity(), (name, Home::List(collection)));
        }
    }
    for (key, child) in collection.entries() {
        let inner = if child.is_mapping() { child.get("value") } else { Some(child) };
        // Entries of lists have told their names before.
        if let Some(value) = inner.filter(|value| value.style().is_some()) {
            homes.entry(value.identity()).or_insert((key, Home::Mapping(collection)));
        }
    }
}

impl<'w> Home<'w> {
    /// Adds what is said beside the host. Texts in `data` of a Secret are packed.
    pub(super) fn complete(self, mention: &mut Mention<'w>, secret: bool) {
        let Some(stem) = stem(mention.key) else { return };
        let packed = secret && matches!(self, Home::Mapping(home) if home.key() == Some("data"));
        let named = stem.ends_with("db_") || stem.contains("postgres") || stem.contains("database");
        let parent = match self {
            Home::Mapping(home) if stem.is_empty() => home.key().unwrap_or_default().to_ascii_lowercase(),
            _ => String::new(),
        };
        let named = named || parent.contains("database") || parent.contains("postgres") || parent == "db";
        let entries = self.entries();
        // The chart then takes the user from a Secret, whatever stands beside.
        let keyed = entries.iter().any(|(key, value)| {
            let lower = key.to_ascii_lowercase();
            lower.starts_with("existingsecret")
                && lower.contains("user")
                && value.raw().is_some_and(|key| !key.is_empty())
        });
        for (key, value) in entries {
            let lower = key.to_ascii_lowercase();
            let Some(rest) = lower.strip_prefix(&*stem) else { continue };
            let place = match rest {
                "port" => &mut mention.port,
                "user" | "username" | "usr" => &mut mention.user,
                "database" | "dbname" | "db" | "db_name" | "maindb" | "databasename" | "database_name" => {
                    &mut mention.database
                }
                "name" if named => &mut mention.database,
                "sslmode" | "ssl_mode" | "ssl-mode" => &mut mention.ssl_mode,
                _ => continue,
            };
            if place.is_none() {
                let found = part(value, packed);
                let hidden = keyed && rest.starts_with("us");
                *place = Some(if hidden { Part { text: None, ..found } } else { found });
            }
        }
    }

    fn entries(self) -> Vec<(&'w str, Value<'w>)> {
        match self {
            Home::Mapping(home) => home.entries().collect(),
            Home::List(home) => {
                let named = |item: Value<'w>| Some((item.get("name")?.as_str()?, item.get("value").unwrap_or(item)));
                home.items().filter_map(named).collect()
            }
        }
    }
}

fn part(value: Value<'_>, packed: bool) -> Part<'_> {
    let value = value.get("value").unwrap_or(value);
    let raw = value.raw().map(str::to_owned);
    let text = if packed { raw.and_then(unpacked) } else { raw };
    Part { text: text.filter(|text| !text.is_empty() && !is_filled_in(text)), value }
}

fn unpacked(text: String) -> Option<String> {
    String::from_utf8(STANDARD.decode(text.trim()).ok()?).ok()
}
