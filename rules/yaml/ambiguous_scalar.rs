//! Unquoted numbers and booleans where text belongs.

use crate::declare_rule;
use crate::finding::Edit;
use crate::graph::{Any, View};
use crate::manifest::{By, Resource};
use crate::rule::{Context, Sink};
use crate::source::Span;
use crate::yaml::{Dialect, Identity, Scalar, Style, Value, scalar};
use foldhash::{HashSet, HashSetExt};

declare_rule! {
    /// ## What it does
    /// Finds scalars without quotes that the reader takes for a boolean or a number in fields that take only text:
    /// labels and annotations (of objects and of pod templates), label selectors, node selectors, the value of an
    /// environment variable, commands and arguments, the data of a ConfigMap, the `stringData` of a Secret, and every
    /// other field of a kind whose schema is known.
    ///
    /// ## Why it matters
    /// The API server refuses the object: a number or a boolean is no text. Where something quotes it again on the
    /// way, the text may be another one: `0644` is the number 420, `1e3` is 1000, and to kubectl `on`, `y` and `no` are
    /// booleans.
    ///
    /// ## Instead
    /// Put quotes around it: `"8080"`, `"true"`, `"on"`.
    ///
    /// ## Limits
    /// Who applies the file decides: what goes through kustomize keeps `on` and `y` as text. A `${VAR}` is left
    /// alone, although Flux reads the value again after it has filled it in. An empty value counts as absent.
    pub static RULE {
        id: "yaml/ambiguous-scalar",
        summary: "an unquoted boolean or number where text belongs",
        scope: Resource(Any),
        codes: ["not-text" => (Error, High, Validity)],
        since: "0.1.0",
        fixable: Safe,
        check: check,
    }
}

/// What a text is for, and how much of it may be said.
#[derive(Clone, Copy)]
enum Place {
    Label,
    Annotation,
    Selector,
    NodeSelector,
    Env,
    Argument,
    Data,
    Secret,
    /// Any other field whose type is known.
    Field,
}

impl Place {
    /// The field as a message names it. `key` may hold nothing secret; values are never named here.
    fn title(self, key: &str) -> String {
        match self {
            Place::Label => format!("label `{key}`"),
            Place::Annotation => format!("annotation `{key}`"),
            Place::Selector => format!("selector on label `{key}`"),
            Place::NodeSelector => format!("node selector on label `{key}`"),
            Place::Env => format!("environment variable `{key}`"),
            Place::Argument => format!("an item of `{key}`"),
            Place::Data | Place::Secret => format!("key `{key}`"),
            Place::Field => format!("`{key}`"),
        }
    }

    /// Whether what the reader makes of the value may be printed.
    fn is_public(self) -> bool {
        matches!(self, Place::Label | Place::Annotation | Place::Selector | Place::NodeSelector)
    }
}

fn check<'w>(object: &Any<'w>, context: &Context<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let resource = object.resource();
    let mut fields = Fields { resource, sink, told: HashSet::new() };
    fields.metadata(resource.value);
    match (resource.group, resource.kind) {
        ("", "ConfigMap") => fields.map(resource.at(&["data"]), Place::Data),
        ("", "Secret") => fields.map(resource.at(&["stringData"]), Place::Secret),
        ("", "Service" | "ReplicationController") => fields.map(resource.at(&["spec", "selector"]), Place::Selector),
        ("", "Pod") => fields.pod(resource.value),
        ("batch", "CronJob") => {
            if let Some(job) = resource.at(&["spec", "jobTemplate"]) {
                fields.metadata(job);
                fields.workload(job);
            }
        }
        ("apps" | "batch", _) => fields.workload(resource.value),
        ("networking.k8s.io", "NetworkPolicy") => fields.policy(),
        _ => {}
    }
    if let ("", "ReplicationController") = (resource.group, resource.kind) {
        fields.template(resource.value);
    }
    for (value, way) in &context.validity(resource).unquoted {
        fields.text(way, *value, Place::Field);
    }
}

struct Fields<'f, 's, 'w> {
    resource: &'w Resource<'w>,
    sink: &'f mut Sink<'s, 'w>,
    /// What is no text and was looked at.
    told: HashSet<(Span, Identity)>,
}

impl<'w> Fields<'_, '_, 'w> {
    fn metadata(&mut self, object: Value<'w>) {
        let Some(metadata) = object.get("metadata") else { return };
        self.map(metadata.get("labels"), Place::Label);
        self.map(metadata.get("annotations"), Place::Annotation);
    }

