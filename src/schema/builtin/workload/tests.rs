use crate::schema::builtin::check;
use crate::schema::testing::told;

const POD: &str = "spec: {containers: [{name: app, image: app}]}";

/// What is told of an object of `kind` with this spec, without `/spec`.
fn of(api_version: &str, kind: &str, spec: &str) -> Vec<String> {
    let text = format!("apiVersion: {api_version}\nkind: {kind}\nmetadata: {{name: shop}}\nspec: {{{spec}}}\n");
    told(check, &text).iter().map(|line| line.replacen("/spec", "", 1)).collect()
}

fn table(api_version: &str, kind: &str, start: &str, rows: &[(&str, &[&str])]) {
    for (fields, expected) in rows {
        assert_eq!(of(api_version, kind, &format!("{start}{fields}")), *expected, "{kind}: {fields}");
    }
}

fn whole() -> String {
    format!("selector: {{matchLabels: {{app: shop}}}}, template: {{metadata: {{labels: {{app: shop}}}}, {POD}}}, ")
}

#[test]
fn selectors_match_the_template() {
    for kind in ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"] {
        for (selector, labels, expected) in [
            ("{matchLabels: {app: shop}}", "{app: shop, tier: web}", vec![]),
            ("{matchLabels: {app: shop}}", "{app: web}", vec!["selector /template/metadata/labels"]),
            ("{matchLabels: {app: shop}}", "{app: '${APP}'}", vec![]),
            ("{matchLabels: {app: shop}}", "", vec!["selector /template/metadata"]),
            ("{}", "{app: shop}", vec!["selector /selector"]),
            ("{matchLabels: {a/b/c: shop}}", "{app: shop}", vec!["selector /selector/matchLabels/a~1b~1c"]),
            ("{matchExpressions: [{key: app, operator: In, values: [shop, web]}]}", "{app: web}", vec![]),
            (
                "{matchExpressions: [{key: app, operator: NotIn, values: [shop]}]}",
                "{app: shop}",
                vec!["selector /template/metadata/labels"],
            ),
            (
                "{matchExpressions: [{key: app, operator: Exists}]}",
                "{tier: web}",
                vec!["selector /template/metadata/labels"],
            ),
        ] {
            let spec = format!("selector: {selector}, template: {{metadata: {{labels: {labels}}}, {POD}}}");
            assert_eq!(of("apps/v1", kind, &spec), expected, "{kind}: {spec}");
        }
    }
    table(
        "v1",
        "ReplicationController",
        "",
        &[
            (&format!("selector: {{app: shop}}, template: {{metadata: {{labels: {{app: shop}}}}, {POD}}}"), &[]),
            (&format!("template: {{metadata: {{labels: {{app: shop}}}}, {POD}}}"), &[]),
            (&format!("template: {{{POD}}}"), &["selector /template"]),
            (
                &format!("selector: {{app: web}}, template: {{metadata: {{labels: {{app: shop}}}}, {POD}}}"),
                &["selector /template/metadata/labels"],
            ),
            ("replicas: 1", &["missing "]),
        ],
    );
}

