//! What the name of a key promises about its value. Decides on the last words of the name only.

use super::hint;

/// The sort of credential that a key name promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Password,
    Passphrase,
    Secret,
    Token,
    ApiKey,
    AccessKey,
    PrivateKey,
    EncryptionKey,
    /// `secretKey` in this spelling usually names a key of a Secret, `SECRET_KEY` does not.
    SecretKeyField,
    Key,
}

impl Kind {
    pub(super) fn what(self) -> &'static str {
        match self {
            Kind::Password => "password",
            Kind::Passphrase => "passphrase",
            Kind::Secret => "secret",
            Kind::Token => "token",
            Kind::ApiKey => "API key",
            Kind::AccessKey => "access key",
            Kind::PrivateKey => "private key",
            Kind::EncryptionKey => "encryption key",
            Kind::SecretKeyField | Kind::Key => "secret key",
        }
    }

    /// People choose it, so it may be a word; all others are generated.
    pub(super) fn is_password(self) -> bool {
        matches!(self, Kind::Password | Kind::Passphrase)
    }
}

const BEFORE_PASS: &[&str] = &[
    "db",
    "database",
    "smtp",
    "imap",
    "mail",
    "email",
    "user",
    "admin",
    "root",
    "redis",
    "mysql",
    "pg",
    "postgres",
    "mongo",
    "mongodb",
    "mariadb",
    "rabbitmq",
    "mqtt",
    "ldap",
    "bind",
    "http",
    "ftp",
    "sftp",
    "ssh",
    "vnc",
    "vpn",
    "wifi",
    "rcon",
    "auth",
    "basic",
    "proxy",
    "login",
    "keystore",
    "truststore",
    "sql",
    "influxdb",
    "registry",
];

const BEFORE_KEY: &[(&str, Kind)] = &[
    ("api", Kind::ApiKey),
    ("access", Kind::AccessKey),
    ("private", Kind::PrivateKey),
    ("encryption", Kind::EncryptionKey),
    ("encrypt", Kind::EncryptionKey),
    ("master", Kind::EncryptionKey),
    ("secret", Kind::Key),
    ("signing", Kind::Key),
    ("auth", Kind::Key),
    ("account", Kind::Key),
    ("license", Kind::Key),
    ("hmac", Kind::Key),
    ("app", Kind::Key),
    ("jwt", Kind::Key),
    ("session", Kind::Key),
    ("fernet", Kind::Key),
    ("unseal", Kind::Key),
    ("root", Kind::Key),
    ("deploy", Kind::Key),
    ("storage", Kind::Key),
    ("shared", Kind::Key),
    ("preshared", Kind::Key),
    ("psk", Kind::Key),
    ("webhook", Kind::Key),
];

const NEVER_FIRST: &[&str] = &[
    "allow", "use", "enable", "enabled", "disable", "disabled", "has", "auto", "existing", "max", "min", "require",
    "requires", "is", "no", "skip", "show", "hide", "generate", "create", "num", "with", "without",
];

const NEVER_ANYWHERE: &[&str] = &["public", "publishable", "anon", "anonymous", "existing", "allow", "empty"];

/// `nextPageToken`, `eos_token`, `cost_per_token` and their like are no secrets.
const BEFORE_HARMLESS_TOKEN: &[&str] = &[
    "per",
    "next",
    "page",
    "continue",
    "continuation",
    "eos",
    "bos",
    "pad",
    "stop",
    "unk",
    "sep",
    "cls",
    "mask",
    "id",
    "cancellation",
    "special",
    "max",
    "min",
];

/// Before `secret` these say that the value is the name of a Secret.
const BEFORE_SECRET_NAME: &[&str] = &[
    "pull",
    "tls",
    "ssl",
    "ca",
    "cert",
    "certificate",
    "certificates",
    "password",
    "passwd",
    "token",
    "key",
    "keys",
    "credential",
    "credentials",
    "kubeconfig",
    "config",
];

const JOINED: &[(&str, Kind)] = &[
    ("password", Kind::Password),
    ("passwd", Kind::Password),
    ("requirepass", Kind::Password),
    ("masterauth", Kind::Password),
    ("passphrase", Kind::Passphrase),
    ("apikey", Kind::ApiKey),
    ("secretkey", Kind::Key),
    ("accesskey", Kind::AccessKey),
    ("privatekey", Kind::PrivateKey),
    ("clientsecret", Kind::Secret),
    ("authtoken", Kind::Token),
    ("accesstoken", Kind::Token),
];

/// What a key of this name would hold, if it is a credential at all.
pub(super) fn kind(key: &str) -> Option<Kind> {
    if !hint::may_promise(key) {
        return None;
    }
    let words = words(key.rsplit('/').next().unwrap_or(key));
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let (last, before) = words.split_last()?;
    if words.first().is_some_and(|first| NEVER_FIRST.contains(first) && words.len() > 1)
        || words.iter().any(|word| NEVER_ANYWHERE.contains(word))
    {
        return None;
    }
    let previous = before.last().copied();
    let found = match *last {
        "password" | "passwords" | "passwd" | "pwd" | "passcode" => Some(Kind::Password),
        "passphrase" => Some(Kind::Passphrase),
        "pass" => previous.is_none_or(|word| BEFORE_PASS.contains(&word)).then_some(Kind::Password),
        "secret" => (!previous.is_some_and(|word| BEFORE_SECRET_NAME.contains(&word))).then_some(Kind::Secret),
        "token" | "tokens" => {
            (!previous.is_some_and(|word| BEFORE_HARMLESS_TOKEN.contains(&word))).then_some(Kind::Token)
        }
        "psk" => Some(Kind::Key),
        "cookie" => (previous == Some("erlang")).then_some(Kind::Secret),
        "key" => previous.and_then(key_after),
        "keys" => previous.filter(|word| matches!(*word, "api" | "unseal")).and_then(key_after),
        joined => JOINED.iter().find(|(end, _)| joined.ends_with(end)).map(|(_, kind)| *kind),
    };
    match found {
        Some(Kind::Key) if key.ends_with("ecretKey") => Some(Kind::SecretKeyField),
        found => found,
    }
}

