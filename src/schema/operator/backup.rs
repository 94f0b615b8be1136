//! Backups: credentials of the object store, plugins that archive, and the objects Backup and ScheduledBackup.

use super::read::{Check, Part, Read, either};
use crate::schema::schedule::{Frequency, Schedule};
use crate::yaml::Value;

pub(super) fn check(check: &mut Check<'_, '_>) {
    let store = check.spec.part(&["backup", "barmanObjectStore"]);
    if let Some(store) = store {
        credentials(check, store);
    }
    archivers(check, store.map(|store| store.value));
}

const PROVIDERS: [&str; 3] = ["s3Credentials", "azureCredentials", "googleCredentials"];

fn credentials<'w>(check: &mut Check<'_, 'w>, store: Part<'w>) {
    let code = "store-credentials";
    let written: Vec<Value<'w>> = PROVIDERS.iter().filter_map(|key| store.written(&[key])).collect();
    match written.as_slice() {
        [] if store.is_complete() => {
            let help = format!("write {}", either(&PROVIDERS));
            check.refuse(code, store.value, "`barmanObjectStore` has no credentials", "none of three", help);
        }
        [first, second, ..] => {
            let problem = check
                .refusal(code, store.value, "`barmanObjectStore` has credentials of two providers")
                .underline(second.key_or_span())
                .label("one provider at most")
                .related(first.key_or_span(), "the first one");
            check.push(problem.help("keep those of the provider that `destinationPath` means"));
        }
        _ => {}
    }
    if let Some(amazon) = store.part(&["s3Credentials"]) {
        s3(check, amazon);
    }
    if let Some(azure) = store.part(&["azureCredentials"]) {
        self::azure(check, azure);
    }
    if let Some(google) = store.part(&["googleCredentials"]) {
        self::google(check, google);
    }
}

fn s3<'w>(check: &mut Check<'_, 'w>, s3: Part<'w>) {
    let code = "store-credentials";
    let key = s3.get(&["accessKeyId"]);
    let secret = s3.get(&["secretAccessKey"]);
    let role = s3.flag(&["inheritFromIAMRole"]).or(false);
    let (fact, label, help) = match (key, secret, role) {
        (Read::Is(_), Read::Absent, _) => (
            "`s3Credentials` has `accessKeyId` without `secretAccessKey`",
            "half of a pair",
            "name the Secret and key of `secretAccessKey` too",
        ),
        (Read::Absent, Read::Is(_), _) => (
            "`s3Credentials` has `secretAccessKey` without `accessKeyId`",
            "half of a pair",
            "name the Secret and key of `accessKeyId` too",
        ),
        (Read::Absent, Read::Absent, Read::Is(false)) => (
            "`s3Credentials` names neither keys nor a role",
            "no credentials",
            "write `accessKeyId` and `secretAccessKey`, or `inheritFromIAMRole: true`",
        ),
        (Read::Is(_), Read::Is(_), Read::Is(true)) => (
            "`s3Credentials` names keys and takes them from a role too",
            "two ways at once",
            "keep the keys or `inheritFromIAMRole: true`",
        ),
        _ => return,
    };
    let at = match (key, secret) {
        (Read::Is(half), Read::Absent) | (Read::Absent, Read::Is(half)) => half,
        _ => s3.value,
    };
    check.refuse(code, at, fact, label, help);
}

fn azure<'w>(check: &mut Check<'_, 'w>, azure: Part<'w>) {
    let code = "store-credentials";
    let flags = ["inheritFromAzureAD", "useDefaultAzureCredentials"];
    let keys = ["storageKey", "storageSasToken"];
    let mut ways: Vec<&str> = Vec::new();
    for flag in flags {
        match azure.flag(&[flag]) {
            Read::Is(true) => ways.push(flag),
            Read::Unknown => return,
            _ => {}
        }
    }
    for key in keys {
        match azure.get(&[key]) {
            Read::Is(_) => ways.push(key),
            Read::Unknown => return,
            Read::Absent => {}
        }
    }
    let (connection, account) = (azure.get(&["connectionString"]), azure.get(&["storageAccount"]));
    let (fact, label, help) = match (connection, ways.as_slice()) {
        (Read::Unknown, _) => return,
        (Read::Is(_), [_, ..]) => (
            "`azureCredentials` has a connection string beside other credentials".to_owned(),
            "one way at most",
            "keep `connectionString` alone, or take it away".to_owned(),
        ),
        (Read::Is(_), _) => return,
        (Read::Absent, []) => (
            "`azureCredentials` names no way to log in".to_owned(),
            "no credentials",
            "write `connectionString`, or `storageAccount` with `storageKey`, or `inheritFromAzureAD: true`".to_owned(),
        ),
        (Read::Absent, [first, second, ..]) => (
            format!("`azureCredentials` has `{first}` and `{second}`"),
            "one way at most",
            format!("keep {}", either(&ways)),
        ),
        (Read::Absent, [one]) if keys.contains(one) && account.is_absent() => (
            format!("`azureCredentials` has `{one}` without `storageAccount`"),
            "whose account is not told",
            "name the Secret and key of `storageAccount` too".to_owned(),
        ),
        _ => return,
    };
    check.refuse(code, azure.value, fact, label, help);
}

