//! Which values stand for a credential that has yet to be written, or that nobody reads. Defaults that would really
//! be applied, such as `changeme`, belong to `weak`.

use super::pattern::Pattern;

static PATTERN: Pattern = Pattern::any_case(concat!(
    r"^<[^<>]*>$|<(?:your|my|insert|add|the|put|enter|some|replace|change|todo|redacted|secret|password|token)(?-u:\b)[^<>]*>",
    r"|x{5,}|^[a-z]{0,4}[-_]?x{3,}(?:[-_]x+)*$|\*{3,}|^\*+$|\.{3,}|(?u:…)|^-+$|^_{2,}.*_{2,}$|^\[[a-z_ -]+\]$|^#+$|^\?+$",
    r"|^(?:update|insert|replace|fill|enter|put|add|set|provide|paste|generate|use|see|get)[-_ ](?:[a-z0-9_ -]|[^\x00-\x7f])+$",
    r"|^(?:replace|update|fixme|todo|tbd|fillme|setme)(?:me|this|it|d)?$",
    r"|(?-u:\b)your(?:[-_ ]|$)|(?-u:\b)_?your_|^your|(?-u:\b)my[-_](?:api|access|secret|auth)[-_]|placeholder|example|dummy|(?-u:\b)fake|^fake",
    r"|redacted|not[-_ ]?(?:used|needed|required|set|applicable|real|a[-_ ]secret|relevant)",
    r"|^(?:unused|none|no|null|nil|n/?a|empty|noop|no[-_]?auth|no[-_]?key|ignored?|ignore[-_]?me|blank|undefined|unset|optional|anonymous|anything|whatever|disabled|enabled|omitted|hidden|masked|unknown|managed)$",
    r"|^sk-(?:no-key|none|local|1234|dummy|fake|test)",
));

/// Whether nothing would authenticate with this value: `<your token>`, `xxxx`, `REPLACE_ME`, `none`, `dummy`.
pub fn is_placeholder(value: &str) -> bool {
    let value = value.trim();
    value.is_empty() || value.len() <= 400 && PATTERN.is_match(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values() {
        for (value, expected) in [
            ("", true),
            ("<YOUR TOKEN>", true),
            ("<generated>", true),
            ("xxxxxxxx", true),
            ("sk-xxx", true),
            ("********", true),
            ("__SHOP_TOKEN__", true),
            ("UPDATE_THIS_LATER", true),
            ("REPLACE_ME", true),
            ("your-token-here", true),
            ("token-placeholder", true),
            ("shop-example-token", true),
            ("dummy", true),
            ("fake-key", true),
            ("unused", true),
            ("none", true),
            ("no-auth", true),
            ("not-needed", true),
            ("TODO", true),
            ("changeme", false),
            ("hunter2", false),
            ("Tr0ub4dor&3", false),
            ("nonesuch", false),
            ("setter", false),
        ] {
            assert_eq!(is_placeholder(value), expected, "{value}");
        }
    }
}
