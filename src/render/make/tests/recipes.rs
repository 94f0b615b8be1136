//! What recipes apply: shell structure, kubectl, helm, and what flows through pipes.

use super::{Makefile, read, shown, word};

/// A Makefile with one target `t` whose recipe is the given lines.
fn recipe(lines: &str) -> Makefile {
    read(&format!("t:\n\t{}\n", lines.replace('\n', "\n\t")))
}

fn check(cases: &[(&str, &[&str])]) {
    for (lines, wanted) in cases {
        let found = shown(&recipe(lines));
        let found: Vec<&str> = found.iter().map(|line| line.strip_prefix("t: ").expect("the one target")).collect();
        assert_eq!(found, *wanted, "{lines}");
    }
}

#[test]
fn kubectl() {
    check(&[
        ("kubectl apply -f a.yaml", &["apply File:a.yaml"]),
        ("@kubectl apply -f a.yaml", &["apply File:a.yaml"]),
        ("-@ kubectl create -f a.yaml", &["create File:a.yaml"]),
        ("$(Q)kubectl replace --filename=a.yaml", &["replace File:a.yaml"]),
        ("$(KUBECTL) apply -f a.yaml", &["apply File:a.yaml"]),
        ("bin/kubectl apply -f a.yaml", &["apply File:a.yaml"]),
        ("$(BIN)/kubectl apply -f a.yaml", &["apply File:a.yaml"]),
        ("oc apply -f a.yaml", &["apply File:a.yaml"]),
        ("kubectl --context prod -n db apply --server-side -f a.yaml", &["apply File:a.yaml n=db"]),
        ("kubectl apply -ndb -fa.yaml", &["apply File:a.yaml n=db"]),
        ("kubectl apply --namespace=db -Rf manifests", &["apply Folder:manifests deep n=db"]),
        ("kubectl apply -f a.yaml -f b.yaml,c.yaml", &["apply File:a.yaml, File:b.yaml, File:c.yaml"]),
        ("kubectl apply -f manifests/", &["apply Folder:manifests"]),
        ("kubectl apply -f 'helm/*.yaml'", &["apply File:helm/*.yaml glob"]),
        ("kubectl apply -f \"a b.yaml\"", &["apply File:a b.yaml"]),
        ("kubectl apply -k overlays/dev", &["apply Kustomization:overlays/dev"]),
        ("kubectl apply --kustomize=.", &["apply Kustomization:."]),
        ("kubectl apply -f https://x.example/a.yaml", &["apply Remote:https://x.example/a.yaml"]),
        ("kubectl apply -f $(F)", &["apply File:$(F)?"]),
        ("kubectl apply $(FLAGS) -f a.yaml", &["apply File:a.yaml open"]),
        ("kubectl apply $(ARGS)", &["opaque kubectl"]),
        ("kubectl apply -f {a,b}.yaml", &["apply File:{a,b}.yaml?"]),
        ("kubectl apply -f ~/a.yaml", &["apply File:~/a.yaml?"]),
        ("kubectl apply -f -", &["apply Stdin:-?"]),
        ("kubectl create namespace db", &["make namespace db"]),
        ("kubectl create secret generic s --from-literal=a=b", &["make secret generic s"]),
        (
            "kubectl create ns db --dry-run=client -o yaml | kubectl apply -f -",
            &["make ns db", "apply Generated:kubectl?"],
        ),
        ("kubectl apply --dry-run=server -f a.yaml", &[]),
        ("kubectl apply --dry-run=none -f a.yaml", &["apply File:a.yaml"]),
        ("kubectl apply --dry-run=$(D) -f a.yaml", &["apply File:a.yaml maybe"]),
        ("kubectl delete -f a.yaml", &[]),
        ("kubectl diff -f a.yaml", &[]),
        ("kubectl logs -f pod", &[]),
        ("kubectl wait --for=condition=Ready cluster/a -n db", &[]),
        ("kubectl cnpg status a", &[]),
        ("echo kubectl apply -f a.yaml", &[]),
        ("# kubectl apply -f a.yaml", &[]),
        ("true # kubectl apply -f a.yaml", &[]),
    ]);
}

