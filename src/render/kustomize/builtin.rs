//! Generators and transformers that a kustomization names as objects of their own. Those that are part of
//! kustomize run; programs are noted as a gap.

use super::accumulate::{Accumulated, Builder, Gap, GapKind};
use super::generate::generate_one;
use super::patch;
use super::steps::object_setting;
use super::transform::{self, Configuration, Reach, Subjects};
use super::{Built, FieldSpec, Object, Refusal};
use crate::yaml::Value;

/// Notes that a step is not run.
pub(super) fn gap(entry: Value<'_>, object: &Object<'_>, all: &mut Accumulated<'_>) {
    all.gaps.insert(Gap { span: entry.span(), kind: GapKind::Plugin, text: object.kind().to_owned() });
}

/// Runs the generator that `object` configures.
pub(super) fn generate<'w>(
    builder: &Builder<'_, 'w>,
    folder: &str,
    entry: Value<'w>,
    object: &Object<'w>,
    all: &mut Accumulated<'w>,
) -> Built<()> {
    let kind = match (object.text(&["apiVersion"]), object.kind()) {
        ("builtin", "ConfigMapGenerator") => "ConfigMap",
        ("builtin", "SecretGenerator") => "Secret",
        ("builtin", "HelmChartInflationGenerator") => {
            let text = object.text(&["name"]).to_owned();
            all.gaps.insert(Gap { span: entry.span(), kind: GapKind::Chart, text });
            return Ok(());
        }
        ("builtin", "IAMPolicyGenerator") => {
            all.objects.extend(iam_policy(object));
            return Ok(());
        }
        _ => {
            gap(entry, object, all);
            return Ok(());
        }
    };
    let Some(value) = object_setting(builder.files, &object.tree) else { return Ok(()) };
    // Files that an object names, and no kustomization, are not gathered.
    generate_one(folder, value, kind, builder.files, builder.restrict, &mut all.objects)
        .map_err(|refusal| refusal.unless("the files of a generator of its own are not all read".to_owned()))
}

/// The ServiceAccount that names its counterpart of Google Cloud.
fn iam_policy<'w>(object: &Object<'w>) -> Option<Object<'w>> {
    use crate::source::Origin;
    use crate::yaml::rendered::{Key, Rendered};
    if object.text(&["cloud"]) != "gke" {
        return None;
    }
    let made = Origin::Generated(object.born);
    let view = object.tree.view();
    let part = |path: &[&str]| {
        view.at(path).map(|value| (value.raw().unwrap_or_default(), value.text_origin())).unwrap_or(("", made.clone()))
    };
    let (email, origin) = Origin::compose([
        part(&["serviceAccount", "name"]),
        ("@", made.clone()),
        part(&["serviceAccount", "projectId"]),
        (".iam.gserviceaccount.com", made.clone()),
    ]);
    let mut tree = Rendered::map(made.clone());
    let map = tree.map_mut()?;
    map.set(Key::made("apiVersion", made.clone()), Rendered::text("v1", made.clone()));
    map.set(Key::made("kind", made.clone()), Rendered::text("ServiceAccount", made.clone()));
    let metadata = map.map_under("metadata", &made)?;
    let annotations = metadata.map_under("annotations", &made)?;
    annotations.set(Key::made("iam.gke.io/gcp-service-account", made.clone()), Rendered::text(email, origin));
    for key in ["name", "namespace"] {
        if let Some(value) = object.tree.at(&["kubernetesService", key]) {
            metadata.set(Key::made(key, made.clone()), value);
        }
    }
    Some(Object::new(tree, object.born))
}

