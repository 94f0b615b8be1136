//! The decision table as tables of cases, and what must hold for any text.

use super::*;
use proptest::prelude::*;

const RANDOM: &str = "q7Rk2mVz9LpX4sTb8WcY";

fn ask<'a>(setting: Setting, key: &'a str, value: &'a str) -> Question<'a> {
    Question { key, parents: &[], value, setting, example: false, object_kind: Some("Shop"), object_name: Some("shop") }
}

fn verdict_of(question: &Question<'_>) -> Option<(Certainty, bool)> {
    judge(question).map(|credential| (credential.certainty, credential.weak_default))
}

const HIGH: Option<(Certainty, bool)> = Some((Certainty::High, false));
const LOW: Option<(Certainty, bool)> = Some((Certainty::Low, false));
const WEAK: Option<(Certainty, bool)> = Some((Certainty::Low, true));

#[test]
fn readable_credentials() {
    use Setting::*;
    for (setting, key, value, expected) in [
        (SecretStringData, "password", "tul7ip", HIGH),
        (SecretData, "api-token", RANDOM, HIGH),
        (GeneratorLiteral, "DB_PASSWORD", "Ki9!wer", HIGH),
        (SecretStringData, "password", "tulip-field", LOW),
        (SecretStringData, "password", "tulip", WEAK),
        (SecretStringData, "session", RANDOM, LOW),
        (Env, "SHOP_PASSWORD", "Ki9!werTq", HIGH),
        (Env, "SHOP_PASSWORD", "password", WEAK),
        (Env, "SHOP_PASSWORD", "20251", WEAK),
        (Env, "SHOP_JWT_SECRET", "change-me", WEAK),
        (Env, "SHOP_ACCESS_KEY", RANDOM, LOW),
        (HelmValue, "adminPassword", "Ki9!werTq", HIGH),
        (HelmValue, "adminPassword", "P4ssw0rd", WEAK),
        (HelmValue, "secretKey", RANDOM, HIGH),
        (ConfigMapData, "SHOP_TOKEN", RANDOM, HIGH),
        (Field, "clientSecret", RANDOM, HIGH),
        (Annotation, "shop.test/token", RANDOM, HIGH),
        (Argument, "args", "--admin-password=Ki9!werTq", HIGH),
        (Env, "DSN", "host=db user=shop password=Ki9!werTq", HIGH),
        (Env, "SHOP_URL", "https://shop:Ki9!werTq@db", HIGH),
    ] {
        assert_eq!(verdict_of(&ask(setting, key, value)), expected, "{setting:?} {key}: {value}");
    }
}

#[test]
fn silent() {
    use Setting::*;
    for (setting, key, value) in [
        (Field, "secretKey", "password"),
        (Field, "secretKey", RANDOM),
        (Field, "password", "password"),
        (HelmValue, "secretKey", "redis-password"),
        (HelmValue, "existingSecret", "shop-db"),
        (HelmValue, "passwordKey", RANDOM),
        (HelmValue, "tokenRef", RANDOM),
        (HelmValue, "automountServiceAccountToken", "false"),
        (HelmValue, "clientSecret", "shop-oidc"),
        (HelmValue, "token", "SHOP_TOKEN"),
        (HelmValue, "token", "<YOUR TOKEN>"),
        (HelmValue, "token", "8h"),
        (Env, "SHOP_PASSWORD", "${SHOP_PASSWORD}"),
        (Env, "SHOP_PASSWORD", "$(SHOP_PASSWORD)"),
        (Env, "SHOP_PASSWORD_FILE", "/run/secrets/shop"),
        (Env, "SHOP_PASSWORD", "/run/secrets/shop"),
        (Env, "SHOP_TOKEN", "true"),
        (Env, "MAX_TOKENS", "4096"),
        (Env, "SHOP_API_KEY", "unused"),
        (Env, "SHOP_URL", "redis://:$(PW)@cache:6379"),
        (Env, "SHOP_NAME", RANDOM),
        (Argument, "args", "SECRET"),
        (Argument, "args", "--token-file=/run/token"),
        (Argument, "args", "--token=$(TOKEN)"),
        (Annotation, "ingress.test/auth-secret", "shop-basic-auth"),
        (SecretStringData, "password", "REPLACE_ME"),
        (SecretStringData, "client-id", RANDOM),
        (SecretStringData, "host", "db.shop.svc"),
        (ConfigMapData, "script.py", "token = config.get('x')\npassword = os.environ[\"PW\"]\nsecret = self.secret\n"),
        (ConfigMapData, "form.json", "{\"type\": \"password\",\n \"password\": \"password\"}"),
    ] {
        assert_eq!(verdict_of(&ask(setting, key, value)), None, "{setting:?} {key}: {value}");
    }
}