#[test]
fn pipes() {
    check(&[
        ("sops -d s.yaml | kubectl apply -f -", &["apply Decrypted:s.yaml"]),
        ("sops decrypt s.yaml | kubectl apply -n db -f -", &["apply Decrypted:s.yaml n=db"]),
        ("sops --decrypt --input-type yaml s.yaml.template | kubectl apply -f -", &["apply Decrypted:s.yaml.template"]),
        ("sops -d s.yaml | envsubst | kubectl apply -f -", &["apply Substituted:s.yaml"]),
        ("envsubst < a.yaml | kubectl apply -f -", &["apply Substituted:a.yaml"]),
        (
            "envsubst '$$A' <a.yaml | tee out.yaml | kubectl apply -f -",
            &["write out.yaml from [Substituted:a.yaml]", "apply Substituted:a.yaml"],
        ),
        ("cat a.yaml b.yaml | kubectl apply -f -", &["apply File:a.yaml, File:b.yaml"]),
        ("kubectl apply -f - < a.yaml", &["apply File:a.yaml"]),
        ("sed -e s/a/b/ a.yaml | kubectl apply -f -", &["apply Substituted:a.yaml"]),
        ("sed 's|a|b|' a.yaml | kubectl apply -f -", &["apply Substituted:a.yaml"]),
        ("yq eval '.a = 1' a.yaml | kubectl apply -f -", &["apply Substituted:a.yaml"]),
        ("kustomize build overlays/dev | kubectl apply -f -", &["apply Kustomization:overlays/dev"]),
        ("cd overlays && kustomize build | kubectl apply -f -", &["apply Kustomization:overlays"]),
        ("kubectl kustomize base | kubectl apply -f -", &["apply Kustomization:base"]),
        (
            "kustomize build 'https://x.example/a?ref=v1' | kubectl apply -f -",
            &["apply Remote:https://x.example/a?ref=v1"],
        ),
        ("curl -sL https://x.example/a.yaml | kubectl apply -f -", &["apply Remote:https://x.example/a.yaml"]),
        (
            "helm template x ./chart -f v.yaml | kubectl apply -f -",
            &["template x chart=chart values=[File:v.yaml]", "apply Chart:chart"],
        ),
        ("helm template x ./chart", &[]),
        ("(cat a.yaml; sops -d s.yaml) | kubectl apply -f -", &["apply File:a.yaml, Decrypted:s.yaml"]),
        ("for f in a b; do sops -d $$f.yaml; done | kubectl apply -f -", &["apply Decrypted:a.yaml, Decrypted:b.yaml"]),
        ("kubectl apply -f <(sops -d s.yaml)", &["apply Decrypted:s.yaml"]),
        ("printf 'x' | kubectl apply -f -", &["apply Generated:printf?"]),
        ("base64 -d < a.yaml | kubectl apply -f -", &["apply Substituted:a.yaml"]),
        ("kubectl apply -f - <<< \"$$X\"", &["apply Generated:<<?"]),
        (
            "sops -d s.yaml > p.yaml && kubectl apply -f p.yaml 2>/dev/null",
            &["write p.yaml from [Decrypted:s.yaml]", "apply File:p.yaml"],
        ),
        ("sops -d --output p.yaml s.yaml", &["write p.yaml from [Decrypted:s.yaml]"]),
        ("sops -d -i s.yaml", &["write s.yaml from [Decrypted:s.yaml]"]),
        ("ls a.yaml | xargs kubectl apply -f", &["opaque xargs"]),
    ]);
}

