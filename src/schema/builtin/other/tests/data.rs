use super::{codes_of, table};

#[test]
fn config_maps() {
    table(
        "v1",
        "ConfigMap",
        &[
            ("data: {a.conf: b, _x: c, d: null}", &[]),
            ("data: {'a b': c}", &["name"]),
            ("data: {..: c}", &["name"]),
            ("data: {a: b}\nbinaryData: {a: aGk=}", &["duplicate"]),
            ("binaryData: {a: ''}", &[]),
            ("binaryData: {a: not base64!}", &["format"]),
        ],
    );
    let large = "x".repeat(1 << 20);
    assert_eq!(
        codes_of(&format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\ndata: {{a: {large}}}")),
        [""; 0]
    );
    assert_eq!(
        codes_of(&format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\ndata: {{a: {large}, b: x}}")),
        ["size"]
    );
}

#[test]
fn secrets() {
    table(
        "v1",
        "Secret",
        &[
            ("type: anything\ndata: {a: aGk=}", &[]),
            ("data: {a: \"aG\\nk=\\n\"}", &[]),
            ("data: {a: aGk}", &["format"]),
            ("data: {a: aG-_}", &["format"]),
            ("data: {a: 'aG k='}", &["format"]),
            ("data: {a: secret value}", &["format"]),
            // The last bits do not matter to the server.
            ("data: {a: aGl=}", &[]),
            ("data: {a: '<path:secrets/data/shop#password>'}", &[]),
            ("data: {a/b: aGk=}", &["name"]),
            ("data: null", &[]),
            ("data: {a: 'ENC[AES256_GCM,data:xx,iv:y,tag:z,type:str]'}", &[]),
            ("type: kubernetes.io/tls\nstringData: {tls.crt: a, tls.key: b}", &[]),
            ("type: kubernetes.io/tls\ndata: {tls.crt: aGk=}", &["missing"]),
            ("type: kubernetes.io/tls\ndata: {tls.crt: '', tls.key: ''}", &[]),
            ("type: kubernetes.io/basic-auth\nstringData: {username: a}", &[]),
            ("type: kubernetes.io/basic-auth\nstringData: {a: a}", &["missing"]),
            ("type: kubernetes.io/ssh-auth\nstringData: {a: a}", &["missing"]),
            ("type: kubernetes.io/ssh-auth\nstringData: {ssh-privatekey: a}", &[]),
            ("type: kubernetes.io/dockerconfigjson\nstringData: {.dockerconfigjson: '{\"auths\": {}}'}", &[]),
            ("type: kubernetes.io/dockerconfigjson\nstringData: {.dockerconfigjson: 'auths: {}'}", &["format"]),
            ("type: kubernetes.io/dockerconfigjson\ndata: {.dockerconfigjson: W10=}", &["format"]),
            ("type: kubernetes.io/dockercfg\ndata: {.dockerconfigjson: e30=}", &["missing"]),
            ("type: kubernetes.io/service-account-token", &["missing"]),
            (
                "metadata: {name: a, annotations: {kubernetes.io/service-account.name: b}}\ntype: kubernetes.io/service-account-token",
                &[],
            ),
        ],
    );
}
