use super::table;

/// A definition with this schema of `spec` and these further fields.
fn definition(of_spec: &str) -> String {
    let root = format!("{{type: object, properties: {{spec: {of_spec}}}}}");
    body(
        "foos",
        "a.org",
        &format!("[{{name: v1, served: true, storage: true, schema: {{openAPIV3Schema: {root}}}}}]"),
        "",
    )
}

fn body(plural: &str, group: &str, versions: &str, rest: &str) -> String {
    format!(
        "metadata: {{name: {plural}.{group}}}\nspec: {{group: {group}, scope: Namespaced, names: {{plural: {plural}, kind: Foo, listKind: FooList}}, versions: {versions}{rest}}}"
    )
}

fn check(cases: &[(String, &[&str])]) {
    for (body, expected) in cases {
        table("apiextensions.k8s.io/v1", "CustomResourceDefinition", &[(body, expected)]);
    }
}

const V1: &str = "{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}";

#[test]
fn names_and_versions() {
    check(&[
        (body("foos", "a.org", &format!("[{V1}]"), ""), &[]),
        (body("foos", "org", &format!("[{V1}]"), ""), &["name"]),
        (body("Foos", "a.org", &format!("[{V1}]"), ""), &["name"]),
        (body("foos", "a.org", &format!("[{V1}]"), "").replace("name: foos.a.org", "name: foo.a.org"), &["name"]),
        (body("foos", "a.org", &format!("[{V1}]"), "").replace("FooList", "Foo"), &["cross-field"]),
        (body("foos", "a.org", &format!("[{V1}]"), "").replace("Namespaced", "namespaced"), &["enum"]),
        (body("foos", "a.org", &format!("[{V1}, {V1}]"), ""), &["duplicate", "cross-field"]),
        (body("foos", "a.org", &format!("[{}]", V1.replace("v1", "V1")), ""), &["name"]),
        (body("foos", "a.org", &format!("[{}]", V1.replace("storage: true", "storage: false")), ""), &["cross-field"]),
        (body("foos", "a.org", "[{name: v1, served: true, storage: true}]", ""), &["missing"]),
        (body("foos", "a.org", &format!("[{V1}]"), ", preserveUnknownFields: true"), &["cross-field"]),
        (body("foos", "a.org", &format!("[{V1}]"), ", preserveUnknownFields: false"), &[]),
        (body("foos", "a.org", &format!("[{V1}]"), ", conversion: {strategy: Webhook}"), &["missing"]),
        (
            body(
                "foos",
                "a.org",
                &format!("[{V1}]"),
                ", conversion: {strategy: Webhook, webhook: {conversionReviewVersions: [v1], clientConfig: {url: 'https://a.org'}}}",
            ),
            &[],
        ),
        (body("foos", "a.k8s.io", &format!("[{V1}]"), ""), &["missing"]),
        (
            body("foos", "a.k8s.io", &format!("[{V1}]"), "")
                .replace("a.k8s.io}\n", "a.k8s.io, annotations: {api-approved.kubernetes.io: 'https://a.org/1'}}\n"),
            &[],
        ),
        (
            body(
                "foos",
                "a.org",
                &format!(
                    "[{}]",
                    V1.replace(
                        "schema:",
                        "additionalPrinterColumns: [{name: a, type: int, jsonPath: spec.a}], schema:"
                    )
                ),
                "",
            ),
            &["enum", "expression"],
        ),
        (
            body(
                "foos",
                "a.org",
                &format!(
                    "[{}]",
                    V1.replace(
                        "schema:",
                        "subresources: {scale: {specReplicasPath: .spec.a, statusReplicasPath: .spec.b}}, schema:"
                    )
                ),
                "",
            ),
            &["expression"],
        ),
    ]);
}

