//! Connection strings and words of a text that name a host.

use super::{Host, How, Mention, Part, siblings::is_host_key};
use crate::yaml::Value;
use memchr::memmem;
use std::ops::Range;

/// Commands whose options name a host, a port, a user and a database by one letter each.
const COMMANDS: &[&str] =
    &["psql", "pg_dump", "pg_dumpall", "pg_restore", "pg_isready", "pg_basebackup", "createdb", "createuser", "dropdb"];

/// Every host that `text` names. Of a host that is no part of a connection string `is_known` says whether it is the
/// name of a database service.
pub(super) fn read<'w>(
    text: &str,
    value: Value<'w>,
    key: &'w str,
    is_known: &dyn Fn(&str) -> bool,
) -> Vec<Mention<'w>> {
    let mut reader = Reader { value, key, found: Vec::new() };
    let whole = text.trim();
    if !whole.contains(char::is_whitespace) && reader.whole(whole, is_known) {
        return reader.found;
    }
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        // A folded or quoted text is one line, and a comment ends with it.
        if line.trim_start().starts_with(['#', ';']) {
            continue;
        }
        reader.line(&text[start..at], is_known);
    }
    reader.found
}

struct Reader<'w> {
    value: Value<'w>,
    key: &'w str,
    found: Vec<Mention<'w>>,
}

impl<'w> Reader<'w> {
    fn part(&self, text: &str) -> Option<Part<'w>> {
        (!text.is_empty()).then(|| Part { text: (!is_filled_in(text)).then(|| text.to_owned()), value: self.value })
    }

    fn mention(&self, how: How, host: Host) -> Mention<'w> {
        let none = || None;
        Mention {
            value: self.value,
            key: self.key,
            how,
            is_initial: false,
            host,
            port: none(),
            user: none(),
            database: none(),
            ssl_mode: none(),
        }
    }

    /// A value that is nothing but a host, maybe with a port or as `tcp://host:port`.
    fn whole(&mut self, text: &str, is_known: &dyn Fn(&str) -> bool) -> bool {
        let bare = match text.split_once("://") {
            Some((scheme, _)) if scheme != "tcp" => return false,
            Some((_, rest)) => rest.split(['/', '?', '#']).next().unwrap_or(rest),
            None => text,
        };
        let (name, port) = with_port(bare);
        let Some(host) = Host::read(name) else { return false };
        if !is_known(&host.service) || (host.namespace.is_none() && !is_host_key(self.key)) {
            return false;
        }
        let mut mention = self.mention(How::Whole, host);
        mention.port = port.and_then(|port| self.part(port));
        self.found.push(mention);
        true
    }

    fn line(&mut self, line: &str, is_known: &dyn Fn(&str) -> bool) {
        let mut taken: Vec<Range<usize>> = Vec::new();
        for at in memmem::find_iter(line.as_bytes(), b"://") {
            let scheme = line[..at].rsplit(|c: char| !(c.is_ascii_alphanumeric() || "+:.-".contains(c))).next();
            if scheme.is_some_and(is_database_scheme) {
                let start = at + 3;
                let end = start + url_length(&line[start..]);
                self.url(&line[start..end]);
                taken.push(start..end);
            }
        }
        if taken.is_empty() && self.keywords(line) {
            return;
        }
        if !line.contains("postgres") && !line.contains("host=") && !line.contains("host:") {
            return;
        }
        for (at, word) in words(line) {
            let outside = !taken.iter().any(|range| range.contains(&at));
            if let Some(host) = Host::read(word).filter(|host| outside && host.namespace.is_some())
                && is_known(&host.service)
            {
                self.found.push(self.mention(How::Word, host));
            }
        }
    }

    /// What follows `postgresql://`.
    fn url(&mut self, url: &str) {
        let (before, parameters) = split_outside(url, '?').map_or((url, ""), |at| (&url[..at], &url[at + 1..]));
        let (authority, database) =
            split_outside(before, '/').map_or((before, ""), |at| (&before[..at], &before[at + 1..]));
        let (user, hosts) = match authority.rfind('@') {
            Some(at) => (&authority[..at], &authority[at + 1..]),
            None => ("", authority),
        };
        let user = split_outside(user, ':').map_or(user, |at| &user[..at]);
        let parameter = |names: &[&str]| {
            let pairs = parameters.split(['&', ';']).filter_map(|pair| pair.split_once('='));
            pairs.filter(|(name, _)| names.contains(&name.to_ascii_lowercase().as_str())).map(|(_, text)| text).next()
        };
        let user = if user.is_empty() { parameter(&["user"]).unwrap_or("") } else { user };
        let database = if database.is_empty() { parameter(&["dbname"]).unwrap_or("") } else { database };
        for one in hosts.split(',') {
            let (name, port) = with_port(one);
            let Some(host) = Host::read(name) else { continue };
            let mut mention = self.mention(How::Dsn, host);
            mention.port = port.and_then(|port| self.part(port));
            mention.user = self.part(user);
            mention.database = self.part(database);
            mention.ssl_mode = parameter(&["sslmode", "ssl_mode", "ssl-mode"]).and_then(|mode| self.part(mode));
            self.found.push(mention);
        }
    }

    /// `host=... port=...`, or the options of a command.
    fn keywords(&mut self, line: &str) -> bool {
        let words: Vec<&str> = split_words(line);
        let is_command = words.iter().any(|word| COMMANDS.contains(&word.rsplit('/').next().unwrap_or(word)));
        let mut fields: [Option<&str>; 5] = [None; 5];
        let mut at = 0;
        while at < words.len() {
            let word = words[at];
            let next = words.get(at + 1).copied();
            at += 1;
            let (name, text) = match word.split_once('=') {
                Some((name, text)) => (name.trim_start_matches('-'), Some(text)),
                None if is_command && word.starts_with('-') => (word.trim_start_matches("--"), next),
                None => continue,
            };
            let place = match name {
                "host" | "PGHOST" => 0,
                "-h" if is_command => 0,
                "port" | "PGPORT" => 1,
                "-p" if is_command => 1,
                "user" | "username" | "PGUSER" => 2,
                "-U" if is_command => 2,
                "dbname" | "PGDATABASE" => 3,
                "-d" if is_command => 3,
                "sslmode" | "PGSSLMODE" => 4,
                _ => continue,
            };
            fields[place] = fields[place].or(text);
        }
        let Some(host) = fields[0].and_then(Host::read) else { return false };
        let mut mention = self.mention(How::Dsn, host);
        let part = |at: usize| fields[at].and_then(|text| self.part(text));
        (mention.port, mention.user, mention.database, mention.ssl_mode) = (part(1), part(2), part(3), part(4));
        self.found.push(mention);
        true
    }
}

