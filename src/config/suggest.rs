//! "Did you mean": the known word that is nearest to a mistyped one.

/// Longer words are no slip of the finger, and comparing them costs.
const LONGEST: usize = 64;

/// Beyond this many, a list of what is allowed helps nobody.
const LISTED: usize = 16;

/// The candidate that `word` was most likely meant to be, if one is near enough. Case, `-` and `_` do
/// not count, and a rule may be named without its family or under a wrong one.
pub fn closest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if word.chars().nth(LONGEST).is_some() {
        return None;
    }
    let word = plain(word);
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        if let Some(distance) = distance(&word, &plain(candidate))
            && best.is_none_or(|(least, _)| distance < least)
        {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// Help for a word that is none of `candidates`: the nearest one, else all of them if they are few.
pub(super) fn help<'a>(word: &str, candidates: impl Iterator<Item = &'a str> + Clone) -> Option<String> {
    if let Some(candidate) = closest(word, candidates.clone()) {
        return Some(format!("did you mean `{candidate}`?"));
    }
    let known: Vec<&str> = candidates.take(LISTED + 1).collect();
    (1..=LISTED).contains(&known.len()).then(|| format!("allowed: {}", known.join(", ")))
}

fn plain(word: &str) -> String {
    word.chars().filter(|c| !matches!(c, '-' | '_')).flat_map(char::to_lowercase).collect()
}

fn distance(word: &str, candidate: &str) -> Option<usize> {
    let whole = near(word, candidate);
    let (family, last) = word.rsplit_once('/').map_or((None, word), |(family, last)| (Some(family), last));
    let by_last_part = candidate.rsplit_once('/').and_then(|(_, candidate)| match family {
        None => near(last, candidate),
        Some(_) => (last == candidate).then_some(1),
    });
    whole.into_iter().chain(by_last_part).min()
}

fn near(word: &str, candidate: &str) -> Option<usize> {
    let (length, other) = (word.chars().count(), candidate.chars().count());
    let allowed = ((length + 2) / 4).min(4);
    if length.abs_diff(other) > allowed {
        return None;
    }
    Some(strsim::osa_distance(word, candidate)).filter(|distance| *distance <= allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_mended_and_other_words_are_left_alone() {
        let known = ["role", "client-label", "cnpg/weak-retention", "secrets/plaintext-secret", "workload/no-limits"];
        for (word, expected) in [
            ("rolle", Some("role")),
            ("rloe", Some("role")),
            ("clientLabel", Some("client-label")),
            ("client_label", Some("client-label")),
            ("weak-retention", Some("cnpg/weak-retention")),
            ("database/weak-retention", Some("cnpg/weak-retention")),
            ("secrets/plain-text-secret", Some("secrets/plaintext-secret")),
            ("workload/no-limit", Some("workload/no-limits")),
            ("xx", None),
            ("colour", None),
            ("secrets/other-thing", None),
            ("", None),
        ] {
            assert_eq!(closest(word, known), expected, "{word}");
        }
        assert_eq!(closest(&"role".repeat(100), known), None);
    }

    #[test]
    fn few_words_are_listed_and_many_are_not() {
        let few = ["app", "platform"];
        assert_eq!(help("zzz", few.into_iter()).as_deref(), Some("allowed: app, platform"));
        assert_eq!(help("ap", few.into_iter()).as_deref(), Some("did you mean `app`?"));
        let many: Vec<String> = (100..130).map(|n| format!("word-{n}")).collect();
        assert_eq!(help("zzz", many.iter().map(String::as_str)), None);
        assert_eq!(help("zzz", std::iter::empty()), None);
    }
}