#[test]
fn deployments_can_replace_their_pods() {
    let start = whole();
    table(
        "apps/v1",
        "Deployment",
        &start,
        &[
            ("replicas: 0, strategy: {type: Recreate}", &[]),
            ("replicas: -1", &["bound /replicas"]),
            ("strategy: {type: Recreate, rollingUpdate: {maxSurge: 1}}", &["cross-field /strategy/rollingUpdate"]),
            ("strategy: {rollingUpdate: {maxSurge: 0, maxUnavailable: 1}}", &[]),
            ("strategy: {rollingUpdate: {maxSurge: 200%, maxUnavailable: 0}}", &[]),
            ("strategy: {rollingUpdate: {maxUnavailable: 0}}", &[]),
            (
                "strategy: {rollingUpdate: {maxSurge: 0, maxUnavailable: 0%}}",
                &["cross-field /strategy/rollingUpdate/maxUnavailable"],
            ),
            ("strategy: {rollingUpdate: {maxUnavailable: 101%}}", &["bound /strategy/rollingUpdate/maxUnavailable"]),
            ("strategy: {rollingUpdate: {maxUnavailable: '1'}}", &["bound /strategy/rollingUpdate/maxUnavailable"]),
            ("strategy: {rollingUpdate: {maxUnavailable: 25 %}}", &["bound /strategy/rollingUpdate/maxUnavailable"]),
            ("strategy: {type: rollingUpdate}", &["enum /strategy/type"]),
            ("minReadySeconds: 599", &[]),
            ("minReadySeconds: 600", &["cross-field /minReadySeconds"]),
            ("minReadySeconds: 10, progressDeadlineSeconds: 10", &["cross-field /progressDeadlineSeconds"]),
        ],
    );
    let template = |fields: &str| {
        let labels = "metadata: {labels: {app: shop}}";
        let containers = "containers: [{name: app, image: app}]";
        format!("selector: {{matchLabels: {{app: shop}}}}, template: {{{labels}, spec: {{{containers}, {fields}}}}}")
    };
    table(
        "apps/v1",
        "Deployment",
        "",
        &[
            (&template("restartPolicy: Always"), &[]),
            (&template("restartPolicy: Never"), &["cross-field /template/spec/restartPolicy"]),
            (&template("activeDeadlineSeconds: 5"), &["cross-field /template/spec/activeDeadlineSeconds"]),
            (&template("hostNetwork: true"), &[]),
        ],
    );
}

#[test]
fn daemon_sets_add_or_miss_pods_but_not_both() {
    let start = whole();
    table(
        "apps/v1",
        "DaemonSet",
        &start,
        &[
            ("updateStrategy: {rollingUpdate: {maxUnavailable: 1}}", &[]),
            ("updateStrategy: {rollingUpdate: {maxUnavailable: 0, maxSurge: 1}}", &[]),
            ("updateStrategy: {rollingUpdate: {maxSurge: 1}}", &["cross-field /updateStrategy/rollingUpdate/maxSurge"]),
            (
                "updateStrategy: {rollingUpdate: {maxUnavailable: 0}}",
                &["cross-field /updateStrategy/rollingUpdate/maxUnavailable"],
            ),
            ("updateStrategy: {type: Recreate}", &["enum /updateStrategy/type"]),
            ("updateStrategy: {type: OnDelete, rollingUpdate: {maxUnavailable: 0}}", &[]),
        ],
    );
}

#[test]
fn stateful_sets_mount_their_claims() {
    let template = |mount: &str| {
        format!(
            "selector: {{matchLabels: {{app: shop}}}}, template: {{metadata: {{labels: {{app: shop}}}}, spec: {{containers: \
             [{{name: app, image: app, volumeMounts: [{{name: {mount}, mountPath: /data}}]}}]}}}}, "
        )
    };
    let spec = "spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}";
    let good = format!("volumeClaimTemplates: [{{metadata: {{name: data}}, {spec}}}]");
    assert_eq!(of("apps/v1", "StatefulSet", &(template("data") + &good)), Vec::<String>::new());
    assert_eq!(
        of("apps/v1", "StatefulSet", &(template("date") + &good)),
        ["reference /template/spec/containers/0/volumeMounts/0/name"]
    );
    let twice =
        format!("volumeClaimTemplates: [{{metadata: {{name: data}}, {spec}}}, {{metadata: {{name: data}}, {spec}}}]");
    assert_eq!(of("apps/v1", "StatefulSet", &(template("data") + &twice)), Vec::<String>::new());
    table(
        "apps/v1",
        "StatefulSet",
        &template("data"),
        &[
            (
                &format!("volumeClaimTemplates: [{{metadata: {{}}, {spec}}}]"),
                &["missing /volumeClaimTemplates/0/metadata"],
            ),
            (
                "volumeClaimTemplates: [{metadata: {name: data}, spec: {accessModes: [RWO], resources: {requests: {storage: 0}}}}]",
                &[
                    "enum /volumeClaimTemplates/0/spec/accessModes/0",
                    "quantity /volumeClaimTemplates/0/spec/resources/requests/storage",
                ],
            ),
            ("volumeClaimTemplates: [{metadata: {name: data}}]", &["missing /volumeClaimTemplates/0"]),
        ],
    );
    let start = whole();
    table(
        "apps/v1",
        "StatefulSet",
        &start,
        &[
            ("serviceName: ''", &[]),
            ("serviceName: Bad_Name", &["name /serviceName"]),
            (
                "updateStrategy: {type: OnDelete, rollingUpdate: {partition: 1}}",
                &["cross-field /updateStrategy/rollingUpdate"],
            ),
            ("updateStrategy: {rollingUpdate: {maxUnavailable: 2}}", &[]),
            ("updateStrategy: {rollingUpdate: {partition: -1}}", &["bound /updateStrategy/rollingUpdate/partition"]),
            ("podManagementPolicy: parallel", &["enum /podManagementPolicy"]),
            ("ordinals: {start: -1}", &["bound /ordinals/start"]),
        ],
    );
}

