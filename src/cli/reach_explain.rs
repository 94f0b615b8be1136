//! What `reach --explain` tells: both sides of a flow, and the policies with a say on each.

use super::reach_rows::unknown_workload;
use crate::config::OptionError;
use crate::reach::Direction;
use crate::reach::addresses::AddressRange;
use crate::reach::connections::clause::{Entity, Reached};
use crate::reach::connections::{Connections, Decision, End, Half};
use crate::reach::ports::PortSet;
use crate::report::reach::Told;
use crate::source::{Sources, Span};
use std::net::IpAddr;

/// Why traffic from one end to another passes or does not.
pub(super) fn explain(
    connections: &Connections<'_>,
    sources: &Sources,
    target: Option<&str>,
    from: &str,
    to: &str,
    ports: &PortSet,
) -> Result<Vec<Told>, OptionError> {
    let (froms, tos) = (ends(connections, from)?, ends(connections, to)?);
    let mut lines = Vec::new();
    for from in &froms {
        for to in &tos {
            // A name may mean several; the same one twice is asked for only where nothing else is.
            if from == to && (froms.len() > 1 || tos.len() > 1) {
                continue;
            }
            let explanation = connections.explain(*from, *to, ports);
            let within = target.map_or_else(String::new, |target| format!("in {target}, "));
            let answer = answer(&explanation.reached, ports);
            let ends = format!("{} => {}", title(connections, *from), title(connections, *to));
            lines.push(Told { depth: 0, text: format!("{within}{ends} : {answer}"), place: None });
            for half in &explanation.halves {
                side(connections, sources, half, ports, &mut lines);
            }
        }
    }
    Ok(lines)
}

/// 192.0.2.1, which is nobody's.
const WORLD: AddressRange = AddressRange::V4(0xC000_0201, 0xC000_0201);

fn title(connections: &Connections<'_>, end: End) -> String {
    if end == End::Addresses(WORLD) { "world".to_owned() } else { connections.title(end) }
}

fn answer(reached: &Reached, asked: &PortSet) -> String {
    let open = reached.open();
    if reached.sure == *asked {
        format!("{asked} passes")
    } else if reached.is_empty() {
        format!("{asked} does not pass")
    } else if reached.sure.is_empty() {
        format!("whether {open} passes is not known")
    } else if open.is_empty() {
        format!("of {asked} only {} passes", reached.sure)
    } else {
        format!("{} passes, and whether {open} does is not known", reached.sure)
    }
}

fn side(connections: &Connections<'_>, sources: &Sources, half: &Half<'_>, ports: &PortSet, lines: &mut Vec<Told>) {
    let title = match &half.which {
        Some(which) => format!("{} ({which})", connections.title(half.end)),
        None => connections.title(half.end),
    };
    let way = match half.direction {
        Direction::Egress => "leaves",
        Direction::Ingress => "enters",
    };
    let place = |span: Span| {
        let line = sources[span.source].position(span.start).line;
        Some((sources.name(span.source).into_owned(), line))
    };
    let text = if half.findings.is_empty() {
        format!("{way} {title}: no policy for {} selects it, so everything passes", half.direction.name())
    } else {
        format!("{way} {title}: {}", answer(&half.reached, ports))
    };
    lines.push(Told { depth: 1, text, place: None });
    let mut isolates = false;
    let mut speaks = false;
    for finding in &half.findings {
        let policy = finding.policy.title();
        let note = finding.note.as_ref().map_or_else(String::new, |note| format!(", {note}"));
        let text = match finding.decision {
            Decision::Isolates => {
                isolates = true;
                format!("{policy} selects it: only what a rule allows passes")
            }
            Decision::Allows => format!("a rule of {policy} allows {}{note}", finding.ports),
            Decision::Denies => format!("a rule of {policy} denies {}", finding.ports),
            Decision::Passes => format!("a rule of {policy} leaves {} to other policies", finding.ports),
            Decision::Unknown => {
                format!("what {policy} makes of {} is not known{}", finding.ports, note.replacen(", ", ": ", 1))
            }
        };
        speaks |= !matches!(finding.decision, Decision::Isolates);
        lines.push(Told { depth: 2, text, place: place(finding.span) });
    }
    if isolates && !speaks {
        // Probes come from there, so nothing keeps it out.
        let node = if half.reached.is_empty() { "" } else { ", but the node that the pod runs on always gets in" };
        let text = format!("no rule of these policies allows {ports}{node}");
        lines.push(Told { depth: 2, text, place: None });
    }
}

/// Who is meant by a word: a workload, an address, `world`, an entity.
fn ends(connections: &Connections<'_>, word: &str) -> Result<Vec<End>, OptionError> {
    if let Ok(address) = word.parse::<IpAddr>() {
        return Ok(vec![End::Addresses(match address {
            IpAddr::V4(address) => AddressRange::V4(address.into(), address.into()),
            IpAddr::V6(address) => AddressRange::V6(address.into(), address.into()),
        })]);
    }
    let bare = word.strip_prefix("entity:").unwrap_or(word);
    if let Some(entity) = Entity::ALL.into_iter().find(|entity| entity.name() == bare)
        && connections.named(word).is_empty()
    {
        if connections.has_cilium() {
            return Ok(vec![End::Entity(entity)]);
        }
        return Err(OptionError {
            message: format!("`{bare}` is an entity of Cilium, and nothing here says that Cilium enforces policies"),
            help: Some("write `world`, or an address".into()),
        });
    }
    if bare == "world" {
        // An address that is kept for examples stands for all that no block names.
        return Ok(vec![End::Addresses(WORLD)]);
    }
    let named = connections.named(word);
    if named.is_empty() {
        return Err(unknown_workload(connections, word));
    }
    Ok(named.into_iter().map(End::Party).collect())
}
