//! Credentials that are known by their form alone, whatever the key: tokens of vendors, private keys.

use super::{Certainty, Credential, plain};
use aho_corasick::AhoCorasick;
use base64::{Engine, engine::general_purpose::STANDARD, engine::general_purpose::URL_SAFE_NO_PAD};
use memchr::memmem;
use regex::Regex;
use std::sync::{LazyLock, OnceLock};

/// What it is, what every one has in it, and its form.
const TOKENS: [(&str, &[&str], &str); 30] = [
    (
        "GitHub token",
        &["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"],
        r"(?-u:\b)(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{60,})",
    ),
    (
        "GitLab token",
        &["glpat-", "gldt-", "glrt-", "glptt-", "glcbt-"],
        r"(?-u:\b)gl(?:pat|dt|rt|ptt|cbt)-[A-Za-z0-9_-]{20,}",
    ),
    (
        "Slack token",
        &["xoxa-", "xoxb-", "xoxe-", "xoxo-", "xoxp-", "xoxr-", "xoxs-"],
        r"(?-u:\b)xox[abeoprs]-[A-Za-z0-9-]{20,}",
    ),
    ("Slack webhook", &["hooks.slack"], r"hooks\.slack\.com/services/T[A-Z0-9]{8,}/B[A-Z0-9]{8,}/[A-Za-z0-9]{20,}"),
    ("Discord webhook", &["/api/webhooks/"], r"discord(?:app)?\.com/api/webhooks/[0-9]{17,20}/[A-Za-z0-9_-]{60,}"),
    ("Telegram bot token", &[":AA"], r"(?-u:\b)[0-9]{8,10}:AA[A-Za-z0-9_-]{33}"),
    ("Stripe key", &["k_live_"], r"(?-u:\b)[sr]k_live_[A-Za-z0-9]{20,}"),
    (
        "OpenAI key",
        &["sk-"],
        r"(?-u:\b)sk-(?:proj|svcacct|admin)-[A-Za-z0-9_-]{40,}|(?-u:\b)sk-[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20}",
    ),
    ("Anthropic key", &["sk-ant-"], r"(?-u:\b)sk-ant-[a-z0-9]+-[A-Za-z0-9_-]{60,}"),
    ("npm token", &["npm_"], r"(?-u:\b)npm_[A-Za-z0-9]{36}"),
    ("PyPI token", &["pypi-"], r"(?-u:\b)pypi-AgE[A-Za-z0-9_-]{50,}"),
    ("SendGrid key", &["SG."], r"(?-u:\b)SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}"),
    ("Vault token", &["hvs.", "hvb."], r"(?-u:\b)hv[sb]\.[A-Za-z0-9_-]{24,}"),
    ("Tailscale key", &["tskey-"], r"(?-u:\b)tskey-[a-z]+-[A-Za-z0-9]{8,}-[A-Za-z0-9]{16,}"),
    ("1Password token", &["ops_eyJ"], r"(?-u:\b)ops_eyJ[A-Za-z0-9_-]{100,}"),
    ("age private key", &["AGE-SECRET"], r"(?-u:\b)AGE-SECRET-KEY-1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}"),
    ("Google API key", &["AIza"], r"(?-u:\b)AIza[A-Za-z0-9_-]{35}"),
    ("Google client secret", &["GOCSPX-"], r"(?-u:\b)GOCSPX-[A-Za-z0-9_-]{28}"),
    ("DigitalOcean token", &["doo_v1_", "dop_v1_", "dor_v1_"], r"(?-u:\b)do[opr]_v1_[0-9a-f]{64}"),
    (
        "Grafana token",
        &["glsa_", "glc_"],
        r"(?-u:\b)glsa_[A-Za-z0-9]{32}_[0-9a-f]{8}|(?-u:\b)glc_eyJ[A-Za-z0-9+/=]{40,}",
    ),
    ("Hugging Face token", &["hf_"], r"(?-u:\b)hf_[A-Za-z]{34}"),
    ("Docker Hub token", &["dckr_"], r"(?-u:\b)dckr_(?:pat|oat)_[A-Za-z0-9_-]{27,}"),
    ("Databricks token", &["dapi"], r"(?-u:\b)dapi[0-9a-f]{32}"),
    ("Shopify token", &["shpat_", "shpca_", "shppa_", "shpss_"], r"(?-u:\b)shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}"),
    ("Linear key", &["lin_api_"], r"(?-u:\b)lin_api_[A-Za-z0-9]{40}"),
    ("Pulumi token", &["pul-"], r"(?-u:\b)pul-[0-9a-f]{40}"),
    ("Doppler token", &["dp."], r"(?-u:\b)dp\.(?:pt|st|ct|sa)\.[A-Za-z0-9_.-]{40,}"),
    ("Ceph key", &["AQ"], r"(?-u:\b)AQ[A-Za-z0-9+/]{36}=="),
    (JWT, &["eyJ"], r"(?-u:\b)eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{20,}"),
    (AWS_ID, &["AKIA", "ASIA"], r"(?-u:\b)(?:AKIA|ASIA)[A-Z2-7]{16}(?-u:\b)"),
];