#[test]
fn shell_structure() {
    check(&[
        ("kubectl apply -f a.yaml; kubectl apply -f b.yaml", &["apply File:a.yaml", "apply File:b.yaml"]),
        ("kubectl apply -f a.yaml && kubectl apply -f b.yaml", &["apply File:a.yaml", "apply File:b.yaml"]),
        ("kubectl get ns db || kubectl apply -f a.yaml", &["apply File:a.yaml maybe"]),
        (
            "[ -f a.yaml ] && kubectl apply -f a.yaml; kubectl apply -f b.yaml",
            &["apply File:a.yaml maybe", "apply File:b.yaml"],
        ),
        (
            "if [ -f a.yaml ]; then kubectl apply -f a.yaml; else kubectl apply -f b.yaml; fi",
            &["apply File:a.yaml maybe", "apply File:b.yaml maybe"],
        ),
        (
            "if kubectl apply -f a.yaml; then true; fi; kubectl apply -f b.yaml",
            &["apply File:a.yaml", "apply File:b.yaml"],
        ),
        (
            "case $(E) in dev|ci) kubectl apply -f a.yaml ;; *) kubectl apply -f b.yaml ;; esac",
            &["apply File:a.yaml maybe", "apply File:b.yaml maybe"],
        ),
        ("until kubectl apply -f a.yaml; do sleep 1; done", &["apply File:a.yaml"]),
        (
            "for f in a b; do kubectl apply -f helm/$$f.yaml; done",
            &["apply File:helm/a.yaml", "apply File:helm/b.yaml"],
        ),
        (
            "for f in a b; do \\\n  kubectl apply -f \"$${f}.yaml\"; \\\ndone",
            &["apply File:a.yaml", "apply File:b.yaml"],
        ),
        ("for f in helm/*.yaml; do kubectl apply -f $$f; done", &["apply File:helm/*.yaml glob"]),
        ("for f in $$(ls); do kubectl apply -f $$f; done", &["apply File:$f?"]),
        ("cd helm && kubectl apply -f a.yaml", &["apply File:helm/a.yaml"]),
        (
            "cd helm/x; kubectl apply -f ../a.yaml\nkubectl apply -f b.yaml",
            &["apply File:helm/a.yaml", "apply File:b.yaml"],
        ),
        (
            "(cd helm && kubectl apply -f a.yaml); kubectl apply -f b.yaml",
            &["apply File:helm/a.yaml", "apply File:b.yaml"],
        ),
        ("cd $(D) && kubectl apply -f a.yaml", &["apply File:a.yaml?"]),
        ("cd helm && kubectl apply -f $(CURDIR)/a.yaml -f $$PWD/b.yaml", &["apply File:a.yaml, File:helm/b.yaml"]),
        ("[ -d x ] && cd x; kubectl apply -f a.yaml", &["apply File:a.yaml?"]),
        ("cd x || exit 1; kubectl apply -f a.yaml", &["apply File:x/a.yaml"]),
        ("F=a.yaml; kubectl apply -f $$F -n $${NS:-db}", &["apply File:a.yaml n=~db"]),
        ("FILES=\"-f a.yaml -f b.yaml\"; kubectl apply $$FILES", &["apply File:a.yaml, File:b.yaml"]),
        ("KUBECONFIG=x sudo -E kubectl apply -f a.yaml", &["apply File:a.yaml"]),
        ("timeout 10m kubectl apply -f a.yaml", &["apply File:a.yaml"]),
        (
            "bash -ec 'cd d; kubectl apply -f a.yaml'; kubectl apply -f b.yaml",
            &["apply File:d/a.yaml", "apply File:b.yaml"],
        ),
        ("./deploy.sh", &["opaque ./deploy.sh"]),
        ("bash hack/deploy.sh", &["opaque bash"]),
        ("helmfile sync", &["opaque helmfile"]),
        ("flux bootstrap github --owner x", &["opaque flux"]),
        ("flux get all", &[]),
        ("$(DEPLOY) a.yaml", &["opaque $(DEPLOY)"]),
        ("! kubectl apply -f a.yaml", &["apply File:a.yaml"]),
        ("{ kubectl apply -f a.yaml; } > log", &["apply File:a.yaml", "write log from []"]),
    ]);
}

#[test]
fn helm() {
    check(&[
        (
            "helm upgrade --install db cloudnative-pg --repo https://x.example --version 1.0 -n cnpg --create-namespace",
            &["upgrade db chart=cloudnative-pg version=1.0 repo=https://x.example n=cnpg creates"],
        ),
        (
            "helm install -i x oci://r.example/c --version=1 -f a.yaml --values b.yaml,c.yaml --set a=b,c=d --wait",
            &["install x chart=oci://r.example/c version=1 values=[File:a.yaml, File:b.yaml, File:c.yaml] set=a=b,c=d"],
        ),
        ("helm -n db upgrade x ./charts/x", &["upgrade x chart=charts/x n=db"]),
        ("cd charts && helm upgrade x ./x -f v.yaml", &["upgrade x chart=charts/x values=[File:charts/v.yaml]"]),
        ("helm upgrade x repo/c $(ARGS)", &["upgrade x chart=repo/c open"]),
        ("helm upgrade x repo/c --version $(V)", &["upgrade x chart=repo/c version=$(V)?"]),
        ("helm install repo/c --generate-name", &["install chart=repo/c"]),
        ("helm secrets upgrade x c -f secrets://s.yaml", &["upgrade x chart=c values=[Decrypted:s.yaml]"]),
        ("helm upgrade x c -f <(sops -d s.yaml)", &["upgrade x chart=c values=[Decrypted:s.yaml]"]),
        ("helm upgrade x c --dry-run", &[]),
        ("helm diff upgrade x c", &[]),
        ("helm uninstall x", &[]),
        ("helm repo add cnpg https://x.example/charts && helm repo update", &["repo cnpg https://x.example/charts"]),
        ("helm list | grep x || helm install x c", &["install x chart=c maybe"]),
    ]);
}

