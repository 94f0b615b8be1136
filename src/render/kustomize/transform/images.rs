//! The `images` of a kustomization: other names, tags and digests for the images that containers run.

use super::compose::Composer;
use super::fieldspec::{Compiled, Step, put};
use super::{Configuration, Spot, at, misfit, places, prepare};
use crate::render::kustomize::fields::{field, list, mapping, text_of};
use crate::render::kustomize::{Built, Object};
use crate::source::{Origin, Span};
use crate::yaml::rendered::Rendered;
use crate::yaml::{Kind, Value};
use regex::Regex;

/// An entry of `images`, read.
struct Image<'w> {
    matches: Matcher<'w>,
    entry: Value<'w>,
    new_name: Option<Value<'w>>,
    new_tag: Option<Value<'w>>,
    digest: Option<Value<'w>>,
    tag_suffix: Option<Value<'w>>,
}

/// Where the pieces of an image's text begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Split {
    /// End of the name.
    name: usize,
    /// End of the tag with its colon; the digest with its `@` follows.
    tag: usize,
}

/// Changes the images of all objects as the entries say, one after the other.
pub fn images<'w>(objects: &mut [Object<'w>], entries: Value<'w>, config: &Configuration) -> Built<()> {
    change(objects, list(entries)?.into_iter().map(Image::read).collect::<Built<Vec<_>>>()?, config)
}

/// Changes the images of all objects as one entry says.
pub fn image<'w>(objects: &mut [Object<'w>], entry: Value<'w>, config: &Configuration) -> Built<()> {
    change(objects, vec![Image::read(entry)?], config)
}

fn change<'w>(objects: &mut [Object<'w>], images: Vec<Image<'w>>, config: &Configuration) -> Built<()> {
    let Some(first) = images.first() else { return Ok(()) };
    let by = first.entry.span();
    let specs = Compiled::all(&config.images);
    for object in objects {
        let mut spots = Vec::new();
        if object.kind() != "CustomResourceDefinition" {
            in_containers(object.tree.view(), by, &mut Vec::new(), &mut spots)?;
            for spec in specs.iter().filter(|spec| spec.speaks_of(object)) {
                // What the fields name is looked at once more after the containers, as kustomize does; a
                // suffix is added twice.
                for spot in places(spec, object.tree.view(), false, by)? {
                    spots.push(spot);
                }
            }
        }
        for image in &images {
            for spot in &spots {
                image.write(&mut object.tree, spot)?;
            }
        }
    }
    Ok(())
}

/// The images of containers at any depth.
fn in_containers(value: Value<'_>, by: Span, steps: &mut Vec<Step>, spots: &mut Vec<Spot>) -> Built<()> {
    match value.kind() {
        Kind::Mapping => {
            for (key, child) in value.entries() {
                steps.push(Step::Key(key.into()));
                in_containers(child, by, steps, spots)?;
                if matches!(key, "containers" | "initContainers") && child.is_sequence() {
                    of_containers(child, by, steps, spots)?;
                }
                steps.pop();
            }
        }
        Kind::Sequence => {
            for (index, item) in value.items().enumerate() {
                steps.push(Step::Item(index));
                in_containers(item, by, steps, spots)?;
                steps.pop();
            }
        }
        _ => {}
    }
    Ok(())
}

fn of_containers(containers: Value<'_>, by: Span, steps: &[Step], spots: &mut Vec<Spot>) -> Built<()> {
    for (index, container) in containers.items().enumerate().filter(|(_, container)| !container.is_null()) {
        if !container.is_mapping() {
            return Err(misfit(container, "containers", "a list of mappings", by));
        }
        if container.get("image").is_some_and(|image| !image.is_null()) {
            let mut steps = steps.to_vec();
            steps.extend([Step::Item(index), Step::Key("image".into())]);
            spots.push(Spot { steps, is: super::Is::Value });
        }
    }
    Ok(())
}

impl<'w> Image<'w> {
    fn read(entry: Value<'w>) -> Built<Image<'w>> {
        let entry = mapping(entry, &["name", "newName", "newTag", "digest", "tagSuffix"])?;
        let name = text_of(entry, "name")?;
        // kustomize takes the name for a pattern as it stands; one that is none makes it fall over, and
        // later releases take it for a text.
        let matches = Matcher::of(name);
        let filled = |name: &str| -> Built<Option<Value<'w>>> {
            let text = text_of(entry, name)?;
            Ok(field(entry, name).filter(|_| !text.is_empty()))
        };
        Ok(Image {
            matches,
            entry,
            new_name: filled("newName")?,
            new_tag: filled("newTag")?,
            digest: filled("digest")?,
            tag_suffix: filled("tagSuffix")?,
        })
    }

