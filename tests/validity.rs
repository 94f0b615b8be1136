//! What the API server would say of objects, over small repos in memory: each check with a value that is refused and
//! a near miss that is accepted.

use std::sync::Arc;
use tidegate::config::Config;
use tidegate::engine::{Request, Root, Selection, run};
use tidegate::source::{Source, Sources};

/// Findings of the schema family as `code pointer`, in order.
fn told(texts: &[&str]) -> Vec<String> {
    let mut sources = Sources::new(vec![String::new()]);
    let texts = texts.iter().enumerate();
    let files = texts.map(|(at, text)| sources.add(Source::new(0, format!("{at}.yaml"), Arc::from(*text)))).collect();
    let root = Root { files, config: Config::default(), ..Root::default() };
    let request = Request {
        selection: Selection { select: vec!["schema".into(), "yaml/ambiguous-scalar".into()], ignore: Vec::new() },
        scopes: Vec::new(),
        today: jiff::civil::date(2030, 5, 6),
        given: Default::default(),
        target: None,
        new_only: false,
        baseline: None,
        record: false,
    };
    let outcome = run(&sources, vec![root], None, &request).outcome;
    outcome.findings.iter().map(|finding| format!("{} {}", finding.code, finding.pointer)).collect()
}

const DEFINITION: &str = r#"
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: boats.harbour.example.org}
spec:
  group: harbour.example.org
  names: {kind: Boat, listKind: BoatList, plural: boats, singular: boat}
  scope: Namespaced
  versions:
    - name: v1
      served: true
      storage: true
      subresources: {status: {}}
      schema:
        openAPIV3Schema:
          type: object
          required: [spec]
          properties:
            status: {type: object, properties: {phase: {type: string}}}
            spec:
              type: object
              properties:
                crew: {type: integer, format: int32, minimum: 1, maximum: 12}
                draught: {type: number, exclusiveMinimum: true, minimum: 0, multipleOf: 0.5}
                name: {type: string, minLength: 2, maxLength: 5, pattern: "^[a-z]+$"}
                flag: {type: string, enum: [NL, SE]}
                launched: {type: string, format: date-time}
                berth: {x-kubernetes-int-or-string: true, anyOf: [{type: integer}, {type: string}]}
                motor: {type: boolean}
                captain: {type: string, nullable: true}
                papers: {type: string, format: byte}
                address: {type: string, format: ipv4}
                cargo:
                  type: array
                  minItems: 1
                  maxItems: 2
                  items: {type: string}
                  x-kubernetes-list-type: set
                ropes:
                  type: array
                  x-kubernetes-list-type: map
                  x-kubernetes-list-map-keys: [name]
                  items:
                    type: object
                    required: [name]
                    properties: {name: {type: string}, length: {type: integer, default: 5}}
                labels: {type: object, maxProperties: 1, additionalProperties: {type: string}}
                extra: {type: object, x-kubernetes-preserve-unknown-fields: true, properties: {known: {type: integer}}}
                part: {type: object, x-kubernetes-embedded-resource: true, x-kubernetes-preserve-unknown-fields: true}
                sail:
                  type: object
                  oneOf: [{required: [main]}, {required: [jib]}]
                  properties: {main: {type: string}, jib: {type: string}}
                oar:
                  type: object
                  anyOf: [{required: [left]}, {required: [right]}]
                  not: {required: [broken]}
                  properties: {left: {type: string}, right: {type: string}, broken: {type: string}}
"#;

/// What is told of a Boat whose spec is this, without the way to the spec.
fn boat(spec: &str) -> String {
    let text = format!(
        "apiVersion: harbour.example.org/v1\nkind: Boat\nmetadata: {{name: anna, namespace: port}}\nspec: {spec}\n"
    );
    told(&[DEFINITION, &text]).join(", ").replace("/spec/", "")
}

