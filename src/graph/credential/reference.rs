//! Which values only say where the credential comes from.

use regex::Regex;
use std::sync::LazyLock;

const PREFIXES: &[&str] = &[
    "op://",
    "vault:",
    "vault://",
    "ref+",
    "os.environ/",
    "os.environ[",
    "azure://",
    "$__file{",
    "$__env{",
    "ENC[",
    "env:",
    "env://",
    "file:",
    "file://",
    "secretref:",
    "secret://",
    "arn:aws:",
    "awssm://",
    "awsssm://",
    "gcpsm://",
    "sm://",
    "doppler://",
    "infisical://",
    "bws://",
    "keyring:",
    "akvs://",
    "!vault",
    "process.env",
    "$env:",
    "%(ENV",
    "k8s:",
    "kubernetes://",
    "sops://",
];

static WITHIN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"\$\{[^}]*\}|\$\([^)]*\)|\$\(\(|\{\{|<<[^>]*>>|\{%|#\{[^}]*\}|\[\[ ?[^\]]*\]\]|<(?:path|secret):[^>]*>",
        r"|^\$[A-Za-z_][A-Za-z0-9_]*$|^\{[A-Za-z_.:$][A-Za-z0-9_.:-]*\}$|^%[A-Za-z_][A-Za-z0-9_]*%$|^@@?[A-Za-z_]+@@?$",
        r"|^%[sv]$|%\([A-Za-z_]+\)s|^\$[A-Za-z0-9.-]+:[A-Za-z0-9._-]+$|^\$[0-9@]$|^`[^`]*`$",
    ))
    .expect("internal: the pattern is valid")
});

/// Whether the value is filled in or looked up by something else: `${V}`, `$(V)`, `{{ … }}`, `op://…`, `ENC[…`.
pub fn is_reference(value: &str) -> bool {
    let value = value.trim();
    PREFIXES.iter().any(|prefix| value.starts_with(prefix))
        || memchr::memchr3(b'$', b'{', b'<', value.as_bytes()).is_some() && WITHIN.is_match(value)
        || memchr::memchr3(b'%', b'@', b'[', value.as_bytes()).is_some() && WITHIN.is_match(value)
        || value.starts_with('`') && WITHIN.is_match(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values() {
        for (value, expected) in [
            ("${SHOP_TOKEN}", true),
            ("${SHOP_TOKEN:=none}", true),
            ("pre-$(SHOP_TOKEN)", true),
            ("$SHOP_TOKEN", true),
            ("$shop-oidc:client.secret", true),
            ("{shop.token}", true),
            ("{{ .Values.token }}", true),
            ("<< token >>", true),
            ("<path:kv/data/shop#token>", true),
            ("op://shop/site/token", true),
            ("vault:kv/data/shop#token", true),
            ("ref+awsssm://shop", true),
            ("os.environ/SHOP_TOKEN", true),
            ("$__file{/run/token}", true),
            ("%SHOP_TOKEN%", true),
            ("ENC[AES256_GCM,data:x]", true),
            ("  ${SHOP_TOKEN}\n", true),
            ("Tr0ub4dor&3", false),
            ("a$b", false),
            ("{}", false),
            ("", false),
            ("50%", false),
        ] {
            assert_eq!(is_reference(value), expected, "{value}");
        }
    }
}