    fn write(&self, tree: &mut Rendered<'w>, spot: &Spot) -> Built<()> {
        let by = self.entry.span();
        if prepare(tree, spot, by) {
            return Ok(());
        }
        let Some(there) = at(tree.view(), &spot.steps).filter(|there| !there.is_null()) else { return Ok(()) };
        let Some(text) = there.raw() else { return Err(misfit(there, "image", "a text", by)) };
        if !self.matches.is_match(text) {
            return Ok(());
        }
        let new = self.compose(there, text);
        if new.view().raw() != Some(text) {
            put(tree, &spot.steps, new, &Origin::Generated(by));
        }
        Ok(())
    }

    fn compose(&self, there: Value<'_>, text: &str) -> Rendered<'w> {
        let split = split(text);
        let mut composer = Composer::default();
        match self.new_name {
            Some(name) => composer.push_value(name),
            None => composer.push_range(there, 0..split.name),
        }
        let set = |composer: &mut Composer, sign: &str, value: Option<Value<'w>>| {
            if let Some(value) = value {
                composer.push_made(sign, value.span());
                composer.push_value(value);
            }
        };
        if self.new_tag.is_some() || self.digest.is_some() {
            set(&mut composer, ":", self.new_tag);
            set(&mut composer, "@", self.digest);
        } else if let Some(suffix) = self.tag_suffix {
            match split.tag > split.name + 1 {
                true => composer.push_range(there, split.name..split.tag),
                false => composer.push_made(":", suffix.span()),
            }
            composer.push_value(suffix);
        } else {
            // A colon or an `@` with nothing behind it goes.
            if split.tag > split.name + 1 {
                composer.push_range(there, split.name..split.tag);
            }
            if text.len() > split.tag + 1 {
                composer.push_range(there, split.tag..text.len());
            }
        }
        composer.finish(there.origin())
    }
}

/// What an image has to look like for an entry to speak of it.
enum Matcher<'w> {
    /// A name in which only the dot means anything: one letter of any kind.
    Name(&'w str),
    Pattern(Regex),
}

impl<'w> Matcher<'w> {
    fn of(name: &'w str) -> Matcher<'w> {
        let is_plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '/' | '-' | '_' | ':');
        if name.chars().all(is_plain) {
            return Matcher::Name(name);
        }
        let matches = pattern(name).or_else(|_| pattern(&regex::escape(name)));
        Matcher::Pattern(matches.expect("internal: an escaped name is a pattern"))
    }

    fn is_match(&self, text: &str) -> bool {
        let name = match self {
            Matcher::Pattern(pattern) => return pattern.is_match(text),
            Matcher::Name(name) => name,
        };
        let mut letters = text.chars();
        let fits = |wanted: char| letters.next().is_some_and(|have| have == wanted || (wanted == '.' && have != '\n'));
        name.chars().all(fits) && is_version(letters.as_str())
    }
}

/// Whether a text is what may stand behind the name of an image: a tag, a digest, both or nothing.
fn is_version(text: &str) -> bool {
    let is_part = |part: &str| {
        part.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '.' | '{' | '}' | '-'))
    };
    let (tag, digest) = match text.split_once("@sha256:") {
        Some((tag, digest)) => (tag, digest),
        None => (text, ""),
    };
    is_part(digest) && (tag.is_empty() || tag.strip_prefix(':').is_some_and(is_part))
}

fn pattern(name: &str) -> Result<Regex, regex::Error> {
    Regex::new(&format!("^{name}(:[a-zA-Z0-9_.{{}}-]*)?(@sha256:[a-zA-Z0-9_.{{}}-]*)?$"))
}