#[test]
fn custom_kinds_are_judged_by_their_definition() {
    for (spec, expected) in [
        ("{}", ""),
        ("{crew: 3}", ""),
        ("{crew: 3.0}", ""),
        ("{crew: 0}", "bound crew"),
        ("{crew: 13}", "bound crew"),
        ("{crew: 3.5}", "type crew"),
        ("{crew: '3'}", "type crew"),
        ("{crew: 3000000000}", "bound crew"),
        ("{draught: 1.5}", ""),
        ("{draught: 0}", "bound draught"),
        ("{draught: 1.3}", "bound draught"),
        ("{name: anna}", ""),
        ("{name: a}", "length name"),
        ("{name: annabel}", "length name"),
        ("{name: 'ann1'}", "pattern name"),
        ("{name: 7}", "not-text name"),
        ("{name: [a]}", "type name"),
        ("{name: {a: b}}", "type name"),
        ("{name: null}", ""),
        ("{flag: NL}", ""),
        ("{flag: nl}", "enum flag"),
        ("{launched: '2026-01-31T12:00:00Z'}", ""),
        ("{launched: '2026-01-31'}", "format launched"),
        ("{papers: YQ==}", ""),
        ("{papers: YQ}", "format papers"),
        ("{address: 10.0.0.1}", ""),
        ("{address: 10.0.0}", "format address"),
        ("{berth: 4}", ""),
        ("{berth: east}", ""),
        ("{berth: true}", "type berth"),
        ("{motor: true}", ""),
        ("{motor: 'true'}", "type motor"),
        ("{motor: 1}", "type motor"),
        ("{captain: null}", ""),
        ("{cargo: [rum, salt]}", ""),
        ("{cargo: []}", "count cargo"),
        ("{cargo: [a, b, c]}", "count cargo"),
        ("{cargo: [rum, rum]}", "duplicate cargo/1"),
        ("{cargo: [null]}", "null cargo/0"),
        ("{cargo: rum}", "type cargo"),
        ("{ropes: [{name: a}, {name: b}]}", ""),
        ("{ropes: [{name: a}, {name: a}]}", "duplicate ropes/1"),
        ("{ropes: [{length: 2}]}", "missing ropes/0/name"),
        ("{ropes: [{name: a, lenght: 2}]}", "unknown ropes/0/length"),
        ("{labels: {a: b}}", ""),
        ("{labels: {a: b, c: d}}", "count labels"),
        ("{labels: {a: 1}}", "not-text labels/a"),
        ("{extra: {anything: [1]}}", ""),
        ("{extra: {known: x}}", "type extra/known"),
        ("{part: {apiVersion: v1, kind: Pod, metadata: {name: a}, more: 1}}", ""),
        ("{part: {apiVersion: v1}}", "missing part/kind"),
        ("{sail: {main: a}}", ""),
        ("{sail: {}}", "combination sail"),
        ("{sail: {main: a, jib: b}}", "combination sail"),
        ("{oar: {left: a}}", ""),
        ("{oar: {}}", "combination oar"),
        ("{oar: {left: a, broken: b}}", "combination oar"),
        ("{colour: red}", "unknown /spec"),
        ("{Crew: 3}", "unknown crew"),
        ("{main: a}", "unknown /spec"),
        // What is filled in later is not judged.
        ("{crew: '${CREW}', flag: '${FLAG}', name: 'x${NAME}yz1'}", ""),
        ("{cargo: ['${A}', '${A}']}", ""),
    ] {
        assert_eq!(boat(spec), expected, "{spec}");
    }
}

#[test]
fn the_rest_of_a_custom_object() {
    let head = "apiVersion: harbour.example.org/v1\nkind: Boat\nmetadata: {name: anna}\n";
    for (rest, expected) in [
        ("spec: {}\nstatus: {phase: 5}\n", ""),
        ("spec: {}\nstatus: {phases: x}\n", "unknown /status/phase"),
        ("status: {}\n", "missing /spec"),
        ("spec: null\n", "missing /spec"),
        ("spec: {}\nsops: {mac: x, lastmodified: y}\n", ""),
        ("spec: {}\nother: {}\n", "unknown "),
    ] {
        assert_eq!(told(&[DEFINITION, &format!("{head}{rest}")]).join(", "), expected, "{rest}");
    }
}

