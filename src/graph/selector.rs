//! Label selectors with three answers. The algebra of requirements is that of Kubernetes; what is not known of a
//! selector or of the labels makes the answer unknown, never no.

use super::answer::{Answer, all};
use crate::graph::workload::{Label, Labels};
use crate::yaml::{Kind, Text, Value};
use kube_core::{Expression, Selector as Exact};
use std::collections::BTreeSet;

/// One requirement of a selector.
#[derive(Clone, Debug)]
pub struct Requirement<'w> {
    /// What it asks for, as far as it is known.
    pub expression: Expression,
    /// Why a value that it lists is not known, if so.
    pub doubt: Option<String>,
    /// Where it is written: the value of a matchLabels entry, or the item of matchExpressions.
    pub value: Value<'w>,
}

/// A label selector as it is written.
#[derive(Clone, Debug)]
pub struct Selector<'w> {
    /// Where it is written; none where its field is missing.
    pub value: Option<Value<'w>>,
    /// What it asks for; everything has to hold.
    pub requirements: Vec<Requirement<'w>>,
    /// Why it says more, or something else, than `requirements`, if so.
    pub doubt: Option<String>,
}

impl<'w> Selector<'w> {
    /// Reads a selector. A missing or empty one asks for nothing.
    pub fn read(value: Option<Value<'w>>) -> Selector<'w> {
        let value = value.filter(|value| !value.is_null());
        let mut selector = Selector { value, requirements: Vec::new(), doubt: None };
        let Some(written) = value else { return selector };
        if !written.is_mapping() {
            selector.doubt = Some("the selector is no mapping".into());
            return selector;
        }
        for (key, part) in written.entries() {
            match key {
                _ if part.is_null() => {}
                "matchLabels" if part.is_mapping() => {
                    for (key, value) in part.entries() {
                        selector.read_label(key, value);
                    }
                }
                "matchExpressions" if part.is_sequence() => {
                    part.items().for_each(|item| selector.read_expression(item))
                }
                _ => selector.distrust(format!("`{key}` of a selector cannot be read")),
            }
        }
        selector
    }

    /// Reads a plain mapping of labels, as a Service has it. All of them have to be there.
    pub fn of_labels(labels: Value<'w>) -> Selector<'w> {
        let mut selector = Selector { value: Some(labels), requirements: Vec::new(), doubt: None };
        for (key, value) in labels.entries() {
            selector.read_label(key, value);
        }
        selector
    }

    /// Asks for these labels; `value` is what says so.
    pub fn equal(labels: &[(&str, &str)], value: Value<'w>) -> Selector<'w> {
        let requirement = |(key, wanted): &(&str, &str)| Requirement {
            expression: Expression::Equal((*key).to_owned(), (*wanted).to_owned()),
            doubt: None,
            value,
        };
        Selector { value: Some(value), requirements: labels.iter().map(requirement).collect(), doubt: None }
    }

    fn distrust(&mut self, reason: impl Into<String>) {
        self.doubt.get_or_insert_with(|| reason.into());
    }

    fn read_label(&mut self, key: &str, value: Value<'w>) {
        if crate::yaml::has_placeholder(key) {
            self.distrust(format!("a selector's key holds `{key}`"));
            return;
        }
        let (expression, doubt) = match text(value) {
            Ok(text) => (Expression::Equal(key.to_owned(), text.to_owned()), None),
            Err(reason) => (Expression::In(key.to_owned(), BTreeSet::new()), Some(reason)),
        };
        self.requirements.push(Requirement { expression, doubt, value });
    }

    fn read_expression(&mut self, item: Value<'w>) {
        let text = |key: &str| item.get(key).and_then(Value::known).map(str::to_owned);
        let (Some(key), Some(operator)) = (text("key"), text("operator")) else {
            self.distrust("a requirement has no known key or operator");
            return;
        };
        let list = item.get("values");
        let mut doubt = list
            .filter(|list| !list.is_sequence() && !list.is_null())
            .map(|list| list.unknown().unwrap_or_else(|| "the values of a requirement are no list".into()));
        let values = texts(list.into_iter().flat_map(Value::items), &mut doubt);
        let empty = values.is_empty() && doubt.is_none();
        let expression = match operator.as_str() {
            "In" if !empty => Expression::In(key, values),
            "NotIn" if !empty => Expression::NotIn(key, values),
            "Exists" if empty => Expression::Exists(key),
            "DoesNotExist" if empty => Expression::DoesNotExist(key),
            _ => {
                self.distrust(format!("the API server refuses operator `{operator}` with these values"));
                return;
            }
        };
        self.requirements.push(Requirement { expression, doubt, value: item });
    }

    /// Whether it surely selects everything.
    pub fn selects_all(&self) -> bool {
        self.requirements.is_empty() && self.doubt.is_none()
    }

    /// Whether it selects what has `labels`.
    pub fn matches(&self, labels: &Labels<'_>) -> Answer {
        let requirements = all(self.requirements.iter().map(|requirement| requirement.holds(labels)));
        requirements.doubted(self.doubt.as_deref())
    }

    /// The selector as Kubernetes reads it, if all of it is known.
    pub fn exact(&self) -> Option<Exact> {
        let known = self.doubt.is_none() && self.requirements.iter().all(|requirement| requirement.doubt.is_none());
        known.then(|| self.requirements.iter().map(|requirement| requirement.expression.clone()).collect())
    }
}

/// As `kubectl get -l` would take it.
impl std::fmt::Display for Selector<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (at, requirement) in self.requirements.iter().enumerate() {
            if at > 0 {
                f.write_str(",")?;
            }
            write!(f, "{}", requirement.expression)?;
        }
        Ok(())
    }
}

impl Requirement<'_> {
    /// The label it asks about.
    pub fn key(&self) -> &str {
        match &self.expression {
            Expression::In(key, _)
            | Expression::NotIn(key, _)
            | Expression::Equal(key, _)
            | Expression::NotEqual(key, _)
            | Expression::Exists(key)
            | Expression::DoesNotExist(key) => key,
        }
    }

