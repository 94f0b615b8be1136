//! What is followed, to which cluster it goes, and what is told of it.

use super::render;
use crate::render::argo::{Site, Trouble};

/// An Application `name` with `spec`.
fn application(name: &str, spec: &str) -> String {
    format!(
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{name: {name}, namespace: argocd}}\nspec: {spec}\n---\n"
    )
}

fn source(path: &str, more: &str) -> String {
    format!(
        "{{source: {{repoURL: HERE, path: {path}{more}}}, destination: {{server: https://kubernetes.default.svc, namespace: shop}}}}"
    )
}

fn config(name: &str) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\n---\n")
}

#[test]
fn applications_that_others_bring_are_followed_once() {
    let root = application("root", &source("apps", ", directory: {recurse: true, exclude: 'old/*'}"));
    let web = application("web", &source("web", ""));
    let old = application("gone", &source("web", ""));
    // The second one brings the first one again.
    let again = application("again", &source("apps", ""));
    let texts = [
        ("root.yaml", root.as_str()),
        ("apps/web.yaml", &web),
        ("apps/old/gone.yaml", &old),
        ("apps/again.yaml", &again),
        ("web/c.yaml", &config("c")),
        ("web/values.yaml", "replicas: 1\n"),
        ("web/deeper/d.yaml", &config("d")),
        ("by-hand.yaml", &config("hand")),
    ];
    render(&texts, |seen| {
        assert_eq!(seen.names(), ["in-cluster"]);
        let names: Vec<&str> = seen.told.followed.iter().map(|(_, followed)| followed.name.as_str()).collect();
        assert_eq!(names, ["root", "again", "web"]);
        let expected = [
            "Application argocd/again",
            "Application argocd/again",
            "Application argocd/root",
            "Application argocd/web",
            "Application argocd/web",
            "ConfigMap /d",
            "ConfigMap /hand",
            "ConfigMap shop/c",
        ];
        let found = seen.objects("in-cluster");
        assert_eq!(found, expected);
        assert!(seen.targets[0].openings.is_empty(), "{:?}", seen.targets[0].openings);
    });
}

#[test]
fn destinations_are_targets() {
    let all = [
        application("home", &source("a", "")),
        application("near", "{source: {repoURL: HERE, path: b}, destination: {name: in-cluster, namespace: north}}"),
        application("far", "{source: {repoURL: HERE, path: c}, destination: {server: 'https://east.example.org:6443/'}}"),
        application("named", "{source: {repoURL: HERE, path: d}, destination: {name: west}}"),
        application("chart", "{source: {repoURL: 'https://charts.example.org', chart: queue}, destination: {name: west, namespace: queue}}"),
    ]
    .concat();
    let mut texts = vec![("apps.yaml".to_owned(), all)];
    texts.extend(["a", "b", "c", "d"].map(|name| (format!("{name}/c.yaml"), config(name))));
    let texts: Vec<(&str, &str)> = texts.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    render(&texts, |seen| {
        assert_eq!(seen.names(), ["east.example.org:6443", "in-cluster", "west"]);
        assert_eq!(seen.objects("east.example.org:6443"), ["ConfigMap /c"]);
        assert_eq!(seen.objects("west"), ["ConfigMap /d"]);
        let home = seen.objects("in-cluster");
        assert!(
            home.contains(&"ConfigMap shop/a".to_owned()) && home.contains(&"ConfigMap north/b".to_owned()),
            "{home:?}"
        );
        let opened: Vec<Option<&str>> =
            seen.targets[2].openings.iter().map(|opening| opening.namespace.as_deref()).collect();
        assert_eq!(opened, [Some("queue")]);
        assert!(seen.targets[1].openings.is_empty());
    });
}