    fn workload(&mut self, object: Value<'w>) {
        self.map(object.at(&["spec", "selector", "matchLabels"]), Place::Selector);
        self.template(object);
    }

    fn template(&mut self, object: Value<'w>) {
        if let Some(template) = object.at(&["spec", "template"]) {
            self.metadata(template);
            self.pod(template);
        }
    }

    fn pod(&mut self, pod: Value<'w>) {
        let Some(spec) = pod.get("spec") else { return };
        self.map(spec.get("nodeSelector"), Place::NodeSelector);
        for list in ["initContainers", "containers", "ephemeralContainers"] {
            for container in spec.get(list).into_iter().flat_map(Value::items) {
                self.container(container);
            }
        }
    }

    fn container(&mut self, container: Value<'w>) {
        for variable in container.get("env").into_iter().flat_map(Value::items) {
            let name = variable.get("name").and_then(Value::raw).unwrap_or_default();
            if let Some(value) = variable.get("value") {
                self.text(name, value, Place::Env);
            }
        }
        for key in ["command", "args"] {
            for item in container.get(key).into_iter().flat_map(Value::items) {
                self.text(key, item, Place::Argument);
            }
        }
    }

    fn policy(&mut self) {
        let Some(spec) = self.resource.at(&["spec"]) else { return };
        self.map(spec.at(&["podSelector", "matchLabels"]), Place::Selector);
        for (rules, peers) in [("ingress", "from"), ("egress", "to")] {
            let rules = spec.get(rules).into_iter().flat_map(Value::items);
            for peer in rules.filter_map(|rule| rule.get(peers)).flat_map(Value::items) {
                self.map(peer.at(&["podSelector", "matchLabels"]), Place::Selector);
                self.map(peer.at(&["namespaceSelector", "matchLabels"]), Place::Selector);
            }
        }
    }

    fn map(&mut self, map: Option<Value<'w>>, place: Place) {
        for (key, value) in map.into_iter().flat_map(Value::entries) {
            self.text(key, value, place);
        }
    }

    fn text(&mut self, key: &str, value: Value<'w>, place: Place) {
        if value.style() != Some(Style::Plain) || value.tag().is_some() {
            return;
        }
        let (Some(scalar), Some(raw)) = (value.scalar(), value.raw()) else { return };
        let is = match scalar {
            Scalar::Bool(_) => "a boolean".to_owned(),
            Scalar::Int(_) | Scalar::UInt(_) | Scalar::Float(_) => match scalar::is_ambiguous(raw) {
                Some(number) if place.is_public() => number.into_owned(),
                _ => "a number".to_owned(),
            },
            _ => return,
        };
        if !self.told.insert((value.site(), value.identity())) {
            return;
        }
        let reader = match value.dialect() {
            Dialect::Kubectl => "kubectl",
            Dialect::Kustomize => "kustomize",
        };
        // Who would read it is not known, and to kustomize it would be text.
        let unread = self.resource.delivery.by == By::Nobody;
        if unread && matches!(scalar::resolve(raw, Style::Plain, None, Dialect::Kustomize), Scalar::Text(_)) {
            return;
        }
        let spelled = matches!(raw, "true" | "false" | "True" | "False" | "TRUE" | "FALSE");
        let doubtful = !spelled && (matches!(scalar, Scalar::Bool(_)) || scalar::is_ambiguous(raw).is_some());
        let message = if doubtful {
            format!("{} is {is} to {reader}, and the API server takes only text there", place.title(key))
        } else {
            format!("{} is {is}, and the API server takes only text there", place.title(key))
        };
        let finding = self.sink.finding("not-text", self.resource, value, message).label("needs quotes to be text");
        // What an alias or an anchor shares may have to stay a number elsewhere.
        let span = value.span();
        let shared = value.site() != span
            || value.file().is_none_or(|file| {
                let before = &file.text()[..span.start as usize];
                before[before.rfind('\n').map_or(0, |at| at + 1)..].contains('&')
            });
        match value.origin().editable().filter(|_| !shared) {
            Some(written) => {
                let quote = |span| Edit { span, text: "\"".into() };
                finding.fix("put quotes around it", vec![quote(written.before()), quote(written.after())]);
            }
            None if shared => {
                finding.help("write it out in quotes here, without the anchor or alias that shares the value");
            }
            None => {
                finding.help("put quotes around it");
            }
        }
    }
}
