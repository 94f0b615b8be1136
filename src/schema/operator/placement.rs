//! Where instances run and what they ask for: tolerations, anti-affinity, resources.

use super::access::{is_label_key, is_label_value};
use super::cluster::Cluster;
use super::quantity::{Amount, memory, quantity};
use super::read::{Check, Part, Read, either};
use crate::yaml::Value;

pub(super) fn check<'w>(check: &mut Check<'_, 'w>, cluster: &Cluster<'w>) {
    let entries: Vec<Part<'w>> = check.spec.parts(&["affinity", "tolerations"]).collect();
    for entry in entries {
        toleration(check, entry);
    }
    if let Read::Is(kind) = check.spec.text(&["affinity", "podAntiAffinityType"])
        && !matches!(kind, "" | "preferred" | "required")
    {
        let value = check.spec.nearest(&["affinity", "podAntiAffinityType"]);
        let fact = format!("`{kind}` is no kind of anti-affinity");
        check.refuse("anti-affinity", value, fact, "one of two", "write `preferred` or `required`");
    }
    if let Some(resources) = check.spec.part(&["resources"]) {
        self::resources(check, cluster, resources);
    }
}

fn toleration<'w>(check: &mut Check<'_, 'w>, entry: Part<'w>) {
    let code = "toleration";
    let key = entry.text(&["key"]).or("");
    let operator = entry.text(&["operator"]).or("");
    if let Read::Is(text) = key
        && !text.is_empty()
        && !is_label_key(text)
    {
        let fact = format!("a toleration has the key `{text}`, which no taint can have");
        check.refuse(code, entry.nearest(&["key"]), fact, "no label key", "write the key of the taint");
    }
    let value = entry.text(&["value"]).or("");
    match operator {
        Read::Is("Exists") if value.is_filled() => {
            let place = entry.nearest(&["value"]);
            let problem =
                check.refusal(code, entry.value, "a toleration with `Exists` has a value").underline(place.span());
            check.push(problem.label("not with `Exists`").help("take `value` away, or write `operator: Equal`"));
        }
        Read::Is("" | "Equal") => {
            if key == Read::Is("") && (operator == Read::Is("Equal") || entry.is_complete()) {
                let problem =
                    check.refusal(code, entry.value, "a toleration without a key tolerates everything or nothing");
                let problem = problem
                    .underline(entry.value.entries().next().map_or(entry.value.span(), |(_, v)| v.key_or_span()));
                check.push(
                    problem
                        .label("no `key`")
                        .help("write the `key` of the taint, or `operator: Exists` for all taints"),
                );
            }
            if let Read::Is(text) = value
                && !is_label_value(text)
            {
                let place = entry.nearest(&["value"]);
                let fact = "a toleration has a value that no taint can have";
                let problem = check.refusal(code, entry.value, fact).underline(place.span());
                check.push(problem.label("no label value").help("write the value of the taint"));
            }
        }
        Read::Is(other) if other != "Exists" => {
            let fact = format!("a toleration has the operator `{other}`");
            check.refuse(code, entry.nearest(&["operator"]), fact, "one of two", "write `Equal` or `Exists`");
        }
        _ => {}
    }
    let effect = entry.text(&["effect"]).or("");
    if let Read::Is(text) = effect {
        let place = entry.nearest(&["effect"]);
        if !matches!(text, "" | "NoSchedule" | "PreferNoSchedule" | "NoExecute") {
            let known = ["NoSchedule", "PreferNoSchedule", "NoExecute"];
            let help = match crate::config::closest(text, known) {
                Some(near) => format!("write `{near}`"),
                None => format!("write {}", either(&known)),
            };
            check.refuse(code, place, format!("a toleration has the effect `{text}`"), "no effect of a taint", help);
        } else if let Some(seconds) = entry.written(&["tolerationSeconds"])
            && text != "NoExecute"
        {
            let problem = check.refusal(code, place, "`tolerationSeconds` goes with the effect `NoExecute` alone");
            let problem = problem.underline(seconds.key_or_span()).label("never counted");
            check.push(problem.help("write `effect: NoExecute`, or take the seconds away"));
        }
    }
}

fn resources<'w>(check: &mut Check<'_, 'w>, cluster: &Cluster<'w>, resources: Part<'w>) {
    let code = "resources";
    let amount = |section: &str, name: &str| -> Read<Amount> {
        match resources.get(&[section, name]) {
            Read::Is(value) => value.raw().and_then(quantity).map_or(Read::Unknown, Read::Is),
            Read::Absent => Read::Absent,
            Read::Unknown => Read::Unknown,
        }
    };
    for name in ["cpu", "memory", "ephemeral-storage"] {
        if let (Read::Is(request), Read::Is(limit)) = (amount("requests", name), amount("limits", name))
            && request > limit
            && limit > 0
        {
            let value = resources.nearest(&["requests", name]);
            let ceiling = resources.nearest(&["limits", name]);
            // The operator names this one by the section.
            let at = if name == "ephemeral-storage" { resources.nearest(&["requests"]) } else { value };
            let fact = format!("it asks for more `{name}` than its limit allows");
            let problem = check.refusal(code, at, fact).underline(value.span()).label("above the limit");
            let problem = problem.related(ceiling.span(), "the limit");
            check.push(problem.help("write a request that is not above the limit"));
        }
    }
    let mut pages: Vec<&str> = Vec::new();
    for section in ["requests", "limits"] {
        let names = resources.written(&[section]).into_iter().flat_map(Value::entries).map(|(name, _)| name);
        pages.extend(names.filter(|name| name.starts_with("hugepages-")));
    }
    pages.sort_unstable();
    pages.dedup();
    let mut largest = Read::Is(0);
    for name in &pages {
        let (request, limit) = (amount("requests", name), amount("limits", name));
        if let (Read::Is(request), Read::Is(limit)) = (request, limit)
            && request != limit
        {
            let value = resources.nearest(&["requests", name]);
            let fact = format!("its request and its limit of `{name}` differ");
            let problem = check.refusal(code, value, fact).label("has to equal the limit");
            let problem = problem.related(resources.nearest(&["limits", name]).span(), "the limit");
            check.push(problem.help("write one amount in both"));
        }
        for one in [request, limit] {
            largest = match (largest, one) {
                (Read::Is(most), Read::Is(one)) => Read::Is(one.max(most)),
                (known, Read::Absent) => known,
                _ => Read::Unknown,
            };
        }
    }
    let plain = ["requests", "limits"]
        .into_iter()
        .any(|section| ["cpu", "memory"].into_iter().any(|name| !amount(section, name).is_absent()));
    if let (Some(name), false) = (pages.first(), plain) {
        let fact = format!("it asks for `{name}` and for neither `cpu` nor `memory`");
        check.refuse(code, resources.value, fact, "huge pages alone", "ask for `cpu` or `memory` too");
    }
    let (Read::Is(text), Read::Is(request)) = (cluster.parameter("shared_buffers"), amount("requests", "memory"))
    else {
        return;
    };
    if let (Some(buffers), Read::Is(pages)) = (memory(text), largest)
        && request > 0
        && buffers > request
        && pages < buffers
    {
        let value = resources.nearest(&["requests", "memory"]);
        let fact = format!("`shared_buffers` is `{text}`, more than the memory that is asked for");
        let mut problem = check.refusal(code, value, fact).label("less than `shared_buffers`");
        if let Some(parameter) = cluster.parameter_value("shared_buffers") {
            problem = problem.related(parameter.span(), "the shared buffers");
        }
        check.push(
            problem.help("ask for more memory, four times the shared buffers for instance, or write less of them"),
        );
    }
}
