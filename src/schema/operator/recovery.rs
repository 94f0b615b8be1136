//! Recovery: from which backup or snapshot, and up to which point.

use super::cluster::Cluster;
use super::read::{Check, Part, Read};
use crate::schema::Problem;
use crate::yaml::Value;
use jiff::civil::{Date, Time};
use regex::Regex;
use std::sync::LazyLock;

pub(super) fn check<'w>(check: &mut Check<'_, 'w>, cluster: &Cluster<'w>) {
    let Some(recovery) = check.spec.part(&["bootstrap", "recovery"]) else { return };
    source(check, cluster, recovery);
    let snapshots = recovery.part(&["volumeSnapshots"]);
    if let Some(snapshots) = snapshots {
        self::snapshots(check, recovery, snapshots);
    }
    if let Some(target) = recovery.part(&["recoveryTarget"]) {
        let no_snapshots = recovery.get(&["volumeSnapshots"]).is_absent();
        self::target(check, target, no_snapshots);
    }
}

fn source<'w>(check: &mut Check<'_, 'w>, cluster: &Cluster<'w>, recovery: Part<'w>) {
    // An entry that says nothing of how to reach it is told where it stands.
    if let Read::Is(source) = recovery.text(&["source"])
        && !source.is_empty()
        && cluster.has_external(source) == Some(false)
    {
        check.refuse(
            "unknown-external-cluster",
            recovery.nearest(&["source"]),
            format!("`recovery` reads from `{source}`, which is no entry of `externalClusters`"),
            "no such entry",
            cluster.external_help(source),
        );
    }
}

fn snapshots<'w>(check: &mut Check<'_, 'w>, recovery: Part<'w>, snapshots: Part<'w>) {
    if let Some(backup) = recovery.written(&["backup"]) {
        let problem = check
            .refusal("recovery-snapshots", backup, "`recovery` starts from a Backup and from volume snapshots at once")
            .at_key()
            .label("beside `volumeSnapshots`")
            .related(snapshots.value.key_or_span(), "the snapshots")
            .help("keep one of `backup` and `volumeSnapshots`");
        check.push(problem);
        return;
    }
    if recovery.text(&["recoveryTarget", "backupID"]).is_filled() {
        let value = recovery.nearest(&["recoveryTarget", "backupID"]);
        let fact = "`backupID` names a base backup, and `recovery` starts from volume snapshots";
        check.refuse("recovery-snapshots", value, fact, "not with `volumeSnapshots`", "take `backupID` away");
    }
    snapshot_kind(check, snapshots, "storage");
    if let Some(wal) = snapshots.written(&["walStorage"]) {
        if check.spec.get(&["walStorage"]).is_absent() {
            let fact = "a snapshot of WAL is to be restored, and the Cluster has no `walStorage`";
            let help = "add `spec.walStorage` as the origin had it, or take this snapshot away";
            let problem = check.refusal("recovery-snapshots", wal, fact).at_key().label("no volume to restore to");
            check.push(problem.help(help));
        } else {
            snapshot_kind(check, snapshots, "walStorage");
        }
    }
}

fn snapshot_kind<'w>(check: &mut Check<'_, 'w>, snapshots: Part<'w>, field: &'static str) {
    let Some(reference) = snapshots.part(&[field]) else { return };
    let (Read::Is(kind), group) = (reference.text(&["kind"]), reference.text(&["apiGroup"]).or("")) else { return };
    let Read::Is(group) = group else { return };
    let (fact, help) = match (kind, group) {
        ("VolumeSnapshot", "snapshot.storage.k8s.io") | ("PersistentVolumeClaim", "") => return,
        ("VolumeSnapshot", "") => (
            format!("`volumeSnapshots.{field}` names a VolumeSnapshot without its group"),
            "write `apiGroup: snapshot.storage.k8s.io`",
        ),
        ("VolumeSnapshot", other) => (
            format!("`volumeSnapshots.{field}` names a VolumeSnapshot of the group `{other}`"),
            "write `apiGroup: snapshot.storage.k8s.io`",
        ),
        ("PersistentVolumeClaim", other) => (
            format!("`volumeSnapshots.{field}` names a PersistentVolumeClaim of the group `{other}`"),
            "take `apiGroup` away: the core group has no name",
        ),
        (other, _) => (
            format!(
                "`volumeSnapshots.{field}` names a `{other}`, and only snapshots and volume claims can be restored"
            ),
            "name a VolumeSnapshot of `snapshot.storage.k8s.io`, or a PersistentVolumeClaim",
        ),
    };
    let place = reference.written(&["apiGroup"]).filter(|_| matches!(kind, "VolumeSnapshot" | "PersistentVolumeClaim"));
    let place = place.unwrap_or_else(|| reference.nearest(&["kind"]));
    let problem = check.refusal("recovery-snapshots", reference.value, fact).underline(place.span());
    check.push(problem.label("cannot be restored").help(help));
}

