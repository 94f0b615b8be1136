//! Texts to measure with, made up: the same for the same number.

use std::fmt::Write;

/// A long schema, nested and full of descriptions, as CRDs are.
pub(crate) fn schema_like(properties: usize) -> String {
    let mut out = String::from(
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  name: tides.example.org\n\
         spec:\n  versions:\n  - name: v1\n    schema:\n      openAPIV3Schema:\n        properties:\n",
    );
    for number in 0..properties {
        let _ = write!(
            out,
            "          field{number}:\n            description: |-\n              Says how high the water may stand at gate {number} before\n              it is closed. A change takes effect with the next tide.\n            \
             items:\n              properties:\n                name:\n                  description: Name of the gate, unique in its harbour.\n                  type: string\n                \
             level:\n                  format: int32\n                  minimum: 0\n                  type: integer\n              required:\n              - name\n              type: object\n            type: array\n"
        );
    }
    out
}

/// One file of a platform repo: a cluster, its backup, a policy, a workload, a Secret.
pub(crate) fn manifests(number: usize) -> String {
    let name = format!("app{number}");
    format!(
        "# {name}: what it needs\napiVersion: postgresql.cnpg.io/v1\nkind: Cluster\nmetadata:\n  name: {name}-db\n  namespace: team{team}\n  labels:\n    app.kubernetes.io/name: {name}\n\
spec:\n  instances: 3\n  imageName: ghcr.io/cloudnative-pg/postgresql:17.6-system-trixie\n  storage:\n    size: {size}Gi\n  plugins:\n    - name: barman-cloud.cloudnative-pg.io\n      isWALArchiver: true\n      parameters:\n        barmanObjectName: {name}-store\n\
---\napiVersion: postgresql.cnpg.io/v1\nkind: ScheduledBackup\nmetadata:\n  name: {name}-nightly\n  namespace: team{team}\nspec:\n  schedule: \"0 {minute} 3 * * *\"\n  method: plugin\n  pluginConfiguration:\n    name: barman-cloud.cloudnative-pg.io\n  cluster:\n    name: {name}-db\n\
---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  name: {name}-clients\n  namespace: team{team}\nspec:\n  podSelector:\n    matchLabels:\n      cnpg.io/cluster: {name}-db\n  policyTypes: [Ingress]\n  ingress:\n    - from:\n        - namespaceSelector:\n            matchLabels:\n              example.org/client: {name}\n      ports:\n        - {{port: 5432, protocol: TCP}}\n\
---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {name}\n  namespace: team{team}\nspec:\n  replicas: 2\n  selector:\n    matchLabels: {{app: {name}}}\n  template:\n    metadata:\n      labels: {{app: {name}}}\n    spec:\n      containers:\n        - name: {name}\n          image: example.org/{name}:1.{number}.0\n          env:\n            - name: PGHOST\n              value: {name}-db-rw\n            - name: PGPASSWORD\n              valueFrom:\n                secretKeyRef:\n                  name: {name}-db-app\n                  key: password\n          resources:\n            requests:\n              cpu: 100m\n              memory: 128Mi\n",
        team = number % 40,
        size = 10 + number % 90,
        minute = number % 60,
    )
}
