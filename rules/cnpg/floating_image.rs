//! PostgreSQL images that change under the same reference.

use crate::declare_rule;
use crate::finding::Confidence;
use crate::graph::cnpg::Cluster;
use crate::graph::{Any, View};
use crate::manifest::Resource;
use crate::rule::{Context, Sink};
use crate::schema::image::{ImageReference, Pinning};
use crate::yaml::Value;

declare_rule! {
    /// ## What it does
    /// Finds Clusters that name no image, and images of Clusters and image catalogs whose tag may be another
    /// image tomorrow: a major version alone (`18`, `18-standard-trixie`), `latest` in a catalog, and, as a note, a
    /// minor version that is built again every week (`17.6-system-trixie`). A minor version without an operating system
    /// (`17.6`) is told as what it is, deprecated: such tags stay with Debian bullseye, whose support ended in August 2026.
    ///
    /// ## Why it matters
    /// Instances pull when they start. With a moving tag a failover or a new node brings another minor version, or
    /// another C library under the same indexes, than its neighbours have. With no image at all the operator's
    /// release decides which PostgreSQL a new or restored cluster gets: 17 with operator 1.27.0, 18 from 1.27.2 and
    /// 1.28 on.
    ///
    /// ## Instead
    /// Name the minor version and the build, `17.6-202509011213-system-trixie`, or add the digest; or take the
    /// image from a catalog that does.
    ///
    /// ## Limits
    /// A tag that the operator refuses (`latest` or none in a Cluster) is the matter of its admission. Which tags are
    /// built again is known of `cloudnative-pg/postgresql` only, so other images are judged by a bare major
    /// version alone. An operator may be configured with a default image of its own, so a Cluster that names none has
    /// medium confidence, and low in a folder of examples. A digest is asked for only with the option `digest`.
    pub static RULE {
        id: "cnpg/floating-image",
        summary: "the PostgreSQL image can change without a change in this repo",
        scope: Resource(Any),
        codes: [
            "major-only" => (Warning, High, Reliability),
            "unnamed" => (Warning, Medium, Reliability),
            "latest" => (Warning, High, Reliability),
            "rebuilt" => (Note, High, Reliability),
            "without-system" => (Warning, High, Reliability),
            "no-digest" => (Warning, High, Reliability),
        ],
        since: "0.1.0",
        options: Options,
        check: check,
    }
}

/// Options of the rule.
#[derive(Clone, Debug, Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Options {
    /// Whether every image must carry a digest.
    pub digest: bool,
}

fn check<'w>(any: &Any<'w>, context: &Context<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let resource = any.resource();
    if let Some(cluster) = Cluster::of(resource) {
        match cluster.image_name().filter(|image| !image.is_null()) {
            Some(image) => judge(resource, image, false, context, sink),
            None => unnamed(&cluster, sink),
        }
    } else if resource.whole
        && (resource.is("postgresql.cnpg.io", "ImageCatalog")
            || resource.is("postgresql.cnpg.io", "ClusterImageCatalog"))
    {
        for entry in resource.at(&["spec", "images"]).into_iter().flat_map(Value::items) {
            if let Some(image) = entry.get("image") {
                judge(resource, image, true, context, sink);
            }
        }
    }
}

fn unnamed<'w>(cluster: &Cluster<'w>, sink: &mut Sink<'_, 'w>) {
    if cluster.spec(&["imageCatalogRef"]).is_some() {
        return;
    }
    let headline = cluster.headline();
    if let Some(reason) = cluster.may_be_completed() {
        sink.undecided(headline.span(), reason);
        return;
    }
    let message = format!(
        "{} names no image, so the operator's release decides which PostgreSQL it is made with",
        cluster.title()
    );
    let finding = sink
        .finding("unnamed", cluster.resource(), headline, message)
        .label("neither `imageName` nor `imageCatalogRef`")
        .note(
            "the operator writes its own default into a new or restored cluster; that default moves with its releases",
        )
        .help("name the image with its minor version and build, or a catalog and a major version");
    if cluster.is_example() {
        finding.confidence(Confidence::Low);
    }
}

fn judge<'w>(
    resource: &'w Resource<'w>,
    value: Value<'w>,
    in_catalog: bool,
    context: &Context<'_, 'w>,
    sink: &mut Sink<'_, 'w>,
) {
    if value.raw().is_some_and(|text| text.contains("@sha256:")) {
        return;
    }
    let Some(text) = value.known() else {
        if let Some(reason) = value.unknown() {
            sink.undecided(value.span(), reason);
        }
        return;
    };
    let Some(image) = ImageReference::parse(text) else { return };
    let title = resource.title();
    let tag = image.tag.unwrap_or("latest");
    match image.pinning() {
        Pinning::Major => {
            let major = image.major().map_or_else(|| tag.to_owned(), |major| major.to_string());
            let message = format!("{title} takes whatever PostgreSQL {major} is newest when a node pulls it");
            sink.finding("major-only", resource, value, message)
                .label("a major version alone: the tag moves with every minor")
                .help(format!("name the minor version and the build, `{major}.<minor>-<build>`, or add the digest"));
        }
        Pinning::Latest if in_catalog => {
            sink.finding(
                "latest",
                resource,
                value,
                format!("{title} takes whatever image is newest, of any major version"),
            )
            .label("no version: the tag moves")
            .help("name the minor version and the build, or add the digest");
        }
        Pinning::Latest | Pinning::Digest => {}
        Pinning::Rebuilt | Pinning::Build | Pinning::Unknown if context.options::<Options>().digest => {
            sink.finding("no-digest", resource, value, format!("{title} names its image by tag, not by digest"))
                .label("no digest")
                .help(format!("add the digest behind the tag: `{tag}@sha256:<digest>`"));
        }
        Pinning::Rebuilt if !tag.contains('-') => {
            let message = format!("{title} takes an image by a tag that names no operating system, `{tag}`");
            let finding = sink
                .finding("without-system", resource, value, message)
                .label("deprecated: such tags stay with Debian bullseye")
                .note(
                    "another operating system may sort texts otherwise: look for collation warnings, and reindex where \
                     PostgreSQL asks for it",
                )
                .help(format!("name an operating system and the build, as in `{}`", with_build(tag)));
            let start = text.len() - tag.len();
            let place = value.part(start as u32..text.len() as u32).span();
            if place.source != value.span().source {
                finding.related(place, "the tag comes from here");
            }
        }
        Pinning::Rebuilt => {
            sink.finding(
                "rebuilt",
                resource,
                value,
                format!("{title} takes an image that is built again under its tag"),
            )
            .label("same minor version, another build every week")
            .help(format!("name the build, as in `{}`, or add the digest", with_build(tag)));
        }
        Pinning::Build | Pinning::Unknown => {}
    }
}

/// A tag with the place of the build stamp shown.
fn with_build(tag: &str) -> String {
    match tag.split_once('-') {
        Some((version, flavour)) => format!("{version}-<build>-{flavour}"),
        None => format!("{tag}-<build>-system-trixie"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_build_goes_between_version_and_flavour() {
        for (tag, expected) in
            [("17.6", "17.6-<build>-system-trixie"), ("18.1-standard-bookworm", "18.1-<build>-standard-bookworm")]
        {
            assert_eq!(with_build(tag), expected);
        }
    }
}
