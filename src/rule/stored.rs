//! What rules about how backups are stored share: a setting that WAL and base backups each have.

use super::Sink;
use crate::graph::backup::Destination;
use crate::yaml::Value;

/// A setting that a destination leaves out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lack {
    /// What goes without it: `WAL`, `base backups`, or both.
    pub what: &'static str,
    /// The fields that would set it, in backquotes.
    pub keys: String,
}

/// What goes without `setting` at a destination; nothing where it is set for both, or where that cannot be told, which
/// is noted as undecided.
pub fn lacking<'w>(place: &Destination<'w>, setting: &str, sink: &mut Sink<'_, 'w>) -> Option<Lack> {
    let at = place.configuration;
    let plain =
        |part: &str| at.at(&[part, setting]).is_none_or(|written| written.is_null() || written.raw() == Some(""));
    let (what, keys) = match (plain("wal"), plain("data")) {
        (true, true) => ("WAL and base backups", format!("`wal.{setting}` and `data.{setting}`")),
        (true, false) => ("WAL", format!("`wal.{setting}`")),
        (false, true) => ("base backups", format!("`data.{setting}`")),
        (false, false) => return None,
    };
    let parts = [Some(at), at.get("wal"), at.get("data")];
    let open = parts.into_iter().flatten().find_map(Value::unknown);
    match open.or_else(|| place.holder.may_be_completed().map(str::to_owned)) {
        Some(reason) => {
            sink.undecided(at.span(), reason);
            None
        }
        None => Some(Lack { what, keys }),
    }
}

/// Reports it at the destination, with the Cluster that stores its backups there.
pub fn report_lack<'w>(place: &Destination<'w>, lack: &Lack, how: &str, better: &str, sink: &mut Sink<'_, 'w>) {
    let message = format!("{} stores {} {how}", place.holder.title(), lack.what);
    let finding = sink
        .finding("none", place.holder, place.configuration, message)
        .underline(place.configuration.key_or_span())
        .label(format!("lacks {}", lack.keys))
        .help(format!("set {} to `{better}`", lack.keys));
    if !place.in_tree {
        finding.related(place.named_at.span(), "backs up there");
    }
}