#[test]
fn surroundings_decide() {
    let secret = ask(Setting::SecretStringData, "key1", RANDOM);
    assert_eq!(verdict_of(&secret), LOW);
    assert_eq!(verdict_of(&Question { object_name: Some("vault-unseal"), ..secret }), HIGH);

    let env = ask(Setting::Field, "token", RANDOM);
    assert_eq!(verdict_of(&env), HIGH);
    assert_eq!(verdict_of(&Question { example: true, ..env }), LOW);
    assert_eq!(verdict_of(&Question { object_kind: None, ..env }), LOW);
    assert_eq!(verdict_of(&Question { object_kind: None, setting: Setting::HelmValue, ..env }), HIGH);
    assert_eq!(verdict_of(&Question { object_kind: Some("CustomResourceDefinition"), ..env }), None);
    assert_eq!(verdict_of(&Question { parents: &["auth", "secretKeys"], ..env }), None);
    assert_eq!(verdict_of(&Question { parents: &["spec", "encryptedData"], ..env }), None);

    let weak = ask(Setting::Env, "SHOP_PASSWORD", "changeme");
    assert_eq!(verdict_of(&weak), WEAK);
    assert_eq!(verdict_of(&Question { example: true, ..weak }), None);
}

#[test]
fn a_text_can_hold_several() {
    let token = format!("gh{}_{}", "p", "q7Rk2mVz9LpX4sTb8WcY3nHd6JfG5aQe1KuM");
    let text = format!(
        "[db]\nuser = shop\npassword = Ki9!werTq\n# password = Old9!werTq\nurl = amqp://shop:Zz91_pq2@queue\ngit = {token}\nsecret = ${{SECRET}}\n"
    );
    let found = judge_all(&ask(Setting::ConfigMapData, "shop.ini", &text));
    let found: Vec<(&str, &str)> = found.iter().map(|one| (one.what, &text[one.range.clone()])).collect();
    assert_eq!(
        found,
        vec![("password", "Ki9!werTq"), ("URL with a password", "Zz91_pq2"), ("GitHub token", token.as_str())]
    );
}

#[test]
fn registry_credentials_are_decoded() {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let config = |login: &str| format!(r#"{{"auths":{{"registry.test":{{"auth":"{}"}}}}}}"#, STANDARD.encode(login));
    let readable = config("shop:Ki9!werTq");
    let found = judge(&ask(Setting::SecretData, ".dockerconfigjson", &readable)).expect("a password");
    assert_eq!((found.what, found.certainty), ("registry password", Certainty::High));
    assert_eq!(judge(&ask(Setting::SecretData, ".dockerconfigjson", &config("shop:<password>"))), None);
}

#[test]
fn masking_errs_on_the_safe_side() {
    use Setting::*;
    for (setting, key, value, expected) in [
        (SecretStringData, "greeting", "hello", true),
        (SecretStringData, "greeting", "${GREETING}", false),
        (Env, "SHOP_PASSWORD", "correct-horse-battery", true),
        (Env, "SHOP_PASSWORD", "abc", true),
        (Env, "SHOP_PASSWORD", "${PW}", false),
        (Env, "SHOP_PASSWORD", "<password>", false),
        (Env, "SHOP_TOKEN", "shop-token", false),
        (Env, "SHOP_TOKEN", "Zq81x", true),
        (Env, "SHOP_URL", "https://user:pass@db", true),
        (Field, "replicas", "3", false),
        (Field, "name", "shop", false),
        (ConfigMapData, "shop.ini", "user=ada\npassword=tulip\n", true),
    ] {
        assert_eq!(must_mask(&ask(setting, key, value)), expected, "{setting:?} {key}: {value}");
    }
}

#[test]
fn the_same_key_question_as_the_rules_ask() {
    assert!(is_credential_key("SHOP_PASSWORD") && !is_credential_key("SHOP_PASSWORD_FILE"));
}

proptest! {
    #[test]
    fn what_is_found_lies_within_and_is_masked(
        key in "(password|token|shop\\.ini|SECRET_KEY|name)",
        value in "([a-zA-Z0-9:=@/$\\{\\}\"'<> \\n,.#ü-]{0,60}(password|token|://a:|secret)?[=: ]{0,2}){0,3}",
        setting in 0usize..4,
        example: bool,
    ) {
        let setting = [Setting::SecretStringData, Setting::Env, Setting::ConfigMapData, Setting::Argument][setting];
        let question = Question { example, ..ask(setting, &key, &value) };
        let masks = mask_ranges(&question);
        let mut end = 0;
        for found in judge_all(&question) {
            prop_assert!(value.get(found.range.clone()).is_some_and(|text| !text.is_empty()));
            prop_assert!(found.range.start >= end);
            end = found.range.end;
            prop_assert!(masks.iter().any(|mask| mask.start <= found.range.start && found.range.end <= mask.end));
        }
    }

    #[test]
    fn an_example_never_raises_certainty(key in "(password|token|name)", value in "[!-~]{0,30}") {
        let question = ask(Setting::Env, &key, &value);
        let plain = judge(&question).map(|found| found.certainty);
        let example = judge(&Question { example: true, ..question }).map(|found| found.certainty);
        prop_assert!(example <= plain);
    }
}