fn google<'w>(check: &mut Check<'_, 'w>, google: Part<'w>) {
    let workload = google.flag(&["gkeEnvironment"]).or(false);
    let (fact, label, help) = match (workload, google.get(&["applicationCredentials"])) {
        (Read::Is(false), Read::Absent) => (
            "`googleCredentials` names no Secret and no workload identity",
            "no credentials",
            "write `applicationCredentials`, or `gkeEnvironment: true`",
        ),
        (Read::Is(true), Read::Is(_)) => (
            "`googleCredentials` names a Secret beside the workload identity",
            "two ways at once",
            "keep `applicationCredentials` or `gkeEnvironment: true`",
        ),
        _ => return,
    };
    check.refuse("store-credentials", google.value, fact, label, help);
}

fn archivers<'w>(check: &mut Check<'_, 'w>, store: Option<Value<'w>>) {
    let plugins: Vec<Part<'w>> = check.spec.parts(&["plugins"]).collect();
    let archiving = |plugin: &&Part<'w>| {
        plugin.flag(&["enabled"]).or(true) == Read::Is(true) && plugin.flag(&["isWALArchiver"]) == Read::Is(true)
    };
    let mut archiving = plugins.iter().filter(archiving);
    let Some(first) = archiving.next() else { return };
    let switch = first.nearest(&["isWALArchiver"]);
    let code = "wal-archivers";
    if let Some(second) = archiving.next() {
        let other = second.nearest(&["isWALArchiver"]);
        let problem = check.refusal(code, other, "WAL is archived by one plugin, and two are to do it");
        let problem = problem.label("the second one").related(switch.span(), "the first one");
        check.push(problem.help("keep `isWALArchiver: true` at one of them"));
    } else if let Some(store) = store {
        let problem = check.refusal(code, switch, "WAL is to be archived by a plugin and by `barmanObjectStore`");
        let problem = problem.label("beside `backup.barmanObjectStore`").related(store.key_or_span(), "archives too");
        check
            .push(problem.help("take `backup.barmanObjectStore` away once its content is in the plugin's ObjectStore"));
    }
}

/// A Backup or a ScheduledBackup: what goes with its method.
pub(super) fn method(check: &mut Check<'_, '_>, one_backup: bool) {
    let Read::Is(method) = check.spec.text(&["method"]).or("barmanObjectStore") else { return };
    let code = "backup-method";
    if method == "barmanObjectStore" {
        let fields = ["online", "onlineConfiguration"].map(|key| check.spec.written(&[key]));
        let is_default = check.spec.written(&["method"]).is_none();
        for value in fields.into_iter().flatten().take(1) {
            let key = value.key().unwrap_or_default();
            let by = if is_default { "the default method, barmanObjectStore," } else { "the method barmanObjectStore" };
            let fact = format!("`{key}` is for volume snapshots, and {by} makes none");
            let problem = check.refusal(code, value, fact).at_key().label("only for `method: volumeSnapshot`");
            check.push(problem.help(format!("write `method: volumeSnapshot`, or take `{key}` away")));
        }
    }
    if one_backup && method == "plugin" {
        let name = check.spec.text(&["pluginConfiguration", "name"]);
        let configuration = check.spec.get(&["pluginConfiguration"]);
        if configuration.is_absent() || name == Read::Is("") {
            let at = check.spec.nearest(&["pluginConfiguration", "name"]);
            let at = if at.key() == Some("spec") { check.spec.nearest(&["method"]) } else { at };
            let (at, underline) =
                if at.key() == Some("method") { (check.spec.value, at.span()) } else { (at, at.span()) };
            let problem =
                check.refusal(code, at, "the method is `plugin`, and no plugin is named").underline(underline);
            let problem = problem.label("needs `pluginConfiguration.name`");
            check.push(problem.help("write `pluginConfiguration.name`, such as `barman-cloud.cloudnative-pg.io`"));
        }
    }
}

/// Whether five fields are told as a line of a crontab, which says more than this can: one that would ever run.
fn is_classic(text: &str) -> bool {
    Schedule::as_classic(text).is_some_and(|(meant, _)| meant.frequency() != Frequency::Never)
}

pub(super) fn schedule(check: &mut Check<'_, '_>) {
    let Read::Is(text) = check.spec.text(&["schedule"]) else { return };
    if is_classic(text) {
        return;
    }
    if let Err(error) = Schedule::parse(text) {
        let value = check.spec.nearest(&["schedule"]);
        let fact = format!("its schedule cannot be read: {error}");
        let help = "write six fields, seconds first, as in `0 30 2 * * *`, or a descriptor such as `@daily`";
        check.refuse("schedule", value, fact, "no schedule", help);
    }
}

/// A schedule that is accepted with a warning: the value, and how many words it has.
pub(super) fn odd_schedule<'w>(check: &Check<'_, 'w>) -> Option<(Value<'w>, &'w str, usize)> {
    let text = check.spec.text(&["schedule"]).is()?;
    let words = text.split_whitespace().count();
    (words != 6 && !is_classic(text) && Schedule::parse(text).is_ok())
        .then(|| (check.spec.nearest(&["schedule"]), text, words))
}