const JWT: &str = "JSON web token";
/// An identifier: useless without its secret, but never written down without a reason.
const AWS_ID: &str = "AWS access key id";

/// What starts a private key.
pub(super) const PEM_MARK: &str = "-----BEGIN ";
/// The same in base64.
pub(super) const ENCODED_PEM_MARK: &str = "LS0tLS1CRUdJTi";

/// What at least one of stands in every vendor token.
pub(super) fn hints() -> impl Iterator<Item = &'static str> {
    TOKENS.iter().flat_map(|(_, hints, _)| hints.iter().copied())
}

/// Tells which forms a text may have before any of them is compiled.
struct Hints {
    automaton: AhoCorasick,
    /// By pattern of the automaton: the number of the form.
    forms: Vec<usize>,
}

static HINTS: LazyLock<Hints> = LazyLock::new(|| Hints {
    automaton: AhoCorasick::new(hints()).expect("internal: a few short patterns fit an automaton"),
    forms: TOKENS.iter().enumerate().flat_map(|(form, (_, hints, _))| hints.iter().map(move |_| form)).collect(),
});

static FORMS: [OnceLock<Regex>; TOKENS.len()] = [const { OnceLock::new() }; TOKENS.len()];

fn form(number: usize) -> &'static Regex {
    FORMS[number].get_or_init(|| Regex::new(TOKENS[number].2).expect("internal: the pattern is valid"))
}

static PEM: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"-----BEGIN ((?:[A-Z0-9]+ ){0,3})PRIVATE KEY(?: BLOCK)?-----((?:\\[nr]|[A-Za-z0-9+/=\s]|[A-Za-z-]+: [^\n]*\n)*)(?:-----END [A-Z0-9 ]*-----)?")
        .expect("internal: the pattern is valid")
});

static ENCODED_PEM: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"LS0tLS1CRUdJTi[A-Za-z0-9+/\n]{40,}={0,2}").expect("internal: the pattern is valid"));

/// Shorter values hold none of these.
pub(super) const SHORTEST: usize = 20;

/// Every vendor token and private key in the text.
pub(super) fn find(text: &str, found: &mut Vec<Credential>) {
    if text.len() < SHORTEST {
        return;
    }
    find_tokens(text, found);
    if has(text, PEM_MARK) && has(text, "PRIVATE KEY") {
        for hit in PEM.captures_iter(text) {
            let (Some(whole), Some(label), Some(body)) = (hit.get(0), hit.get(1), hit.get(2)) else { continue };
            if is_key_body(body.as_str()) {
                let encrypted = label.as_str().contains("ENCRYPTED") || body.as_str().contains("Proc-Type");
                found.push(private_key(whole.range(), encrypted));
            }
        }
    }
    if has(text, ENCODED_PEM_MARK) {
        for hit in ENCODED_PEM.find_iter(text) {
            let packed: String = hit.as_str().chars().filter(|letter| *letter != '\n').collect();
            let Ok(decoded) = STANDARD.decode(&packed) else { continue };
            let inner = String::from_utf8_lossy(&decoded);
            if let Some(key) = PEM.captures(&inner)
                && key.get(2).is_some_and(|body| is_key_body(body.as_str()))
            {
                found.push(private_key(
                    hit.range(),
                    key.get(1).is_some_and(|label| label.as_str().contains("ENCRYPTED")),
                ));
            }
        }
    }
}

fn has(text: &str, mark: &str) -> bool {
    memmem::find(text.as_bytes(), mark.as_bytes()).is_some()
}

fn find_tokens(text: &str, found: &mut Vec<Credential>) {
    let mut hinted = [false; TOKENS.len()];
    for hit in HINTS.automaton.find_overlapping_iter(text) {
        hinted[HINTS.forms[hit.pattern().as_usize()]] = true;
    }
    for number in (0..TOKENS.len()).filter(|number| hinted[*number]) {
        let what = TOKENS[number].0;
        for hit in form(number).find_iter(text) {
            let before = &text[..hit.start()];
            // Random runs of base64 hold most prefixes by chance.
            let inside_run =
                before.ends_with('+') || before.ends_with('/') && !before.ends_with("//") && is_base64(hit.as_str());
            if inside_run || is_made_up(hit.as_str()) {
                continue;
            }
            let certainty = match what {
                AWS_ID => Certainty::Low,
                JWT => match jwt_certainty(hit.as_str()) {
                    Some(certainty) => certainty,
                    None => continue,
                },
                _ => Certainty::High,
            };
            found.push(Credential { what, certainty, range: hit.range(), weak_default: false });
        }
    }
}

fn is_base64(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='))
}

fn private_key(range: std::ops::Range<usize>, encrypted: bool) -> Credential {
    let certainty = if encrypted { Certainty::Low } else { Certainty::High };
    Credential { what: "private key", certainty, range, weak_default: false }
}

/// An elliptic-curve key has about 60 characters of body at least.
fn is_key_body(body: &str) -> bool {
    let letters = body.bytes().filter(|byte| byte.is_ascii_alphanumeric()).count();
    letters >= 56 && plain::entropy(body) >= 3.8
}