fn target<'w>(check: &mut Check<'_, 'w>, target: Part<'w>, no_snapshots: bool) {
    let text = |key: &str| target.written(&[key]).filter(|_| target.text(&[key]) != Read::Is(""));
    let immediate = target.written(&["targetImmediate"]);
    let (lsn, name) = (text("targetLSN"), text("targetName"));
    let (xid, time) = (text("targetXID"), text("targetTime"));
    let points: Vec<Value<'w>> = [immediate, lsn, name, xid, time].into_iter().flatten().collect();
    if let [first, second, ..] = points.as_slice() {
        let problem = check
            .refusal("recovery-target", target.value, "recovery stops at one point, and `recoveryTarget` names more")
            .underline(second.key_or_span())
            .label(format!("beside `{}`", first.key().unwrap_or_default()))
            .related(first.key_or_span(), "another point to stop at")
            .help("keep the one point that is meant");
        check.push(problem);
    } else if let Some(point) = immediate.or(name).or(xid)
        && no_snapshots
        && target.text(&["backupID"]).is_blank()
    {
        let key = point.key().unwrap_or_default();
        let problem = check
            .refusal("recovery-target", target.value, format!("`{key}` does not tell which base backup to start from"))
            .underline(point.key_or_span())
            .label("needs `backupID`")
            .help("name the base backup in `recoveryTarget.backupID`");
        check.push(problem);
    }
    for problem in [
        point(check, target, "targetTime", is_time, "is no point in time that PostgreSQL reads", TIME_HELP),
        point(
            check,
            target,
            "targetLSN",
            is_lsn,
            "is no WAL position",
            "write two hexadecimal numbers, as in `16/B374D848`",
        ),
        point(
            check,
            target,
            "targetXID",
            is_transaction,
            "is no transaction number",
            "write a whole number up to 4294967295",
        ),
        point(
            check,
            target,
            "targetName",
            is_restore_point,
            "is no name of a restore point",
            "write the name given to `pg_create_restore_point`: at most 63 bytes, no control characters",
        ),
        point(check, target, "targetTLI", is_timeline, "is no timeline", "write `latest` or the number of a timeline"),
    ] {
        check.extend(problem);
    }
}

const TIME_HELP: &str = "write it as `2026-03-01T12:30:00Z` or `2026-03-01 12:30:00+01`";

fn point<'w>(
    check: &Check<'_, 'w>,
    target: Part<'w>,
    key: &str,
    reads: fn(&str) -> bool,
    fact: &str,
    help: &str,
) -> Option<Problem<'w>> {
    let Read::Is(text) = target.text(&[key]) else { return None };
    if text.is_empty() || reads(text) {
        return None;
    }
    let shown: String = text.chars().take(40).flat_map(char::escape_debug).collect();
    let problem = check.refusal("recovery-point", target.nearest(&[key]), format!("`{shown}` {fact}"));
    Some(problem.label(format!("cannot be read as `{key}`")).help(help))
}

/// The forms of time that PostgreSQL's own output and RFC 3339 have.
fn is_time(text: &str) -> bool {
    static FORM: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"^(\d{4,6})-(\d\d)-(\d\d)(?:([ T])(\d\d):(\d\d):(\d\d)(?:\.\d+)?(Z|[+-]\d\d(?::?\d\d(?::?\d\d)?)?)?)?(?: BC)?$",
        )
        .expect("internal: the pattern of points in time compiles")
    });
    let Some(parts) = FORM.captures(text) else { return false };
    let number = |at: usize| parts.get(at).and_then(|part| part.as_str().parse::<i16>().ok());
    let date = match (number(1), number(2), number(3)) {
        // Beyond what a calendar of four digits holds nothing is checked.
        (Some(year), Some(month), Some(day)) if year <= 9999 => Date::new(year, month as i8, day as i8).is_ok(),
        _ => true,
    };
    let time = match (number(5), number(6), number(7)) {
        (Some(24), Some(0), Some(0)) => true,
        (Some(hour), Some(minute), Some(second)) => Time::new(hour as i8, minute as i8, second as i8, 0).is_ok(),
        _ => true,
    };
    date && time
}

fn is_lsn(text: &str) -> bool {
    let part = |text: &str| (1..=16).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    text.split_once('/').is_some_and(|(high, low)| part(high) && part(low))
}

fn is_transaction(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u32>().is_ok()
}

fn is_restore_point(text: &str) -> bool {
    text.len() < 64 && !text.bytes().any(|byte| byte < 0x20 || byte == 0x7f)
}

fn is_timeline(text: &str) -> bool {
    text == "latest" || text.parse::<i64>().is_ok_and(|number| number >= 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_in_time_are_read_as_the_operator_reads_them() {
        for (text, expected) in [
            ("2021-09-01 10:22:47.000000+06:00", true),
            ("2021-09-01 10:22:47+06", true),
            ("2021-09-01 10:22:47", true),
            ("2021-09-01T10:22:47", true),
            ("2021-09-01T10:22:47Z", true),
            ("2021-09-01T10:22:47.123456Z", true),
            ("2021-09-01T10:22:47+02:00", true),
            ("2021-09-01", true),
            ("2021-09-01 10:22:47.000000 +06:00", false),
            ("2021-02-30", false),
            ("2021-09-01 25:00:00", false),
            ("2021-09-01 10:22", false),
            ("yesterday", false),
            ("01.09.2021", false),
        ] {
            assert_eq!(is_time(text), expected, "{text}");
        }
    }

    #[test]
    fn positions_transactions_names_and_timelines() {
        for (text, lsn) in [("0/0", true), ("16/B374D848", true), ("nope", false), ("1/", false), ("1/g", false)] {
            assert_eq!(is_lsn(text), lsn, "{text}");
        }
        for (text, xid) in [("0", true), ("4294967295", true), ("4294967296", false), ("-1", false), ("1.5", false)] {
            assert_eq!(is_transaction(text), xid, "{text}");
        }
        for (text, name) in [("before the fix", true), ("a\tb", false), ("a\u{7f}", false)] {
            assert_eq!(is_restore_point(text), name, "{text:?}");
        }
        assert!(is_restore_point(&"x".repeat(63)) && !is_restore_point(&"x".repeat(64)));
        for (text, line) in [("latest", true), ("23", true), ("0", false), ("current", false)] {
            assert_eq!(is_timeline(text), line, "{text}");
        }
    }
}