/// Takes an image apart. A colon before the first slash belongs to the registry.
fn split(text: &str) -> Split {
    let from = text.find('/').filter(|at| *at > 0).unwrap_or(0);
    let find = |sign: char| text[from..].find(sign).map(|at| at + from);
    match (find(':'), find('@')) {
        (None, None) => Split { name: text.len(), tag: text.len() },
        (colon, Some(digest)) if colon.is_none_or(|colon| digest < colon) => Split { name: digest, tag: digest },
        (Some(colon), digest) => Split { name: colon, tag: digest.unwrap_or(text.len()) },
        (None, Some(digest)) => Split { name: digest, tag: digest },
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Bench;
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value as Json, json};

    fn changed(image: &str, entry: &str) -> Json {
        let object = format!(
            "{{apiVersion: x.org/v1, kind: Stack, metadata: {{name: a}}, x: {{containers: [{{image: '{image}'}}]}}}}"
        );
        let built = Bench::new(&object, &format!("[{entry}]")).json(images);
        built[0]["x"]["containers"][0]["image"].clone()
    }

    #[test]
    fn an_entry_changes_name_tag_and_digest() {
        for (image, entry, expected) in [
            ("shop", "{name: shop, newTag: '2'}", "shop:2"),
            ("shop:1@sha256:ab", "{name: shop, newTag: '2'}", "shop:2"),
            ("shop:1", "{name: shop, digest: 'sha256:cd'}", "shop@sha256:cd"),
            ("shop:1", "{name: shop, newTag: '2', digest: 'sha256:cd'}", "shop:2@sha256:cd"),
            ("shop:1@sha256:ab", "{name: shop, newName: reg:5000/shop}", "reg:5000/shop:1@sha256:ab"),
            ("reg:5000/shop", "{name: 'reg:5000/shop', newTag: '2'}", "reg:5000/shop:2"),
            ("shop:1", "{name: shop, tagSuffix: -rc}", "shop:1-rc"),
            ("shop", "{name: shop, tagSuffix: rc}", "shop:rc"),
            ("docker.io/shop:1", "{name: shop, newTag: '2'}", "docker.io/shop:1"),
            ("shopping:1", "{name: 'shop.*', newTag: '2'}", "shopping:2"),
            ("sh(op:1", "{name: 'sh(op', newTag: '2'}", "sh(op:2"),
            ("shop:1", "{name: shop}", "shop:1"),
        ] {
            assert_eq!(changed(image, entry), json!(expected), "{image} {entry}");
        }
    }

    #[test]
    fn definitions_are_left_alone_and_the_fields_of_pods_are_looked_at_twice() {
        let pod = "{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [{image: 'shop:1'}], initContainers: null}}";
        let built = Bench::new(pod, "[{name: shop, tagSuffix: -x}]").json(images);
        assert_eq!(built[0]["spec"], json!({"containers": [{"image": "shop:1-x-x"}], "initContainers": []}));
        let definition = "{apiVersion: x/v1, kind: CustomResourceDefinition, spec: {containers: [{image: shop}]}}";
        let built = Bench::new(definition, "[{name: shop, newTag: '2'}]").json(images);
        assert_eq!(built[0]["spec"]["containers"][0]["image"], json!("shop"));
    }

    #[test]
    fn what_holds_no_image_is_refused() {
        for (containers, expected) in [
            ("[{image: {tag: a}}]", "`image` should be a text here, and is a mapping at {tag: a}"),
            ("[text]", "`containers` should be a list of mappings here, and is a text at text"),
        ] {
            let object = format!("{{apiVersion: x.org/v1, kind: Stack, x: {{containers: {containers}}}}}");
            let refused = Bench::new(&object, "[{name: shop, newTag: '2'}]").json(images);
            assert_eq!(refused, json!(expected), "{containers}");
        }
    }

    #[test]
    fn an_image_is_composed_of_what_is_kept_and_what_is_new() {
        let object = "{apiVersion: x.org/v1, kind: Stack, x: {containers: [{image: 'shop:1'}]}}";
        Bench::new(object, "[{name: shop, newTag: \"2\"}]").run(images, |done, objects, show| {
            done.expect("built");
            let containers = objects[0].tree.view().at(&["x", "containers"]).expect("containers");
            let image = containers.items().next().and_then(|item| item.get("image")).expect("an image");
            assert_eq!(show(&image.origin()), ["shop", "by \"2\"", "2"]);
        });
    }

    #[test]
    fn plain_names_match_as_their_pattern_does() {
        let names = ["nginx", "registry.example.com/web", "registry:5000/a", "a", ""];
        let texts = [
            "nginx",
            "nginx:1",
            "nginx:",
            "nginx@sha256:ab",
            "nginx:1@sha256:ab",
            "nginx@sha256:",
            "nginx:1:2",
            "nginxx",
            "registryxexample.com/web:v1",
            "registry.example.com/web",
            "registry:5000/a:1",
            "a:b/c",
            "a@md5:1",
            "é",
            "",
            ":1",
            "a\n",
            "nginx:{{tag}}",
            "nginx:a@sha256:b@sha256:c",
        ];
        for name in names {
            for text in texts {
                let expected = pattern(name).expect("a pattern").is_match(text);
                assert_eq!(Matcher::of(name).is_match(text), expected, "{name} {text}");
            }
        }
    }

    proptest! {
        #[test]
        fn the_pieces_of_an_image_make_it_up(text in "[a-z0-9./:@]{0,20}") {
            let Split { name, tag } = split(&text);
            prop_assert!(name <= tag && tag <= text.len());
            prop_assert!(name == tag || text[name..].starts_with(':'));
            prop_assert!(tag == text.len() || text[tag..].starts_with('@'));
        }
    }
}
