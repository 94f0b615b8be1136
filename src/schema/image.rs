//! Image references and what their tags promise: registry, repository, tag, digest, the PostgreSQL
//! version that the operator reads out of a tag, and whether the tag moves.

/// An image reference, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImageReference<'a> {
    /// The registry, where one is written.
    pub registry: Option<&'a str>,
    /// The repository, without registry and tag.
    pub repository: &'a str,
    /// The tag, where one is written.
    pub tag: Option<&'a str>,
    /// The digest with its algorithm, where one is written.
    pub digest: Option<&'a str>,
}

/// How firmly a reference holds on to one image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pinning {
    /// A digest: never another image.
    Digest,
    /// A tag with a build stamp or a build number: not built again.
    Build,
    /// A minor version whose image is built again under the same tag.
    Rebuilt,
    /// A major version alone: the next minor comes under the same tag.
    Major,
    /// No tag, or `latest`.
    Latest,
    /// A tag of which nothing is known.
    Unknown,
}

impl<'a> ImageReference<'a> {
    /// Takes a reference apart; none where it has no repository.
    pub fn parse(text: &'a str) -> Option<ImageReference<'a>> {
        let (name, digest) = match text.split_once('@') {
            Some((name, digest)) => (name, Some(digest).filter(|digest| digest.contains(':'))),
            None => (text, None),
        };
        let (name, tag) = match name.rsplit_once(':') {
            Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
            _ => (name, None),
        };
        let (registry, repository) = match name.split_once('/') {
            Some((host, rest)) if host.contains(['.', ':']) || host == "localhost" => (Some(host), rest),
            _ => (None, name),
        };
        if repository.is_empty() || text.contains(char::is_whitespace) {
            return None;
        }
        Some(ImageReference { registry, repository, tag: tag.filter(|tag| !tag.is_empty()), digest })
    }

    /// The version numbers that the tag begins with, as the operator reads them: the longest start of
    /// digits and dots. None where it reads none.
    pub fn version(&self) -> Option<(u32, Option<u32>)> {
        let tag = self.tag?;
        let end = tag.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(tag.len());
        let mut numbers = tag[..end].split('.').map(str::parse::<u32>);
        let major = numbers.next()?.ok()?;
        let minor = numbers.next().transpose().ok()?;
        if numbers.any(|number| number.is_err()) {
            return None;
        }
        Some((major, minor))
    }

    /// The PostgreSQL major version that the tag begins with.
    pub fn major(&self) -> Option<u32> {
        self.version().map(|(major, _)| major)
    }

    /// Whether it is the operator project's own PostgreSQL image, or a mirror that keeps its path.
    pub fn is_stock(&self) -> bool {
        self.repository == "cloudnative-pg/postgresql" || self.repository.ends_with("/cloudnative-pg/postgresql")
    }

    /// How firmly the reference holds on to one image.
    pub fn pinning(&self) -> Pinning {
        if self.digest.is_some() {
            return Pinning::Digest;
        }
        let Some(tag) = self.tag.filter(|tag| *tag != "latest") else { return Pinning::Latest };
        let mut parts = tag.split('-');
        let version = parts.next().unwrap_or_default();
        let numeric = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        let flavours = |mut parts: std::str::Split<'_, char>| {
            parts.all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase()))
        };
        if numeric(version) {
            return if flavours(parts) { Pinning::Major } else { Pinning::Unknown };
        }
        let is_minor = version.split_once('.').is_some_and(|(major, minor)| numeric(major) && numeric(minor));
        if !is_minor {
            return Pinning::Unknown;
        }
        if parts.clone().next().is_some_and(numeric) {
            return Pinning::Build;
        }
        // Only of the stock image is it known that a minor is built again under its tag.
        if self.is_stock() && flavours(parts) { Pinning::Rebuilt } else { Pinning::Unknown }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn references_are_taken_apart_as_registries_do() {
        for (text, registry, repository, tag, digest) in [
            (
                "ghcr.io/cloudnative-pg/postgresql:17.6",
                Some("ghcr.io"),
                "cloudnative-pg/postgresql",
                Some("17.6"),
                None,
            ),
            ("postgres", None, "postgres", None, None),
            ("shop/postgres:16", None, "shop/postgres", Some("16"), None),
            ("mirror:5000/postgres", Some("mirror:5000"), "postgres", None, None),
            ("mirror:5000/a/b:1@sha256:ab", Some("mirror:5000"), "a/b", Some("1"), Some("sha256:ab")),
            ("localhost/pg:1", Some("localhost"), "pg", Some("1"), None),
            ("pg@sha256:ab", None, "pg", None, Some("sha256:ab")),
        ] {
            let expected = ImageReference { registry, repository, tag, digest };
            assert_eq!(ImageReference::parse(text), Some(expected), "{text}");
        }
        for text in ["", ":16", "a b:16", "@sha256:ab"] {
            assert_eq!(ImageReference::parse(text), None, "{text}");
        }
    }

    #[test]
    fn the_version_is_the_start_of_the_tag() {
        for (tag, version) in [
            ("17", Some((17, None))),
            ("17.6", Some((17, Some(6)))),
            ("17.6-system-trixie", Some((17, Some(6)))),
            ("17-standard", Some((17, None))),
            ("19beta3", Some((19, None))),
            ("16.4_3", Some((16, Some(4)))),
            ("17.", None),
            ("17.x", None),
            ("v17", None),
            ("latest", None),
            ("99999999999", None),
        ] {
            let text = format!("shop/pg:{tag}");
            assert_eq!(ImageReference::parse(&text).expect("a reference").version(), version, "{tag}");
        }
    }

    #[test]
    fn tags_hold_on_to_an_image_more_or_less_firmly() {
        let stock = "ghcr.io/cloudnative-pg/postgresql";
        let mirror = "mirror.shop.example/ghcr/cloudnative-pg/postgresql";
        let custom = "ghcr.io/shop/pg-vector";
        for (name, tag, pinning) in [
            (stock, ":18", Pinning::Major),
            (stock, ":17-bookworm", Pinning::Major),
            (stock, ":18-standard-trixie", Pinning::Major),
            (custom, ":16", Pinning::Major),
            (custom, ":16-1.1.0", Pinning::Unknown),
            (custom, ":16-v0.3", Pinning::Unknown),
            (stock, ":17.6", Pinning::Rebuilt),
            (stock, ":17.6-system-trixie", Pinning::Rebuilt),
            (mirror, ":17.6", Pinning::Rebuilt),
            (custom, ":17.6", Pinning::Unknown),
            (custom, ":17.6-1", Pinning::Build),
            (stock, ":17.6-202509011213-system-trixie", Pinning::Build),
            (stock, ":17.5-22", Pinning::Build),
            (stock, ":17.5-22-bookworm", Pinning::Build),
            (stock, ":17.6.1", Pinning::Unknown),
            (stock, ":19beta2", Pinning::Unknown),
            (stock, ":latest", Pinning::Latest),
            (stock, "", Pinning::Latest),
            (stock, ":18@sha256:00", Pinning::Digest),
            (stock, "@sha256:00", Pinning::Digest),
        ] {
            let text = format!("{name}{tag}");
            assert_eq!(ImageReference::parse(&text).expect("a reference").pinning(), pinning, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic_and_its_parts_are_parts_of_it(text in "\\PC{0,40}") {
            if let Some(image) = ImageReference::parse(&text) {
                prop_assert!(text.contains(image.repository));
                prop_assert!(image.tag.is_none_or(|tag| text.contains(tag)));
                image.version();
                image.pinning();
            }
        }
    }
}
