//! Which PostgreSQL image a Cluster runs, how it is pulled, and the images of its extensions.

use super::cluster::Cluster;
use super::environment;
use super::read::{Check, Part, Read};
use crate::schema::image::ImageReference;
use crate::yaml::Value;
use foldhash::{HashMap, HashMapExt};

/// The oldest major version that the operator admits, since 1.25.
const OLDEST: u32 = 13;

pub(super) fn check<'w>(check: &mut Check<'_, 'w>, cluster: &Cluster<'w>) {
    match cluster.spec.text(&["imageName"]) {
        Read::Is(text) if !text.is_empty() => image_name(check, text),
        _ => catalog_major(check),
    }
    if let Read::Is(policy) = check.spec.text(&["imagePullPolicy"])
        && !matches!(policy, "" | "Always" | "Never" | "IfNotPresent")
    {
        let help = match crate::config::closest(policy, ["Always", "Never", "IfNotPresent"]) {
            Some(near) => format!("write `{near}`"),
            None => "write `Always`, `Never` or `IfNotPresent`".to_owned(),
        };
        let fact = format!("`{policy}` is no pull policy");
        check.refuse("pull-policy", check.spec.nearest(&["imagePullPolicy"]), fact, "upper and lower case count", help);
    }
    if check.operator >= 27 {
        extensions(check);
    }
}

/// What the CRD itself refuses of a reference to a catalog.
pub(super) fn check_catalog<'w>(check: &mut Check<'_, 'w>, holder: Part<'w>, image: &str) {
    let Some(reference) = holder.part(&["imageCatalogRef"]) else { return };
    if let Some(name) = holder.written(&[image]) {
        let problem = check
            .refusal(
                "image-twice",
                name,
                format!("`{image}` names an image, and `imageCatalogRef` takes one from a catalog"),
            )
            .at_key()
            .label("beside `imageCatalogRef`")
            .related(reference.value.key_or_span(), "the catalog");
        check.push(problem.help("keep one of the two"));
    }
    let group = "postgresql.cnpg.io";
    let fact = match reference.text(&["apiGroup"]) {
        Read::Absent => Some("`imageCatalogRef` names a catalog without its group".to_owned()),
        Read::Is(other) if other != group => Some(format!("`imageCatalogRef` names a catalog of the group `{other}`")),
        _ => None,
    };
    if let Some(fact) = fact {
        let place = reference.written(&["apiGroup"]).map_or(reference.value.key_or_span(), Value::span);
        let problem = check.refusal("catalog-reference", reference.value, fact).underline(place);
        check.push(problem.label("needs the operator's group").help(format!("write `apiGroup: {group}`")));
    }
    if let Read::Is(kind) = reference.text(&["kind"])
        && !matches!(kind, "ImageCatalog" | "ClusterImageCatalog")
    {
        let value = reference.nearest(&["kind"]);
        let fact = format!("`imageCatalogRef` names a `{kind}`, which is no catalog");
        check.refuse("catalog-reference", value, fact, "no catalog", "write `ImageCatalog` or `ClusterImageCatalog`");
    }
}

fn image_name(check: &mut Check<'_, '_>, text: &str) {
    let Some(image) = ImageReference::parse(text) else { return };
    let value = check.spec.nearest(&["imageName"]);
    let example = "name a tag that begins with the version, as in `17.6-standard-trixie`";
    match (image.tag, image.version()) {
        (None, _) if text.contains('@') => {
            let fact = "the image has a digest and no tag, so the operator cannot tell its PostgreSQL version";
            let help = "put the tag before the digest, as in `17.6-standard-trixie@sha256:…`";
            check.refuse("image-tag", value, fact, "no tag", help);
        }
        (None, _) => {
            let fact = "the image has no tag, so the operator cannot tell its PostgreSQL version";
            check.refuse("image-tag", value, fact, "no tag means `latest`", example);
        }
        (Some("latest"), _) => {
            let fact = "the tag `latest` does not tell the operator which PostgreSQL version it is";
            check.refuse("image-tag", value, fact, "no version", example);
        }
        (Some(tag), None) => {
            let fact = format!("the tag `{tag}` does not begin with a PostgreSQL version");
            check.refuse("image-tag", value, fact, "no version can be read", example);
        }
        (Some(_), Some((major, _))) if major < OLDEST && check.operator >= 25 => {
            let fact = format!("PostgreSQL {major} is older than what the operator runs");
            check.refuse(
                "old-postgres",
                value,
                fact,
                format!("{OLDEST} or later"),
                "take an image of a supported version",
            );
        }
        _ => {}
    }
}

