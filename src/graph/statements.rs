//! Which roles the SQL in a text creates: statements of a cluster's bootstrap, scripts of Jobs. It reads words,
//! not SQL, and says so where that is not enough.

/// What a text of SQL or shell creates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Created {
    /// Roles of these names, maybe none.
    Roles(Vec<String>),
    /// Roles whose names cannot be read.
    Unreadable,
}

/// Whether a text is of an init container that makes the database and the role it is told of: its image, or a variable.
pub fn is_of_initializer(text: &str) -> bool {
    let image = text.rsplit('/').next().and_then(|last| last.split(['@', ':']).next());
    image == Some("postgres-init") || text.starts_with("INIT_POSTGRES_")
}

/// The roles that the `CREATE` statements in a text make; a call of `createuser` cannot be read.
pub fn created_roles(text: &str) -> Created {
    let mut words = text.split(|letter: char| letter.is_whitespace() || matches!(letter, ';' | '(' | ')' | ','));
    let mut words = words.by_ref().filter(|word| !word.is_empty()).peekable();
    let mut names = Vec::new();
    while let Some(word) = words.next() {
        if word.rsplit('/').next() == Some("createuser") {
            return Created::Unreadable;
        }
        if !ends_with_word(word, "create") {
            continue;
        }
        let is_role = |word: &&str| ["role", "user", "group"].iter().any(|kind| word.eq_ignore_ascii_case(kind));
        let Some(kind) = words.next_if(is_role) else { continue };
        let mut name = words.next();
        let follows = |name: Option<&str>, next: Option<&&str>, pair: [&str; 2]| {
            name.is_some_and(|word| word.eq_ignore_ascii_case(pair[0]))
                && next.is_some_and(|word| word.eq_ignore_ascii_case(pair[1]))
        };
        // A mapping of users is none, yet a role may be called `mapping`, and even `if`.
        let mapped = ["for", "if"].iter().any(|word| follows(name, words.peek(), ["mapping", word]));
        if mapped && kind.eq_ignore_ascii_case("user") {
            continue;
        }
        if follows(name, words.peek(), ["if", "not"]) {
            words.next();
            words.next_if(|word| word.eq_ignore_ascii_case("exists"));
            name = words.next();
        }
        match name.and_then(identifier) {
            Some(name) => names.push(name),
            None => return Created::Unreadable,
        }
    }
    Created::Roles(names)
}

/// Whether the SQL or shell in a text makes databases.
pub fn creates_database(text: &str) -> bool {
    let mut words =
        text.split(|letter: char| letter.is_whitespace() || matches!(letter, ';' | '(' | ')' | ',')).peekable();
    while let Some(word) = words.next() {
        let follows = |next: Option<&&str>| next.is_some_and(|word| word.eq_ignore_ascii_case("database"));
        if word.rsplit('/').next() == Some("createdb") || ends_with_word(word, "create") && follows(words.peek()) {
            return true;
        }
    }
    false
}

/// The extensions that the `CREATE EXTENSION` statements in a text ask for.
pub fn created_extensions(text: &str) -> Vec<String> {
    let words = text.split(|letter: char| letter.is_whitespace() || matches!(letter, ';' | '(' | ')' | ','));
    let mut words = words.filter(|word| !word.is_empty()).peekable();
    let mut names = Vec::new();
    while let Some(word) = words.next() {
        if !ends_with_word(word, "create") || words.next_if(|next| next.eq_ignore_ascii_case("extension")).is_none() {
            continue;
        }
        for skipped in ["if", "not", "exists"] {
            words.next_if(|next| next.eq_ignore_ascii_case(skipped));
        }
        let name = words.next().map(|name| name.trim_matches(['"', '\'', '\\']));
        names.extend(name.filter(|name| !name.is_empty() && !name.contains(['$', '{', ':'])).map(str::to_lowercase));
    }
    names
}

/// Whether `word` is `ending`, with nothing but punctuation in front: a quote of a shell, say.
fn ends_with_word(word: &str, ending: &str) -> bool {
    let start = word.len().saturating_sub(ending.len());
    word.get(start..).is_some_and(|end| end.eq_ignore_ascii_case(ending))
        && word[..start].chars().all(|letter| !letter.is_alphanumeric() && letter != '_')
}

fn identifier(word: &str) -> Option<String> {
    let plain = |name: &str| {
        !name.is_empty() && name.chars().all(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '-'))
    };
    if let Some(quoted) = word.strip_prefix('"') {
        return quoted.strip_suffix('"').filter(|name| plain(name)).map(str::to_owned);
    }
    plain(word).then(|| word.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_are_read_out_of_statements() {
        for (text, roles) in [
            ("CREATE ROLE orders LOGIN;", Some(&["orders"][..])),
            ("create user Orders; CREATE ROLE \"Ledger\";", Some(&["orders", "Ledger"])),
            ("CREATE ROLE IF NOT EXISTS orders", Some(&["orders"])),
            ("psql -c \"CREATE USER orders\"", None),
            ("psql -c 'CREATE USER orders WITH LOGIN'", Some(&["orders"])),
            ("CREATE TABLE users (role text)", Some(&[])),
            ("CREATE USER MAPPING FOR orders SERVER s", Some(&[])),
            ("CREATE USER MAPPING IF NOT EXISTS FOR orders SERVER s", Some(&[])),
            ("CREATE ROLE mapping; CREATE ROLE if LOGIN", Some(&["mapping", "if"])),
            ("CREATE ROLE not; CREATE USER exists", Some(&["not", "exists"])),
            ("EXECUTE format('CREATE ROLE %I', name)", None),
            ("CREATE ROLE $NAME", None),
            ("CREATE ROLE", None),
            ("/usr/bin/createuser orders", None),
            ("recreate role x", Some(&[])),
            ("", Some(&[])),
        ] {
            let expected = match roles {
                Some(names) => Created::Roles(names.iter().map(|name| (*name).to_owned()).collect()),
                None => Created::Unreadable,
            };
            assert_eq!(created_roles(text), expected, "{text}");
        }
    }

    #[test]
    fn databases_are_made_by_statement_or_command() {
        for (text, makes) in [
            ("CREATE DATABASE orders;", true),
            ("psql -c 'create database orders'", true),
            ("/usr/bin/createdb orders", true),
            ("CREATE TABLE database (id int)", false),
            ("recreate database x", false),
            ("", false),
        ] {
            assert_eq!(creates_database(text), makes, "{text}");
        }
    }

    #[test]
    fn extensions_are_read_out_of_statements() {
        for (text, names) in [
            ("CREATE EXTENSION IF NOT EXISTS vchord CASCADE;", &["vchord"][..]),
            ("create extension \"uuid-ossp\"; CREATE EXTENSION PostGIS", &["uuid-ossp", "postgis"]),
            ("ALTER EXTENSION vchord UPDATE", &[]),
            ("CREATE EXTENSION :name", &[]),
            ("CREATE EXTENSION", &[]),
        ] {
            assert_eq!(created_extensions(text), names, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_plain_name_is_found_in_whatever_stands_around_it(name in "[a-z][a-z0-9_]{0,12}", before in "[ -;]{0,20}") {
            let text = format!("{before}; CREATE ROLE {name} LOGIN;");
            prop_assert_eq!(created_roles(&text), Created::Roles(vec![name]));
        }

        #[test]
        fn any_text_is_read_without_a_panic(text in "\\PC{0,60}") {
            created_roles(&text);
        }
    }
}