/// Runs the transformer that `object` configures.
pub(super) fn transform<'w>(
    builder: &Builder<'_, 'w>,
    folder: &str,
    entry: Value<'w>,
    object: &Object<'w>,
    all: &mut Accumulated<'w>,
) -> Built<()> {
    if object.text(&["apiVersion"]) != "builtin" {
        gap(entry, object, all);
        return Ok(());
    }
    let Some(value) = object_setting(builder.files, &object.tree) else { return Ok(()) };
    let field = |name: &str| object.tree.get(name).and_then(|tree| object_setting(builder.files, &tree));
    let specs = field("fieldSpecs").map(field_specs);
    let mut config = Configuration::default();
    let objects = &mut all.objects;
    match object.kind() {
        "NamespaceTransformer" => {
            config.namespace = specs.unwrap_or_default();
            let namespace = object.tree.at(&["metadata", "namespace"]);
            match namespace.and_then(|tree| object_setting(builder.files, &tree)) {
                Some(namespace) => {
                    let reach = reach(object, entry)?;
                    transform::namespace_as_far_as(objects, namespace, &config, reach)
                }
                None => Ok(()),
            }
        }
        kind @ ("PrefixTransformer" | "SuffixTransformer" | "PrefixSuffixTransformer") => {
            let Some(specs) = specs else {
                let message = "this transformer needs `fieldSpecs`, the fields to write into";
                return Err(Refusal::new(object.born, message).with(entry.span(), "it is named here"));
            };
            config.name_prefix = specs.clone();
            config.name_suffix = specs;
            if kind != "SuffixTransformer" {
                field("prefix").map_or(Ok(()), |prefix| transform::name_prefix(objects, prefix, &config))?;
            }
            if kind != "PrefixTransformer" {
                field("suffix").map_or(Ok(()), |suffix| transform::name_suffix(objects, suffix, &config))?;
            }
            Ok(())
        }
        "LabelTransformer" => {
            config.common_labels = specs.unwrap_or_default();
            field("labels").map_or(Ok(()), |labels| transform::common_labels(objects, labels, &config))
        }
        "AnnotationsTransformer" => {
            config.annotations = specs.unwrap_or_default();
            field("annotations").map_or(Ok(()), |pairs| transform::common_annotations(objects, pairs, &config))
        }
        "ImageTagTransformer" => {
            config.images = specs.unwrap_or_default();
            field("imageTag").map_or(Ok(()), |image| transform::image(objects, image, &config))
        }
        "ReplicaCountTransformer" => {
            config.replicas = specs.unwrap_or_default();
            match field("replica") {
                Some(replica) => transform::replica(objects, replica, &config),
                None => Err(Refusal::new(object.born, "this transformer has no `replica` to go by")),
            }
        }
        "ReplacementTransformer" => field("replacements")
            .map_or(Ok(()), |list| transform::replacements(objects, list, &mut |path| builder.file_of(folder, path))),
        "PatchTransformer" => builder.patch(value, patch::List::Patches, folder, all),
        "PatchJson6902Transformer" => builder.patch(value, patch::List::Json6902, folder, all),
        "PatchStrategicMergeTransformer" => {
            let patches: Vec<Value<'w>> =
                field("paths").into_iter().flat_map(Value::items).chain(field("patches")).collect();
            if patches.is_empty() {
                return Err(Refusal::new(object.born, "this transformer has neither `paths` nor `patches`"));
            }
            patches.into_iter().try_for_each(|entry| builder.patch(entry, patch::List::StrategicMerge, folder, all))
        }
        // What these would do is not done here.
        "ValueAddTransformer" | "HashTransformer" => {
            gap(entry, object, all);
            Ok(())
        }
        kind => {
            let message = format!("kustomize has no transformer `{kind}` of its own");
            Err(Refusal::new(object.born, message).with(entry.span(), "it is named here"))
        }
    }
}

fn reach(object: &Object<'_>, entry: Value<'_>) -> Built<Reach> {
    let said = object.tree.view().get("setRoleBindingSubjects").filter(|said| !said.is_null());
    let subjects = match said.and_then(Value::raw) {
        None | Some("" | "defaultOnly") => Subjects::DefaultOnly,
        Some("allServiceAccounts") => Subjects::AllAccounts,
        Some("none") => Subjects::Nobody,
        Some(_) => {
            let message = "`setRoleBindingSubjects` is `defaultOnly`, `allServiceAccounts` or `none`";
            let span = said.map_or(object.born, Value::span);
            return Err(Refusal::new(span, message).with(entry.span(), "it is named here"));
        }
    };
    Ok(Reach { unset_only: object.text(&["unsetOnly"]) == "true", subjects })
}

fn field_specs(list: Value<'_>) -> Vec<FieldSpec> {
    let specs = list.items().map(|spec| {
        let text = |key: &str| spec.get(key).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned);
        FieldSpec {
            group: text("group"),
            version: text("version"),
            kind: text("kind"),
            path: text("path").unwrap_or_default(),
            create: spec.get("create").and_then(Value::as_bool) == Some(true),
        }
    });
    specs.collect()
}