fn job(fields: &str) -> String {
    format!("template: {{spec: {{restartPolicy: Never, containers: [{{name: app, image: app}}]}}}}, {fields}")
}

#[test]
fn jobs_end() {
    let containers = "containers: [{name: app, image: app}]";
    table(
        "batch/v1",
        "Job",
        "",
        &[
            (&format!("template: {{spec: {{{containers}}}}}"), &["cross-field /template/spec"]),
            (
                &format!("template: {{spec: {{restartPolicy: Always, {containers}}}}}"),
                &["cross-field /template/spec/restartPolicy"],
            ),
            (&format!("template: {{spec: {{restartPolicy: '${{P}}', {containers}}}}}"), &[]),
            (&job("completionMode: Indexed, completions: 3, backoffLimitPerIndex: 1, maxFailedIndexes: 3"), &[]),
            (&job("completionMode: Indexed"), &["cross-field "]),
            (&job("completionMode: indexed"), &["enum /completionMode"]),
            (&job("backoffLimitPerIndex: 1"), &["cross-field /backoffLimitPerIndex"]),
            (&job("completionMode: Indexed, completions: 3, maxFailedIndexes: 1"), &["cross-field "]),
            (
                &job("completionMode: Indexed, completions: 3, backoffLimitPerIndex: 1, maxFailedIndexes: 4"),
                &["bound /maxFailedIndexes"],
            ),
            (&job("ttlSecondsAfterFinished: -1"), &["bound /ttlSecondsAfterFinished"]),
            (&job("selector: {matchLabels: {app: shop}}"), &["selector /selector"]),
            (&job("selector: {}"), &[]),
            (&job("manualSelector: true, selector: {matchLabels: {app: shop}}"), &["selector /template"]),
            (&job("managedBy: example.org/me"), &[]),
            (&job("managedBy: me"), &["name /managedBy"]),
            (
                &format!(
                    "template: {{metadata: {{labels: {{controller-uid: a}}}}, spec: {{restartPolicy: Never, {containers}}}}}"
                ),
                &["selector /template/metadata/labels/controller-uid"],
            ),
            (
                &format!(
                    "template: {{metadata: {{labels: {{job-name: shop}}}}, spec: {{restartPolicy: Never, {containers}}}}}"
                ),
                &[],
            ),
        ],
    );
    let policy = |rule: &str| job(&format!("podFailurePolicy: {{rules: [{rule}]}}"));
    let codes = "onExitCodes: {operator: In, values: ";
    table(
        "batch/v1",
        "Job",
        "",
        &[
            (&policy(&format!("{{action: FailJob, {codes}[1, 42]}}}}")), &[]),
            (&policy("{action: Ignore, onPodConditions: [{type: DisruptionTarget}]}"), &[]),
            (&policy("{action: Ignore}"), &["missing /podFailurePolicy/rules/0"]),
            (
                &policy(&format!("{{action: FailJob, {codes}[42, 1]}}}}")),
                &["cross-field /podFailurePolicy/rules/0/onExitCodes/values/1"],
            ),
            (
                &policy(&format!("{{action: FailJob, {codes}[1, 1]}}}}")),
                &["duplicate /podFailurePolicy/rules/0/onExitCodes/values/1"],
            ),
            (
                &policy(&format!("{{action: FailJob, {codes}[0, 1]}}}}")),
                &["bound /podFailurePolicy/rules/0/onExitCodes/values/0"],
            ),
            (
                &policy(&format!("{{action: FailIndex, {codes}[1]}}}}")),
                &["cross-field /podFailurePolicy/rules/0/action"],
            ),
            (
                &policy("{action: FailJob, onExitCodes: {containerName: ap, operator: In, values: [1]}}"),
                &["reference /podFailurePolicy/rules/0/onExitCodes/containerName"],
            ),
            (
                &policy("{action: FailJob, onExitCodes: {operator: In, values: []}}"),
                &["missing /podFailurePolicy/rules/0/onExitCodes/values"],
            ),
        ],
    );
    let restarted = format!(
        "template: {{spec: {{restartPolicy: OnFailure, {containers}}}}}, podFailurePolicy: {{rules: [{{action: FailJob, {codes}[1]}}}}]}}"
    );
    assert_eq!(of("batch/v1", "Job", &restarted), ["cross-field /template/spec/restartPolicy"]);
}