    /// The values it asks for: none for those that ask for something else.
    pub fn wanted(&self) -> Vec<&str> {
        match &self.expression {
            Expression::Equal(_, value) => vec![value],
            Expression::In(_, values) => values.iter().map(String::as_str).collect(),
            _ => Vec::new(),
        }
    }

    /// Whether `labels` have what it asks for.
    pub fn holds(&self, labels: &Labels<'_>) -> Answer {
        self.holds_for(labels.get(self.key()))
    }

    /// Whether what is known of the label it asks about is what it asks for.
    pub fn holds_for(&self, label: Label<'_>) -> Answer {
        match &self.expression {
            Expression::Equal(_, value) => self.listed(label, |known| known == value),
            Expression::In(_, values) => self.listed(label, |known| values.contains(known)),
            Expression::NotEqual(_, value) => negated(self.listed(label, |known| known == value)),
            Expression::NotIn(_, values) => negated(self.listed(label, |known| values.contains(known))),
            Expression::Exists(_) => exists(label),
            Expression::DoesNotExist(_) => negated(exists(label)),
        }
    }

    fn listed(&self, label: Label<'_>, contains: impl Fn(&str) -> bool) -> Answer {
        match label {
            Label::Is(known) if contains(known) => Answer::Yes,
            Label::Is(_) => match &self.doubt {
                Some(reason) => Answer::Unknown(reason.clone()),
                None => Answer::No,
            },
            Label::Hidden(reason) | Label::Perhaps(reason) => Answer::Unknown(reason.to_owned()),
            Label::Absent => Answer::No,
        }
    }
}

fn exists(label: Label<'_>) -> Answer {
    match label {
        Label::Is(_) | Label::Hidden(_) => Answer::Yes,
        Label::Perhaps(reason) => Answer::Unknown(reason.to_owned()),
        Label::Absent => Answer::No,
    }
}

fn negated(answer: Answer) -> Answer {
    match answer {
        Answer::Yes => Answer::No,
        Answer::No => Answer::Yes,
        unknown => unknown,
    }
}

/// The texts among `values`; of the others, why they are not known.
fn texts<'w>(values: impl Iterator<Item = Value<'w>>, doubt: &mut Option<String>) -> BTreeSet<String> {
    let mut known = BTreeSet::new();
    for value in values {
        match text(value) {
            Ok(text) => {
                known.insert(text.to_owned());
            }
            Err(reason) => *doubt = Some(reason),
        }
    }
    known
}