#[test]
fn kubernetes_own_kinds_are_read_as_their_server_reads_them() {
    let pod = |spec: &str| {
        let text = format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: a, namespace: b}}\nspec: {spec}\n");
        told(&[&text]).join(", ").replace("/spec/", "")
    };
    for (spec, expected) in [
        ("{containers: [{name: a, image: b}]}", ""),
        ("{containers: [{name: a, image: b, env: null}]}", ""),
        ("{containers: [{name: a, image: b, ports: [{containerPort: 80}]}]}", ""),
        (
            "{containers: [{name: a, image: b, ports: [{containerPort: '80'}]}]}",
            "type containers/0/ports/0/containerPort",
        ),
        ("{containers: [{name: a, image: b, ports: [{}]}]}", "missing containers/0/ports/0/containerPort"),
        ("{containers: [{image: b}]}", "missing containers/0/name"),
        ("{}", "missing containers"),
        ("{containers: [{name: a, image: b, imagePullPolcy: Always}]}", "unknown containers/0/imagePullPolicy"),
        ("{containers: [{name: a, image: b, livenessProbe: {httpGet: {port: web}}}]}", ""),
        (
            "{containers: [{name: a, image: b, livenessProbe: {httpGet: {port: 1.5}}}]}",
            "type containers/0/livenessProbe/httpGet/port",
        ),
        ("{containers: [{name: a, image: b, resources: {requests: {cpu: 1, memory: 1Gi}}}]}", ""),
        (
            "{containers: [{name: a, image: b, resources: {requests: {cpu: true}}}]}",
            "type containers/0/resources/requests/cpu",
        ),
        ("{containers: [{name: a, image: b, args: [1]}]}", "not-text containers/0/args/0"),
        (
            "{containers: [{name: a, image: b, env: [{name: X, value: a}, {name: X, value: b}]}]}",
            "server-side-apply containers/0/env/1",
        ),
        ("{containers: [{name: a, image: b, env: [{name: X, value: a}, {name: x, value: b}]}]}", ""),
        ("{containers: [{name: a, image: b}], terminationGracePeriodSeconds: 30.0}", ""),
        ("{containers: [{name: a, image: b}, null]}", "missing containers/1"),
        ("{containers: [{name: a, image: b, args: [null]}]}", ""),
        ("{containers: [{name: a, image: b}], imagePullSecrets: [null]}", "server-side-apply imagePullSecrets/0"),
    ] {
        assert_eq!(pod(spec), expected, "{spec}");
    }
}

#[test]
fn what_is_encrypted_is_not_judged() {
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: a, namespace: b}\ndata: {password: hunter2!}\n";
    assert_eq!(told(&[secret]), ["format /data/password"]);
    let sealed = secret.replace("hunter2!", "'ENC[AES256_GCM,data:x,iv:y,tag:z,type:str]'") + "sops: {mac: x}\n";
    assert!(told(&[&sealed]).is_empty());
}

#[test]
fn a_part_is_not_judged_for_what_it_lacks() {
    let kustomization = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: []\n";
    let part = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {replicas: 2}\n";
    assert!(told(&[kustomization, part]).is_empty());
    assert_eq!(told(&[kustomization, &part.replace("replicas", "replica")]), ["unknown /spec/replicas"]);
}

#[test]
fn an_object_without_structural_faults_is_judged_by_rules() {
    let rules = r#"            spec:
              type: object
              x-kubernetes-validations:
                - {rule: "!has(self.crew) || self.crew != 7", message: Seven is unlucky.}
                - {rule: "self.nowhere()", message: x}
"#;
    let with_rules = DEFINITION.replace("            spec:\n              type: object\n", rules);
    assert_ne!(with_rules, DEFINITION);
    let boat = |spec: &str| {
        let text = format!("apiVersion: harbour.example.org/v1\nkind: Boat\nmetadata: {{name: anna}}\nspec: {spec}\n");
        told(&[&with_rules, &text]).join(", ")
    };
    for (spec, expected) in [
        ("{crew: 6}", ""),
        ("{crew: 7}", "failed /spec"),
        ("{crew: 7, flag: XX}", "enum /spec/flag"),
        ("{crew: 7, flag: '${FLAG}'}", ""),
    ] {
        assert_eq!(boat(spec), expected, "{spec}");
    }
}
