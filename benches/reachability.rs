//! Who reaches whom among 5,000 workloads under 2,000 policies, from bytes in memory to every flow. It has to take less
//! than two seconds of one core.

use divan::Bencher;
use std::fmt::Write;
use std::sync::Arc;
use tidegate::engine::{self, Root};
use tidegate::graph::Graph;
use tidegate::reach::connections::Connections;
use tidegate::source::{Source, Sources};

const NAMESPACES: usize = 100;

fn main() {
    divan::main();
}

/// Workloads that all have a label of their own, a default deny in each namespace, and a policy with both directions
/// for some of them.
fn world(workloads: usize, policies: usize) -> String {
    let mut text = String::new();
    for at in 0..NAMESPACES {
        let labels = format!("{{team: t{}, client: db{}}}", at % 10, at % 7);
        let _ = write!(text, "---\napiVersion: v1\nkind: Namespace\nmetadata: {{name: team{at}, labels: {labels}}}\n");
        let _ = write!(
            text,
            "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: deny, namespace: team{at}}}\n\
             spec: {{podSelector: {{}}, policyTypes: [Ingress, Egress]}}\n"
        );
    }
    for at in 0..workloads {
        let _ = write!(
            text,
            "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: app{at}, namespace: team{}}}\nspec:\n  \
             replicas: 2\n  template:\n    metadata: {{labels: {{app: app{at}, tier: tier{}}}}}\n    spec:\n      \
             containers: [{{name: c, image: i, ports: [{{name: http, containerPort: 8080}}]}}]\n",
            at % NAMESPACES,
            at % 5
        );
    }
    for at in 0..policies - NAMESPACES {
        let _ = write!(
            text,
            "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: allow{at}, namespace: team{}}}\n\
             spec:\n  podSelector: {{matchLabels: {{app: app{at}}}}}\n  policyTypes: [Ingress, Egress]\n  ingress:\n    \
             - from: [{{namespaceSelector: {{matchLabels: {{team: t{}}}}}, podSelector: {{matchLabels: {{tier: tier{}}}}}}}]\n      \
             ports: [{{port: http}}]\n  egress:\n    - to: [{{namespaceSelector: {{matchLabels: {{client: db{}}}}}}}]\n      \
             ports: [{{port: 8080}}, {{port: 53, protocol: UDP}}]\n    - to: [{{ipBlock: {{cidr: 10.{}.0.0/16}}}}]\n",
            at % NAMESPACES,
            at % 10,
            at % 5,
            at % 7,
            at % 256
        );
    }
    text
}

#[divan::bench(sample_count = 5)]
fn five_thousand_workloads_two_thousand_policies(bencher: Bencher<'_, '_>) {
    let text: Arc<str> = world(5_000, 2_000).into();
    bencher.bench(|| {
        let mut sources = Sources::new(vec![String::new()]);
        let file = sources.add(Source::new(0, "all.yaml", Arc::clone(&text)));
        let root = Root { files: vec![file], ..Root::default() };
        engine::see(&sources, vec![root], |seen| {
            let graph = Graph::new(seen.resources, &seen.targets[0], None);
            let connections = Connections::new(&graph, &[]);
            let mut flows = 0_usize;
            connections.each_flow(|_| flows += 1);
            (flows, connections.outside().len())
        })
    });
}