/// Tokens written by people for documents: `AKIA…EXAMPLE`, `ghp_xxxx…`, `ghp_1234567890…`.
fn is_made_up(token: &str) -> bool {
    let lower = token.to_ascii_lowercase();
    ["example", "xxxx", "0000000", "1234567", "abcdefg", "aaaaaa", "placeholder", "redacted"]
        .iter()
        .any(|part| lower.contains(part))
        || plain::entropy(token) < 3.0
}

/// `None` if it is no web token after all, low if its issuer says that it is one for demonstration.
fn jwt_certainty(token: &str) -> Option<Certainty> {
    let mut parts = token.split('.');
    let header = decoded(parts.next()?)?;
    let payload = decoded(parts.next()?)?;
    header.get("alg")?;
    let demonstration = payload
        .get("iss")
        .and_then(serde_json::Value::as_str)
        .is_some_and(|issuer| issuer.contains("demo") || issuer.contains("example"));
    Some(if demonstration { Certainty::Low } else { Certainty::High })
}

fn decoded(part: &str) -> Option<serde_json::Value> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TAIL: &str = "q7Rk2mVz9LpX4sTb8WcY3nHd6JfG5aQe1KuM0vBiZoPxNrStDw";

    fn of(text: &str) -> Vec<(&'static str, Certainty)> {
        let mut found = Vec::new();
        find(text, &mut found);
        for credential in &found {
            assert!(text.get(credential.range.clone()).is_some());
        }
        found.into_iter().map(|credential| (credential.what, credential.certainty)).collect()
    }

    fn pem(label: &str) -> String {
        format!("-----BEGIN {label}PRIVATE {}-----\n{TAIL}{TAIL}\n-----END {label}PRIVATE {}-----", "KEY", "KEY")
    }

    #[test]
    fn tokens() {
        for (text, expected) in [
            (format!("gh{}_{}", "p", &TAIL[..36]), "GitHub token"),
            (format!("url=https://gh{}_{}@host/x", "o", &TAIL[..36]), "GitHub token"),
            (format!("gl{}-{}", "pat", &TAIL[..20]), "GitLab token"),
            (format!("sk_{}_{}", "live", &TAIL[..24]), "Stripe key"),
            (format!("71936482{}:AA{}", "5", &TAIL[..33]), "Telegram bot token"),
            (format!("AQ{}==", &TAIL[..36]), "Ceph key"),
            (format!("hv{}.{}", "s", &TAIL[..30]), "Vault token"),
        ] {
            assert_eq!(of(&text), vec![(expected, Certainty::High)], "{text}");
        }
        assert_eq!(of(&format!("{}{}", "AKIA", "Q7RZ2MVXLPT4SWBC")), vec![(AWS_ID, Certainty::Low)]);
    }

    #[test]
    fn web_tokens_are_decoded() {
        let token = |issuer: &str| {
            let payload = format!(r#"{{"iss":"{issuer}"}}"#);
            let head = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256"}"#);
            format!("{head}.{}.{}", URL_SAFE_NO_PAD.encode(payload), &TAIL[..43])
        };
        assert_eq!(of(&token("shop")), vec![(JWT, Certainty::High)]);
        assert_eq!(of(&token("shop-demo")), vec![(JWT, Certainty::Low)]);
        assert_eq!(of(&format!("eyJ{}.eyJ{}.{TAIL}", &TAIL[..20], &TAIL[..20])), vec![]);
    }

    #[test]
    fn private_keys() {
        assert_eq!(of(&pem("")), vec![("private key", Certainty::High)]);
        assert_eq!(of(&pem("RSA ")), vec![("private key", Certainty::High)]);
        assert_eq!(of(&pem("ENCRYPTED ")), vec![("private key", Certainty::Low)]);
        assert_eq!(of(&format!("key: {}", STANDARD.encode(pem("EC ")))), vec![("private key", Certainty::High)]);
        assert_eq!(of(&pem("RSA ").replace(TAIL, "...")), vec![]);
        assert_eq!(of(&pem("").replace("PRIVATE", "PUBLIC")), vec![]);
    }

    #[test]
    fn made_up_tokens() {
        for text in [
            format!("gh{}_{}", "p", "x".repeat(36)),
            format!("gh{}_{}", "p", "1234567890".repeat(4)),
            format!("{}IOSFODNN7{}", "AKIA", "EXAMPLE"),
            "sk-short and eyJ alone".to_owned(),
        ] {
            assert_eq!(of(&text), vec![], "{text}");
        }
    }

    #[test]
    fn every_form_asks_for_one_of_its_hints() {
        for (number, (what, hints, pattern)) in TOKENS.iter().enumerate() {
            assert!(!form(number).is_match(""), "{what}");
            for hint in *hints {
                let bare: String = pattern.chars().filter(|letter| *letter != '\\').collect();
                let words = hint.split(['.', '_', '-', '/']).filter(|word| word.len() > 5);
                words.for_each(|word| assert!(bare.contains(word), "{what}: {hint}"));
            }
        }
    }
}