/// Whether a URL of that scheme, as `jdbc:postgresql`, leads to PostgreSQL.
fn is_database_scheme(scheme: &str) -> bool {
    scheme.contains("postgres") || scheme.contains("pgsql") || scheme.contains("pgx")
}

/// Whether something else puts the text in: a variable, a template, an escape of a URL.
pub(super) fn is_filled_in(text: &str) -> bool {
    text.contains(['$', '{', '}', '<', '>', '%']) || text.starts_with("ENC[")
}

fn with_port(host: &str) -> (&str, Option<&str>) {
    match host.split_once(':') {
        Some((name, port)) => (name, Some(port)),
        None => (host, None),
    }
}

/// How far a URL goes: up to a blank, a quote or a bracket; what stands in braces may hold blanks.
fn url_length(text: &str) -> usize {
    let mut depth = 0u32;
    for (at, letter) in text.char_indices() {
        match letter {
            '{' | '(' | '<' => depth += 1,
            '}' | ')' | '>' if depth > 0 => depth -= 1,
            '\n' => return at,
            _ if depth > 0 => {}
            '"' | '\'' | '`' | '|' | '\\' | '>' | ')' | '}' | ']' => return at,
            _ if letter.is_whitespace() => return at,
            _ => {}
        }
    }
    text.len()
}

/// Where `letter` stands first outside of braces.
fn split_outside(text: &str, wanted: char) -> Option<usize> {
    let mut depth = 0u32;
    for (at, letter) in text.char_indices() {
        match letter {
            '{' | '(' => depth += 1,
            '}' | ')' => depth = depth.saturating_sub(1),
            _ if letter == wanted && depth == 0 => return Some(at),
            _ => {}
        }
    }
    None
}

/// The words of a line without the quotes around them; what stands in braces is one word.
fn split_words(line: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let (mut depth, mut start) = (0u32, 0);
    for (at, letter) in line.char_indices().chain([(line.len(), ' ')]) {
        match letter {
            '{' | '(' => depth += 1,
            '}' | ')' => depth = depth.saturating_sub(1),
            _ if (letter.is_whitespace() || matches!(letter, '"' | '\'' | ';')) && depth == 0 => {
                words.extend(Some(&line[start..at]).filter(|word| !word.is_empty()));
                start = at + letter.len_utf8();
            }
            _ => {}
        }
    }
    words
}

/// Words that may be a host, and where they start; none that something else is put into.
fn words(line: &str) -> impl Iterator<Item = (usize, &str)> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    let mut rest = 0;
    std::iter::from_fn(move || {
        let start = rest + line[rest..].find(is_part)?;
        let end = start + line[start..].find(|c| !is_part(c)).unwrap_or(line.len() - start);
        rest = end;
        Some((start, end))
    })
    .filter(|(start, end)| {
        let before = line[..*start].chars().next_back();
        let after = line[*end..].chars().next();
        let in_path = line[..*start].ends_with('/') && !line[..*start].ends_with("//");
        !in_path
            && !before.is_some_and(|c| matches!(c, '}' | ')' | '{' | '$' | '_' | '%'))
            && !after.is_some_and(|c| matches!(c, '$' | '{' | '_' | '%' | '('))
    })
    .map(|(start, end)| (start, &line[start..end]))
}