#[test]
fn a_kustomize_block_changes_what_is_built() {
    let block = ", kustomize: {namespace: orders, namePrefix: x-, images: ['web:2'], commonLabels: {team: orders}, replicas: [{name: web, count: 4}], patches: [{target: {kind: Deployment}, patch: '[{\"op\": \"add\", \"path\": \"/metadata/annotations\", \"value\": {\"a\": \"b\"}}]'}], components: [../part, ../none], ignoreMissingComponents: true}";
    let root = application("web", &source("web", block));
    let deployment = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: 1\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec: {containers: [{name: web, image: 'web:1'}]}\n";
    let texts = [
        ("app.yaml", root.as_str()),
        ("web/kustomization.yaml", "resources: [web.yaml]\n"),
        ("web/web.yaml", deployment),
        (
            "part/kustomization.yaml",
            "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nresources: [c.yaml]\n",
        ),
        ("part/c.yaml", &config("part")),
    ];
    render(&texts, |seen| {
        assert_eq!(seen.told.followed[0].1.sources[0].trouble, None);
        let expected = ["Application argocd/web", "ConfigMap orders/x-part", "Deployment orders/x-web"];
        assert_eq!(seen.objects("in-cluster"), expected);
        let web = seen.resources.iter().find(|resource| resource.kind == "Deployment").expect("the deployment");
        let text = crate::yaml::rendered::to_json(web.value).to_string();
        for part in ["\"image\":\"web:2\"", "\"replicas\":4", "\"team\":\"orders\"", "\"a\":\"b\""] {
            assert!(text.contains(part), "{part} in {text}");
        }
        let place = web.at(&["metadata", "namespace"]).expect("a namespace").span();
        assert_eq!(seen.sources[place.source].path(), "app.yaml");
    });
}

#[test]
fn of_two_sources_the_last_one_wins() {
    let root = application(
        "web",
        "{source: {repoURL: HERE, path: none}, sources: [{repoURL: HERE, path: a}, {repoURL: HERE, path: b}, {repoURL: HERE, ref: v}], destination: {namespace: shop}}",
    );
    let own = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, namespace: shop}\ndata: {from: b}\n";
    let texts = [("app.yaml", root.as_str()), ("a/c.yaml", &config("c")), ("b/c.yaml", own)];
    render(&texts, |seen| {
        assert_eq!(seen.objects("in-cluster"), ["Application argocd/web", "ConfigMap shop/c"]);
        let config = seen.resources.iter().find(|resource| resource.kind == "ConfigMap").expect("one");
        assert_eq!(config.path, "b/c.yaml");
    });
}

#[test]
fn overlays_of_several_control_planes_are_targets_of_their_own() {
    let web = application("web", &source("web", ""));
    let texts = [
        ("base/kustomization.yaml", "resources: [web.yaml]\n"),
        ("base/web.yaml", web.as_str()),
        ("envs/live/kustomization.yaml", "resources: [../../base]\n"),
        ("envs/trial/kustomization.yaml", "resources: [../../base]\nnamespace: argocd\n"),
        ("web/c.yaml", &config("c")),
    ];
    render(&texts, |seen| {
        assert_eq!(seen.names(), ["live", "trial"]);
        for target in ["live", "trial"] {
            assert_eq!(seen.objects(target), ["Application argocd/web", "ConfigMap shop/c"]);
        }
        assert!(seen.targets.iter().all(|target| target.openings.len() == 1));
    });
}

#[test]
fn sources_that_are_not_seen_are_told() {
    for (spec, trouble) in [
        ("{source: {repoURL: HERE, path: gone}}", "folder"),
        ("{source: {repoURL: HERE, path: gone, targetRevision: v1}}", "elsewhere"),
        ("{source: {repoURL: 'https://other.example.org/x', path: web}}", "elsewhere"),
        ("{source: {repoURL: HERE, path: 'web/${STAGE}'}}", "elsewhere"),
        ("{source: {repoURL: HERE, path: pages, plugin: {}}}", "elsewhere"),
        ("{source: {repoURL: HERE, path: chart}}", "chart"),
        ("{source: {repoURL: HERE, path: broken}}", "refused"),
        ("{source: {repoURL: HERE}}", "elsewhere"),
        ("{source: {repoURL: 'git@git.example.org:shop/platform.git', path: ./web/}}", "none"),
    ] {
        // Applications that show which repo this is.
        let anchors = [application("a", &source("web", "")), application("b", &source("chart", ""))].concat();
        let text = anchors + &application("tried", spec);
        let texts = [
            ("apps.yaml", text.as_str()),
            ("web/c.yaml", &config("c")),
            ("pages/index.txt", "x"),
            ("chart/Chart.yaml", "name: x\n"),
            ("broken/kustomization.yaml", "resources: [nowhere.yaml]\n"),
        ];
        render(&texts, |seen| {
            let (_, tried) =
                seen.told.followed.iter().find(|(_, followed)| followed.name == "tried").expect("followed");
            let found = match &tried.sources[0].trouble {
                None => "none",
                Some(Trouble::NoFolder(..)) => "folder",
                Some(Trouble::Elsewhere(_)) => "elsewhere",
                Some(Trouble::Chart(_)) => "chart",
                Some(Trouble::Refusal(_)) => "refused",
            };
            assert_eq!(found, trouble, "{spec} {:?}", tried.sources);
            assert_eq!(tried.site, Site::Home);
            let open = seen.targets[0].openings.iter().any(|opening| opening.reason.contains("argocd/tried"));
            assert_eq!(open, trouble != "none", "{spec}");
        });
    }
}

