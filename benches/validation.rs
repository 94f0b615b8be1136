//! What judging by schemas costs: compiling those of the kinds that a run holds, judging objects along them, and the
//! start of the program on an empty folder, which must not wait for any of it.

use divan::Bencher;
use divan::counter::ItemsCount;
use std::process::Command;
use std::sync::Arc;
use tidegate::finding::Versions;
use tidegate::manifest::{Manifests, Parsed};
use tidegate::schema::{Extent, Schemas, judge};
use tidegate::source::{Source, Sources};
use tidegate::yaml;

#[path = "text/mod.rs"]
mod text;

fn main() {
    divan::main();
}

const KINDS: &[(&str, &str)] = &[
    ("v1", "Service"),
    ("v1", "ConfigMap"),
    ("apps/v1", "Deployment"),
    ("apps/v1", "StatefulSet"),
    ("networking.k8s.io/v1", "NetworkPolicy"),
    ("postgresql.cnpg.io/v1", "Cluster"),
    ("postgresql.cnpg.io/v1", "Pooler"),
    ("helm.toolkit.fluxcd.io/v2", "HelmRelease"),
    ("kustomize.toolkit.fluxcd.io/v1", "Kustomization"),
    ("external-secrets.io/v1", "ExternalSecret"),
    ("cilium.io/v2", "CiliumNetworkPolicy"),
    ("monitoring.coreos.com/v1", "ServiceMonitor"),
    ("gateway.networking.k8s.io/v1", "HTTPRoute"),
];

fn versions() -> Versions {
    Versions { kubernetes: "1.36".to_owned(), cnpg: "1.30".to_owned() }
}

#[divan::bench(args = [0, 1, 6, 13])]
fn compile(kinds: usize) -> Schemas {
    Schemas::new(divan::black_box(&KINDS[..kinds]).iter().copied(), &versions(), &[])
}

#[divan::bench(args = [1_000])]
fn judge_objects(bencher: Bencher<'_, '_>, files: usize) {
    let mut sources = Sources::new(vec![String::new()]);
    for number in 0..files {
        sources.add(Source::new(0, format!("{number}.yaml"), Arc::<str>::from(text::manifests(number))));
    }
    let files: Vec<yaml::File> = sources.iter().map(|(id, source)| yaml::parse(id, source.shared_text())).collect();
    let parsed = files.iter().map(|file| Parsed { root: 0, path: sources[file.source()].path(), file }).collect();
    let manifests = Manifests::new(parsed);
    let kinds = manifests.resources.iter().map(|one| (one.api_version, one.kind));
    let schemas = Schemas::new(kinds, &versions(), &[]);
    bencher.counter(ItemsCount::new(manifests.resources.len())).bench_local(|| {
        let judged = manifests.resources.iter().map(|one| judge(one, &schemas, Extent::Whole));
        judged.map(|validity| validity.values.found.len()).sum::<usize>()
    });
}

#[divan::bench(sample_count = 30)]
fn start_on_an_empty_folder(bencher: Bencher<'_, '_>) {
    let folder = tempfile::tempdir().expect("a folder");
    bencher.bench_local(|| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tidegate"));
        command.args(["lint", "--isolated", "--quiet"]).arg(folder.path()).output().expect("the program runs")
    });
}