fn key_after(word: &str) -> Option<Kind> {
    BEFORE_KEY.iter().find(|(name, _)| *name == word).map(|(_, kind)| *kind)
}

/// Whether the enclosing keys say that the values are names of keys or objects, or labels.
pub(super) fn parents_hold_names(parents: &[&str]) -> bool {
    parents.iter().any(|parent| {
        let words = words(parent);
        let Some(last) = words.last() else { return false };
        match last.as_str() {
            "ref" | "refs" | "mapping" | "mappings" | "names" | "labels" | "selector" | "properties"
            | "permissions" => true,
            "keys" => words.len() > 1 && words[words.len() - 2] != "api",
            "secrets" => words.len() > 1 && words[words.len() - 2] == "external",
            "secret" => words.first().is_some_and(|first| first == "existing"),
            _ => false,
        }
    })
}

/// Whether the value under a key of this name is public, however random it looks.
pub(super) fn names_a_public_value(key: &str) -> bool {
    let words = words(key);
    words.iter().any(|word| {
        matches!(
            word.as_str(),
            "id" | "ids"
                | "uuid"
                | "url"
                | "uri"
                | "host"
                | "hostname"
                | "server"
                | "endpoint"
                | "username"
                | "user"
                | "email"
                | "name"
                | "region"
                | "bucket"
                | "issuer"
                | "crt"
                | "cert"
                | "ca"
                | "pub"
                | "public"
                | "domain"
                | "client"
                | "account"
                | "version"
                | "checksum"
                | "sha256"
                | "digest"
                | "fingerprint"
                | "hash"
                | "path"
        )
    }) && kind(key).is_none()
}

/// The words of a name in lower case: `adminAPIKey_2` is admin, api, key.
pub(super) fn words(key: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    let mut rest = key.chars().peekable();
    let mut previous = ' ';
    while let Some(letter) = rest.next() {
        if !letter.is_ascii_alphanumeric() {
            push(&mut words, &mut word);
        } else {
            let ends_acronym = previous.is_ascii_uppercase() && rest.peek().is_some_and(char::is_ascii_lowercase);
            if letter.is_ascii_uppercase() && (!previous.is_ascii_uppercase() || ends_acronym) {
                push(&mut words, &mut word);
            }
            word.push(letter.to_ascii_lowercase());
        }
        previous = letter;
    }
    push(&mut words, &mut word);
    while words.len() > 1 && words.last().is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit())) {
        words.pop();
    }
    if let Some(last) = words.last_mut() {
        let letters = last.trim_end_matches(|letter: char| letter.is_ascii_digit()).len();
        if letters > 0 {
            last.truncate(letters);
        }
    }
    words
}

fn push(words: &mut Vec<String>, word: &mut String) {
    if !word.is_empty() {
        words.push(std::mem::take(word));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_split_into_words() {
        for (name, expected) in [
            ("adminAPIKey_2", "admin api key"),
            ("DB_PASSWORD", "db password"),
            ("smtp-pass1", "smtp pass"),
            ("tls.key", "tls key"),
            ("oauth2ClientSecret", "oauth2 client secret"),
            ("42", "42"),
            ("", ""),
        ] {
            assert_eq!(words(name).join(" "), expected, "{name}");
        }
    }

    #[test]
    fn names_that_promise_a_credential() {
        for (name, expected) in [
            ("BOOKS_DB_PASSWORD", Kind::Password),
            ("PGPASSWORD", Kind::Password),
            ("smtp_pass", Kind::Password),
            ("wifiPsk", Kind::Key),
            ("SHOP_API_KEY", Kind::ApiKey),
            ("shopApikey", Kind::ApiKey),
            ("oidc-client-secret", Kind::Secret),
            ("BOT_TOKEN_2", Kind::Token),
            ("SECRET_KEY", Kind::Key),
            ("secretKey", Kind::SecretKeyField),
            ("vendor.example/api-token", Kind::Token),
            ("RABBITMQ_ERLANG_COOKIE", Kind::Secret),
        ] {
            assert_eq!(kind(name), Some(expected), "{name}");
        }
    }

    #[test]
    fn names_that_only_speak_of_one() {
        for name in [
            "PASSWORD_FILE",
            "secretName",
            "passwordKey",
            "tokenKey",
            "tokenRef",
            "apiTokenSecretRef",
            "existingSecret",
            "auth.existingSecret",
            "MYSQL_ALLOW_EMPTY_PASSWORD",
            "USE_SECRET",
            "maxTokens",
            "cost_per_token",
            "USE_CF_BYPASS",
            "tokenExpiration",
            "passwordLength",
            "imagePullSecret",
            "tlsSecret",
            "RECAPTCHA_PUBLIC_KEY",
            "sortKey",
            "key",
            "id-token",
            "TOKEN_URL",
            "tokenTTL",
            "compass",
            "monkey",
            "",
        ] {
            assert_eq!(kind(name), None, "{name}");
        }
    }

    #[test]
    fn enclosing_keys_can_make_every_value_a_name() {
        assert!(parents_hold_names(&["auth", "secretKeys"]));
        assert!(parents_hold_names(&["remoteRef"]));
        assert!(!parents_hold_names(&["auth", "apiKeys"]));
        assert!(!parents_hold_names(&["controllers", "main", "env"]));
    }
}
