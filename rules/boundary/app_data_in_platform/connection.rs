//! Host and database of what an object tells its pods.

use crate::yaml::Value;

/// Host and database of a connection string, or of a mapping with a host and a database.
pub(super) fn connection<'w>(value: Value<'w>) -> Option<(&'w str, &'w str)> {
    if value.is_mapping() {
        let text = |keys: &[&str]| keys.iter().find_map(|key| value.get(key)).and_then(Value::known);
        return Some((text(&["host", "hostname"])?, text(&["database", "dbname", "dbName"])?))
            .map(|(host, database)| (host.split(':').next().unwrap_or(host), database));
    }
    let text = value.raw()?;
    url(text).or_else(|| keywords(text)).filter(|(host, database)| is_plain(host) && is_plain(database))
}

fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

fn url(text: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = text.split_once("://")?;
    // Before it may stand a key (`dsn=`), after it a driver (`postgresql+psycopg`).
    let scheme = scheme.rsplit(|c: char| !c.is_ascii_alphanumeric() && c != '+').next()?;
    if !matches!(scheme.split('+').next(), Some("postgres" | "postgresql")) {
        return None;
    }
    let (authority, path) = rest.split_once('/')?;
    let address = authority.rsplit_once('@').map_or(authority, |(_, address)| address);
    let host = address.split(':').next()?;
    let end = path.find(|c: char| c == '?' || c == '"' || c == '\'' || c.is_whitespace()).unwrap_or(path.len());
    Some((host, &path[..end]))
}

/// The form of libpq: `host=… dbname=…`.
fn keywords(text: &str) -> Option<(&str, &str)> {
    let word = |key: &str| text.split_whitespace().find_map(|word| word.strip_prefix(key)?.strip_prefix('='));
    Some((word("host")?, word("dbname")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connection_strings_give_host_and_database() {
        for (text, found) in [
            ("postgres://shop:x@main-rw.db:5432/shop?sslmode=require", Some(("main-rw.db", "shop"))),
            ("jdbc:postgresql://main-rw.db.svc/shop", Some(("main-rw.db.svc", "shop"))),
            ("postgresql+asyncpg://a@main-rw/shop", Some(("main-rw", "shop"))),
            ("DSN=\"postgres://main-rw.db/shop\"", Some(("main-rw.db", "shop"))),
            ("mypostgres://main-rw.db/shop", None),
            ("https://main-rw/shop", None),
            ("postgres://main-rw.db:5432", None),
        ] {
            assert_eq!(url(text), found, "{text}");
        }
        assert_eq!(keywords("host=main-rw.db port=5432 dbname=shop user=shop"), Some(("main-rw.db", "shop")));
        assert_eq!(keywords("host=main-rw.db"), None);
    }
}
