//! Texts to measure with, made up: the same for the same number.

#![allow(dead_code, reason = "each bench uses a part")]

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
            "          field{number}:\n            description: |-\n              Says how high the water may stand at gate {number} before\n              it is closed. A change takes effect with the next tide, and is\n              refused while the gate moves. The height is measured from the\n              mean low water of the harbour, in centimetres.\n            \
             items:\n              properties:\n                name:\n                  description: Name of the gate, unique in its harbour, as it stands on the chart.\n                  type: string\n                \
             level:\n                  format: int32\n                  minimum: 0\n                  type: integer\n              required:\n              - name\n              type: object\n            type: array\n"
        );
    }
    out
}

/// One file of a platform repo: a cluster, its backup, a policy, a workload and its settings. As in public repos of that
/// sort, there are 19 bytes to a node (a key or a value), and a sixth of the text is comments.
pub(crate) fn manifests(number: usize) -> String {
    let name = format!("storefront-{number}");
    format!(
        "# The database of {name}: three instances, archived by the plugin and backed up every night.\n\
# Ask the platform team before the storage class is changed: volumes are not moved by themselves.\n\
# yaml-language-server: $schema=https://schemas.example.org/postgresql.cnpg.io/cluster_v1.json\n\
apiVersion: postgresql.cnpg.io/v1\nkind: Cluster\nmetadata:\n  name: {name}-database\n  namespace: team-{team}\n  labels:\n    app.kubernetes.io/name: {name}\n    app.kubernetes.io/managed-by: platform-engineering\n\
spec:\n  instances: 3\n  imageName: ghcr.io/cloudnative-pg/postgresql:17.6-202509151215-system-trixie\n  primaryUpdateStrategy: unsupervised\n  storage:\n    size: {size}Gi\n    storageClass: replicated-block-storage\n  plugins:\n    - name: barman-cloud.cloudnative-pg.io\n      isWALArchiver: true\n      parameters:\n        barmanObjectName: {name}-object-store\n\
---\napiVersion: postgresql.cnpg.io/v1\nkind: ScheduledBackup\nmetadata:\n  name: {name}-nightly\n  namespace: team-{team}\nspec:\n  # Seconds first: the operator reads six fields.\n  schedule: \"0 {minute} 3 * * *\"\n  backupOwnerReference: self\n  method: plugin\n  pluginConfiguration:\n    name: barman-cloud.cloudnative-pg.io\n  cluster:\n    name: {name}-database\n\
---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  name: {name}-database-clients\n  namespace: team-{team}\nspec:\n  podSelector:\n    matchLabels:\n      cnpg.io/cluster: {name}-database\n  policyTypes:\n    - Ingress\n  ingress:\n    - from:\n        - namespaceSelector:\n            matchLabels:\n              platform.example.org/postgres-client: {name}-database\n      ports:\n        - port: 5432\n          protocol: TCP\n\
---\n# The shop itself. It keeps nothing on its disk: sessions and baskets are in the database, pictures are in\n# the object store, so any number of replicas may run and any of them may go away at any time.\n\
apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {name}\n  namespace: team-{team}\n  annotations:\n    platform.example.org/description: Serves the catalogue and the basket of shop number {number} to its visitors\nspec:\n  replicas: 2\n  selector:\n    matchLabels:\n      app.kubernetes.io/name: {name}\n  template:\n    metadata:\n      labels:\n        app.kubernetes.io/name: {name}\n    spec:\n      serviceAccountName: {name}\n      containers:\n        - name: storefront\n          image: registry.example.org/storefront/server:1.{number}.0\n          args:\n            - --listen=0.0.0.0:8080\n            - --public-address=https://{name}.shops.example.org/catalogue\n          env:\n            - name: DATABASE_HOST\n              value: {name}-database-rw.team-{team}.svc.cluster.local\n            - name: DATABASE_PASSWORD\n              valueFrom:\n                secretKeyRef:\n                  name: {name}-database-app\n                  key: password\n          resources:\n            requests:\n              cpu: 100m\n              memory: 128Mi\n            limits:\n              memory: 256Mi\n\
---\n# Read once, at the start: the pods have to be restarted after a change.\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}-settings\n  namespace: team-{team}\ndata:\n  settings.ini: |\n    [catalogue]\n    page-size = 48\n    sort-by = popularity, price, name\n    picture-host = https://pictures.{name}.example.org\n    [basket]\n    keep-for-days = 30\n    most-articles = 200\n    [delivery]\n    # Parcels that leave after four in the afternoon are counted to the next day.\n    cut-off = 16:00\n    carriers = tide-parcel, harbour-post, gull-express\n    free-from = 49.90\n    notice = Orders to the islands leave with the evening tide and may arrive a day later than those to the mainland.\n    [log]\n    level = info\n    format = json\n    leave-out = /healthz, /readyz, /metrics, /favicon.ico, /robots.txt\n",
        team = number % 40,
        size = 10 + number % 90,
        minute = number % 60,
    )
}