fn catalog_major(check: &mut Check<'_, '_>) {
    if let Read::Is(major) = check.spec.int(&["imageCatalogRef", "major"])
        && major < i64::from(OLDEST)
        && check.operator >= 25
    {
        let place = check.spec.nearest(&["imageCatalogRef", "major"]);
        let problem = check
            .refusal(
                "old-postgres",
                check.spec.value,
                format!("PostgreSQL {major} is older than what the operator runs"),
            )
            .underline(place.span())
            .label(format!("{OLDEST} or later"));
        check.push(problem.help("ask the catalog for a supported major version"));
    }
}

fn extensions(check: &mut Check<'_, '_>) {
    let from_catalog = !check.spec.get(&["imageCatalogRef"]).is_absent();
    let mut volumes: HashMap<String, Value<'_>> = HashMap::new();
    let entries: Vec<Part<'_>> = check.spec.parts(&["postgresql", "extensions"]).collect();
    for extension in entries {
        if let Read::Is(name) = extension.text(&["name"]) {
            let value = extension.nearest(&["name"]);
            // Equal names are told as entries of one key.
            match volumes.get(&name.replace('_', "-")) {
                Some(other) if other.known() != Some(name) => {
                    let fact = format!("the extension `{name}` would be mounted under the name of another");
                    let problem = check
                        .refusal("extension-volume", value, fact)
                        .label("`_` and `-` make one volume name")
                        .related(other.span(), "the other extension");
                    check.push(problem.help("rename one of the two"));
                }
                Some(_) => {}
                None => {
                    volumes.insert(name.replace('_', "-"), value);
                }
            }
        }
        if !from_catalog && extension.text(&["image", "reference"]).is_blank() {
            let place = extension.nearest(&["name"]);
            let fact = "an extension has no image, and no catalog gives one";
            let problem = check.refusal("extension-image", extension.nearest(&["image"]), fact).underline(place.span());
            let problem = problem.label("no `image.reference`");
            check.push(problem.help("name its image in `image.reference`, or take the cluster's image from a catalog"));
        }
        for field in ["extension_control_path", "dynamic_library_path", "ld_library_path", "bin_path"] {
            paths(check, extension, field);
        }
        if check.operator >= 29 {
            environment::of_extension(check, extension);
        }
    }
}

fn paths<'w>(check: &mut Check<'_, 'w>, extension: Part<'w>, field: &str) {
    let mut known: Vec<String> = Vec::new();
    for value in extension.written(&[field]).into_iter().flat_map(Value::items) {
        let Some(text) = value.known() else { continue };
        let (fact, label) = match clean(text) {
            _ if text.is_empty() => (format!("`{field}` holds an empty path"), "empty"),
            None => (format!("`{field}` leads out of the image: `{text}`"), "outside of the image"),
            Some(path) if known.contains(&path) => (format!("`{field}` holds `{text}` twice"), "again"),
            Some(path) => {
                known.push(path);
                continue;
            }
        };
        check.refuse("extension-path", value, fact, label, "write each path once, relative to the image's root");
    }
}

/// A path without `.`, `..` and doubled slashes; none where it climbs above its root.
fn clean(path: &str) -> Option<String> {
    let mut steps: Vec<&str> = Vec::new();
    for step in path.split('/') {
        match step {
            "" | "." => {}
            ".." => {
                steps.pop()?;
            }
            step => steps.push(step),
        }
    }
    Some(steps.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_cleaned_and_stay_in_their_root() {
        for (path, expected) in [
            ("share", Some("share")),
            ("/lib//pg/", Some("lib/pg")),
            ("./lib/../share", Some("share")),
            ("..", None),
            ("lib/../../etc", None),
            ("/", Some("")),
        ] {
            assert_eq!(clean(path).as_deref(), expected, "{path}");
        }
    }
}