/// The text of a label's value, or why it is not known.
fn text(value: Value<'_>) -> Result<&str, String> {
    match value.text() {
        Text::Known(text) => Ok(text),
        Text::Other(Kind::Null) => Ok(""),
        // Neither the API server nor any reader takes `true` or `1` for a label's value: it refuses the object.
        Text::Other(_) => Err("a selector's value is no text, which the API server refuses".into()),
        Text::Partial(_) | Text::Encrypted => {
            Err(value.unknown().unwrap_or_else(|| "a selector's value cannot be read".into()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::workload::LabelValue;
    use crate::source::SourceId;
    use crate::yaml::{Dialect, File, parse};
    use kube_core::SelectorExt;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn file(text: &str) -> File {
        parse(SourceId(0), text.to_owned().into())
    }

    fn root(file: &File) -> Value<'_> {
        Value::new(file, file.documents()[0].root.expect("a root"), Dialect::Kubectl)
    }

    fn labels() -> Labels<'static> {
        let mut labels = Labels::none();
        labels.set("app", "web");
        labels.set("empty", "");
        labels.insert("hidden", LabelValue::Hidden("hidden".into()));
        labels.insert("perhaps", LabelValue::Perhaps("perhaps".into()));
        labels
    }

    #[test]
    fn a_selector_answers_yes_no_or_unknown() {
        for (text, expected) in [
            ("{}", "yes"),
            ("matchLabels:", "yes"),
            ("{matchLabels: {}, matchExpressions: []}", "yes"),
            ("matchLabels: {app: web}", "yes"),
            ("matchLabels: {app: api}", "no"),
            ("matchLabels: {zone: a}", "no"),
            ("matchLabels: {app: web, zone: a}", "no"),
            ("matchLabels: {empty: }", "yes"),
            ("matchLabels: {hidden: a}", "unknown"),
            ("matchLabels: {perhaps: a}", "unknown"),
            ("matchLabels: {hidden: a, app: api}", "no"),
            ("matchLabels: {app: '${APP}'}", "unknown"),
            ("matchLabels: {zone: '${APP}'}", "no"),
            ("matchLabels: {app: true}", "unknown"),
            ("matchLabels: {app: 'true'}", "no"),
            ("matchLabels: {'${KEY}': web}", "unknown"),
            ("matchLabels: [app]", "unknown"),
            ("app: web", "unknown"),
            ("text", "unknown"),
            ("matchExpressions: [{key: app, operator: In, values: [api, web]}]", "yes"),
            ("matchExpressions: [{key: app, operator: In, values: [api]}]", "no"),
            ("matchExpressions: [{key: app, operator: In, values: [api, '${A}']}]", "unknown"),
            ("matchExpressions: [{key: app, operator: In, values: [web, '${A}']}]", "yes"),
            ("matchExpressions: [{key: app, operator: In, values: []}]", "unknown"),
            ("matchExpressions: [{key: app, operator: NotIn, values: [web]}]", "no"),
            ("matchExpressions: [{key: app, operator: NotIn, values: [api]}]", "yes"),
            ("matchExpressions: [{key: zone, operator: NotIn, values: [a]}]", "yes"),
            ("matchExpressions: [{key: perhaps, operator: NotIn, values: [a]}]", "unknown"),
            ("matchExpressions: [{key: app, operator: NotIn, values: ['${A}']}]", "unknown"),
            ("matchExpressions: [{key: hidden, operator: Exists}]", "yes"),
            ("matchExpressions: [{key: perhaps, operator: Exists}]", "unknown"),
            ("matchExpressions: [{key: zone, operator: Exists}]", "no"),
            ("matchExpressions: [{key: zone, operator: DoesNotExist}]", "yes"),
            ("matchExpressions: [{key: app, operator: DoesNotExist}]", "no"),
            ("matchExpressions: [{key: app, operator: Exists, values: [web]}]", "unknown"),
            ("matchExpressions: [{key: app, operator: Like, values: [web]}]", "unknown"),
            ("{matchLabels: {app: web}, matchExpressions: [{key: zone, operator: Exists}]}", "no"),
        ] {
            let file = file(text);
            let selector = Selector::read(Some(root(&file)));
            let answer = match selector.matches(&labels()) {
                Answer::Yes => "yes",
                Answer::No => "no",
                Answer::Unknown(_) => "unknown",
            };
            assert_eq!(answer, expected, "{text}");
        }
    }

    #[test]
    fn a_missing_selector_selects_all() {
        let missing = Selector::read(None);
        assert!(missing.selects_all());
        assert_eq!(missing.matches(&labels()), Answer::Yes);
        let file = file("matchLabels: '${LABELS}'");
        assert!(!Selector::read(Some(root(&file))).selects_all());
    }

    proptest! {
        #[test]
        fn what_is_known_in_full_is_matched_as_kubernetes_does(
            labels in proptest::collection::btree_map("[ab]", "[xy]", 0..3),
            parts in proptest::collection::vec(("[abc]", 0..4_u8, proptest::collection::vec("[xyz]", 1..3)), 0..4),
        ) {
            let mut text = String::from("matchExpressions:\n");
            for (key, operator, values) in &parts {
                let operator = ["In", "NotIn", "Exists", "DoesNotExist"][usize::from(*operator)];
                let values = if operator.ends_with("In") { format!("[\"{}\"]", values.join("\", \"")) } else { "[]".into() };
                text += &format!("  - {{key: {key}, operator: {operator}, values: {values}}}\n");
            }
            let file = file(&text);
            let selector = Selector::read(Some(root(&file)));
            let exact = selector.exact().expect("nothing is left open");
            let mut known = Labels::none();
            for (key, value) in &labels {
                known.insert(key.clone(), LabelValue::Is(value.clone().into()));
            }
            let labels: BTreeMap<String, String> = labels;
            prop_assert_eq!(selector.matches(&known), Answer::sure(exact.matches(&labels)));
        }
    }
}
