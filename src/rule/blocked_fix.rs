//! The rule that a policy lacks for a flow, as an edit where that is certain: the operator's way in to the instances.

use super::rewrite::add_item;
use crate::finding::Edit;
use crate::reach::Direction;
use crate::reach::METADATA_NAME;
use crate::reach::connections::{Block, Connections, End, Need, NeedKind, PartyKind};

/// The ingress rule that lets the operator in, behind the last one of the policy that closes the instances. None where
/// it is not known where the operator runs, and for a policy of every pod: what it lets in is for others, too.
pub(super) fn operator_rule<'w>(
    need: &Need,
    block: &Block<'w>,
    connections: &Connections<'w>,
) -> Option<(String, Vec<Edit>)> {
    let End::Party(operator) = need.from else { return None };
    let operator = &connections.parties()[operator];
    let known = operator.kind != PartyKind::Unseen && operator.resource.name().is_some() && operator.namespace != "?";
    if need.kind != NeedKind::Operator || block.denies || block.direction != Direction::Ingress || !known {
        return None;
    }
    if block.value.is_empty() {
        return None;
    }
    let home = &operator.namespace;
    let lines: Vec<String> = match block.policy.kind {
        "NetworkPolicy" => vec![
            "from:".to_owned(),
            "  - namespaceSelector:".to_owned(),
            "      matchLabels:".to_owned(),
            format!("        {METADATA_NAME}: {home}"),
            "ports:".to_owned(),
            "  - {protocol: TCP, port: 5432}".to_owned(),
            "  - {protocol: TCP, port: 8000}".to_owned(),
        ],
        "CiliumNetworkPolicy" => vec![
            "fromEndpoints:".to_owned(),
            "  - matchLabels:".to_owned(),
            format!("      k8s:io.kubernetes.pod.namespace: {home}"),
            "toPorts:".to_owned(),
            "  - ports:".to_owned(),
            "      - {port: \"5432\", protocol: TCP}".to_owned(),
            "      - {port: \"8000\", protocol: TCP}".to_owned(),
        ],
        _ => return None,
    };
    let list = block.policy.at(&["spec", "ingress"])?;
    Some((format!("let namespace `{home}` in to 5432 and 8000"), add_item(list, &lines)?))
}