#[test]
fn schemas_are_structural() {
    let cases: &[(&str, &[&str])] = &[
        ("{type: object, properties: {a: {type: string}}}", &[]),
        ("{properties: {a: {type: string}}}", &["missing"]),
        ("{type: objekt}", &["enum"]),
        ("{type: array}", &["missing"]),
        ("{x-kubernetes-int-or-string: true}", &[]),
        ("{x-kubernetes-preserve-unknown-fields: true}", &[]),
        ("{type: object, $ref: '#/a'}", &["cross-field"]),
        ("{type: array, items: {type: string}, uniqueItems: true}", &["cross-field"]),
        ("{type: object, additionalProperties: false}", &["cross-field"]),
        ("{type: object, properties: {a: {type: string}}, additionalProperties: {type: string}}", &["cross-field"]),
        ("{type: string, pattern: '['}", &["expression"]),
        ("{type: string, pattern: '{a}'}", &[]),
        ("{type: string, anyOf: [{type: string}]}", &["cross-field"]),
        ("{x-kubernetes-int-or-string: true, anyOf: [{type: integer}, {type: string}]}", &[]),
        ("{type: object, properties: {a: {type: string}}, anyOf: [{required: [a]}]}", &[]),
        ("{type: object, properties: {a: {type: string}}, not: {properties: {a: {default: x}}}}", &["cross-field"]),
        (
            "{type: array, items: {type: object, required: [k], properties: {k: {type: string}}}, x-kubernetes-list-type: map, x-kubernetes-list-map-keys: [k]}",
            &[],
        ),
        (
            "{type: array, items: {type: object, properties: {k: {type: string}}}, x-kubernetes-list-type: map, x-kubernetes-list-map-keys: [k]}",
            &["cross-field"],
        ),
        (
            "{type: array, items: {type: object, properties: {k: {type: string, default: x}}}, x-kubernetes-list-type: map, x-kubernetes-list-map-keys: [k]}",
            &[],
        ),
        (
            "{type: array, items: {type: object, properties: {k: {type: string}}}, x-kubernetes-list-type: map, x-kubernetes-list-map-keys: [l]}",
            &["reference"],
        ),
        ("{type: array, items: {type: string}, x-kubernetes-list-type: map}", &["missing"]),
        ("{type: array, items: {type: string}, x-kubernetes-list-type: Set}", &["enum"]),
        ("{type: object, x-kubernetes-list-type: set}", &["cross-field"]),
    ];
    let cases: Vec<(String, &[&str])> = cases.iter().map(|(schema, codes)| (definition(schema), *codes)).collect();
    check(&cases);
    let metadata = |schema: &str| {
        definition("{type: object}").replace("spec: {type: object}}}", &format!("metadata: {schema}}}}}"))
    };
    check(&[
        (metadata("{type: object, properties: {name: {type: string, maxLength: 5}}}"), &[]),
        (metadata("{type: object, properties: {labels: {type: object}}}"), &["cross-field"]),
    ]);
}

#[test]
fn defaults_are_valid() {
    let cases: &[(&str, &[&str])] = &[
        ("{type: integer, minimum: 0, maximum: 9, default: 1}", &[]),
        ("{type: integer, maximum: 0, default: 1}", &["cross-field"]),
        ("{type: integer, maximum: 1, exclusiveMaximum: true, default: 1}", &["cross-field"]),
        ("{type: integer, default: a}", &["cross-field"]),
        ("{type: integer, default: 1.0}", &[]),
        ("{type: string, default: 1}", &["cross-field"]),
        ("{type: string, enum: [a, b], default: c}", &["cross-field"]),
        ("{type: string, enum: [a, b], default: a}", &[]),
        ("{type: string, maxLength: 2, default: abc}", &["cross-field"]),
        ("{type: string, pattern: '^a$', default: b}", &["cross-field"]),
        ("{type: array, items: {type: string}, default: [a, 1]}", &["cross-field"]),
        ("{type: object, properties: {a: {type: string}}, default: {a: b}}", &[]),
        ("{type: object, properties: {a: {type: string}}, default: {b: b}}", &["cross-field"]),
        ("{type: object, required: [a], properties: {a: {type: string}}, default: {}}", &["cross-field"]),
        ("{type: object, required: [a], properties: {a: {type: string, default: x}}, default: {}}", &[]),
        ("{type: object, additionalProperties: {type: string}, default: {a: b}}", &[]),
    ];
    let cases: Vec<(String, &[&str])> = cases.iter().map(|(schema, codes)| (definition(schema), *codes)).collect();
    check(&cases);
}

#[test]
fn rules_of_schemas() {
    let rule = |text: &str| {
        definition(&format!(
            "{{type: object, properties: {{num: {{type: integer}}, list: {{type: array, items: {{type: object, properties: {{a: {{type: string}}}}}}}}}}, x-kubernetes-validations: [{{rule: '{text}'}}]}}"
        ))
    };
    check(&[
        (rule("self.num < 9"), &[]),
        (rule("self.nam < 9"), &["expression"]),
        (rule("self.num <"), &["expression"]),
        (rule("self.num"), &["expression"]),
        (rule("self.num == \"a\""), &["expression"]),
        (rule("object.num < 9"), &["expression"]),
        (rule("self.list.all(x, x.a == \"b\")"), &[]),
        (rule("self.list.all(x, x.b == \"b\")"), &["expression"]),
        (rule("!has(oldSelf.num) || self.num >= oldSelf.num"), &[]),
    ]);
    let message = |text: &str| {
        definition(&format!(
            "{{type: object, x-kubernetes-validations: [{{rule: 'true', message: \"{text}\", reason: FieldValueInvalid}}]}}"
        ))
    };
    check(&[(message("one"), &[]), (message("a\\nb"), &["expression"])]);
    let whole = |text: &str| {
        let root = format!(
            "{{type: object, properties: {{metadata: {{type: object, properties: {{name: {{type: string}}}}}}}}, x-kubernetes-validations: [{{rule: '{text}'}}]}}"
        );
        body(
            "foos",
            "a.org",
            &format!("[{{name: v1, served: true, storage: true, schema: {{openAPIV3Schema: {root}}}}}]"),
            "",
        )
    };
    check(&[
        (whole("self.metadata.generateName == \"a\" && self.kind == \"Foo\""), &[]),
        (whole("self.spec.a == 1"), &["expression"]),
    ]);
}