#[test]
fn make_is_called_again() {
    let makefile =
        recipe("$(MAKE) -C ../platform apps-pg-deploy NS=x\nmake -j4 a b\ncd d && $(MAKE) --no-print-directory");
    let calls: Vec<String> = makefile.targets[0]
        .calls
        .iter()
        .map(|call| {
            let targets: String = call.targets.iter().map(|text| format!(" {}", word(text))).collect();
            format!("{}:{targets}", call.folder.as_ref().map_or_else(String::new, word))
        })
        .collect();
    assert_eq!(calls, ["../platform: apps-pg-deploy", ": a b", "d:"]);
}

#[test]
fn what_make_does_to_recipes() {
    let cases: &[(&str, &[&str])] = &[
        ("K ?= kubectl\na:\n\t$(K) apply -f a.yaml\n", &["a: apply File:a.yaml"]),
        ("K = kubectl --context x\na:\n\t$(K) apply -f a.yaml\n", &["a: apply File:a.yaml"]),
        ("NS ?= db\na:\n\tkubectl apply -n $(NS) -f a.yaml\n", &["a: apply File:a.yaml n=~db"]),
        ("F := a.yaml b.yaml\na:\n\tkubectl apply $(addprefix -f ,$(F))\n", &["a: apply File:a.yaml, File:b.yaml"]),
        (
            "F := a b\na:\n\t$(foreach f,$(F),kubectl apply -f $(f).yaml;)\n",
            &["a: apply File:a.yaml", "a: apply File:b.yaml"],
        ),
        (
            "define go\nkubectl apply -f $(1)\nkubectl apply -f $(2)\nendef\na:\n\t$(call go,a.yaml,b.yaml)\n",
            &["a: apply File:a.yaml", "a: apply File:b.yaml"],
        ),
        (
            "a-deploy b-deploy:\n\tkubectl apply -f $(@:-deploy=).yaml\n",
            &["a-deploy: apply File:a.yaml", "b-deploy: apply File:b.yaml"],
        ),
        (
            "a: a.yaml b.yaml | c\n\tkubectl apply -f $<\n\tcat $^ | kubectl apply -f -\n",
            &["a: apply File:a.yaml", "a: apply File:a.yaml, File:b.yaml"],
        ),
        ("a: ; kubectl apply -f a.yaml # b\n", &["a: apply File:a.yaml"]),
        (
            "a:\nifdef X\n\tkubectl apply -f a.yaml\nelse\n\tkubectl apply -f b.yaml\nendif\n\tkubectl apply -f c.yaml\n",
            &["a: apply File:a.yaml maybe", "a: apply File:b.yaml maybe", "a: apply File:c.yaml"],
        ),
        (
            "NS = x\na: NS = y\na:\n\tkubectl apply -n $(NS) -f a.yaml\nb:\n\tkubectl apply -n $(NS) -f b.yaml\n",
            &["a: apply File:a.yaml n=y", "b: apply File:b.yaml n=x"],
        ),
        ("NS = x\na: NS = y\na: b\nb:\n\tkubectl apply -n $(NS) -f b.yaml\n", &["b: apply File:b.yaml n=$(NS)?"]),
        (
            "NS = x\nF = -n $(NS)\na: NS = y\na b:\n\tkubectl apply $(F) -f a.yaml\n",
            &["a: apply File:a.yaml n=y", "b: apply File:a.yaml n=x"],
        ),
        (
            ".ONESHELL:\na:\n\tcd d\n\tkubectl apply -f a.yaml\n\tcat <<E | kubectl apply -f -\n\tkubectl apply -f no.yaml\n\tE\n",
            &["a: apply File:d/a.yaml", "a: apply Generated:<<?"],
        ),
        (".RECIPEPREFIX = >\na:\n>kubectl apply -f a.yaml\n", &["a: apply File:a.yaml"]),
        (
            "D := $(dir $(abspath $(lastword $(MAKEFILE_LIST))))\na:\n\tcd x && kubectl apply -f $(D)a.yaml\n",
            &["a: apply File:a.yaml"],
        ),
        (
            "D := $(patsubst %/,%,$(dir $(realpath $(firstword $(MAKEFILE_LIST)))))\na:\n\tcd x && kubectl apply -f $(D)/a.yaml\n",
            &["a: apply File:a.yaml"],
        ),
        ("a:\r\n\tkubectl apply -f a.yaml\r\n", &["a: apply File:a.yaml"]),
        ("a:\n\n# note\n\tkubectl apply -f a.yaml\nX = 1\n\tb: c\n", &["a: apply File:a.yaml"]),
    ];
    for (text, wanted) in cases {
        assert_eq!(shown(&read(text)), *wanted, "{text}");
    }
}