#[test]
fn a_circle_has_a_start() {
    let one = application("one", &source("two", ""));
    let two = application("two", &source("one", "")) + &config("c");
    let texts = [("one/app.yaml", one.as_str()), ("two/app.yaml", two.as_str())];
    render(&texts, |seen| {
        assert_eq!(seen.told.followed.len(), 2);
        assert_eq!(seen.names(), ["in-cluster"]);
    });
}

#[test]
fn what_a_kustomization_no_longer_lists_is_not_followed() {
    let (web, off) = (application("web", &source("web", "")), application("off", &source("off", "")));
    let texts = [
        ("apps/kustomization.yaml", "resources: [web.yaml]\n"),
        ("apps/web.yaml", web.as_str()),
        ("apps/off.yaml", off.as_str()),
        ("web/c.yaml", &config("c")),
        ("off/c.yaml", &config("d")),
    ];
    render(&texts, |seen| {
        assert_eq!(seen.objects("in-cluster"), ["Application argocd/web", "ConfigMap shop/c"]);
    });
}

#[test]
fn patches_decide_what_an_overlay_leads_to() {
    let root = application("root", &source("sets/none", ""));
    let (live, trial) = (application("web", &source("web", "")), application("jobs", &source("jobs", "")));
    let patch = |path: &str| {
        format!(
            "resources: [../base]\npatches:\n  - target: {{kind: Application}}\n    patch: |\n      - op: replace\n        \
             path: /spec/source/path\n        value: {path}\n"
        )
    };
    let texts = [
        ("start/base/kustomization.yaml", "resources: [root.yaml]\n"),
        ("start/base/root.yaml", root.as_str()),
        ("start/live/kustomization.yaml", &patch("sets/live")),
        ("start/trial/kustomization.yaml", &patch("sets/trial")),
        ("sets/live/kustomization.yaml", "resources: [web.yaml]\n"),
        ("sets/live/web.yaml", &live),
        ("sets/trial/kustomization.yaml", "resources: [jobs.yaml]\n"),
        ("sets/trial/jobs.yaml", &trial),
        ("web/c.yaml", &config("c")),
        ("jobs/c.yaml", &config("c")),
    ];
    render(&texts, |seen| {
        assert_eq!(seen.names(), ["live", "trial"]);
        let expected = ["Application argocd/root", "Application argocd/web", "ConfigMap shop/c"];
        assert_eq!(seen.objects("live"), expected);
        assert_eq!(seen.told.followed.len(), 4);
    });
}

#[test]
fn what_is_made_for_unknown_clusters_is_unsure() {
    let set = "apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: agents, namespace: argocd}
spec:
  generators: [{clusters: {}}]
  template:
    metadata: {name: 'agent-{{name}}'}
    spec:
      source: {repoURL: HERE, path: agents}
      destination: {server: '{{server}}', namespace: agents}
";
    let web = application("web", &source("web", ""));
    let texts = [("set.yaml", set), ("web.yaml", &web), ("agents/c.yaml", &config("c")), ("web/c.yaml", &config("c"))];
    render(&texts, |seen| {
        assert_eq!(seen.names(), ["agents", "in-cluster"]);
        assert_eq!(seen.objects("agents"), ["ConfigMap agents/c"]);
        let (_, agent) = seen.told.followed.iter().find(|(_, one)| one.set.is_some()).expect("one was made");
        assert!(agent.unsure && agent.site == Site::Unknown("agents".into()));
        let opened: Vec<Option<&str>> =
            seen.targets[1].openings.iter().map(|opening| opening.namespace.as_deref()).collect();
        assert_eq!(opened, [Some("agents")]);
        assert!(seen.targets[0].openings.iter().any(|opening| opening.namespace.is_none()));
    });
}