#[test]
fn cron_jobs_have_a_schedule() {
    let template = format!("jobTemplate: {{spec: {{{}}}}}, ", job("suspend: false"));
    table(
        "batch/v1",
        "CronJob",
        &template,
        &[
            ("schedule: '*/5 1-3,7 ? jan MON', timeZone: Etc/UTC", &[]),
            ("schedule: '@daily', concurrencyPolicy: Forbid", &[]),
            ("schedule: '@every 1h30m'", &[]),
            ("schedule: '0 0 31 2 *'", &[]),
            ("schedule: '${SCHEDULE}'", &[]),
            ("schedule: '@every 5x'", &["cron /schedule"]),
            ("schedule: '* * * * * *'", &["cron /schedule"]),
            ("schedule: '60 * * * *'", &["cron /schedule"]),
            ("schedule: '0 0 * * 7'", &["cron /schedule"]),
            ("schedule: '*/0 * * * *'", &["cron /schedule"]),
            ("schedule: '5-1 * * * *'", &["cron /schedule"]),
            ("schedule: 'TZ=UTC 0 0 * * *'", &["cron /schedule"]),
            ("schedule: ''", &["cron /schedule"]),
            ("schedule: '@daily', timeZone: Europe/Berlin", &[]),
            ("schedule: '@daily', timeZone: europe/berlin", &["cron /timeZone"]),
            ("schedule: '@daily', timeZone: Local", &["cron /timeZone"]),
            ("schedule: '@daily', timeZone: ''", &["cron /timeZone"]),
            ("schedule: '@daily', concurrencyPolicy: forbid", &["enum /concurrencyPolicy"]),
            ("schedule: '@daily', failedJobsHistoryLimit: -1", &["bound /failedJobsHistoryLimit"]),
        ],
    );
    let manual = format!("schedule: '@daily', jobTemplate: {{spec: {{{}}}}}", job("manualSelector: true"));
    assert_eq!(of("batch/v1", "CronJob", &manual), ["cross-field /jobTemplate/spec/manualSelector"]);
    let restarted =
        "schedule: '@daily', jobTemplate: {spec: {template: {spec: {containers: [{name: app, image: app}]}}}}";
    assert_eq!(of("batch/v1", "CronJob", restarted), ["cross-field /jobTemplate/spec/template/spec"]);
}
