use super::{Error, error, load};

const KEY: &str = "whsec_AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
const OTHER: &str = "whsec_AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=";

fn minimal() -> String {
    format!(
        "[server]\npublic_url = \"https://seconder.example.com/\"\n[store]\nurl = \"sqlite:seconder.db\"\n\
         [[gitlab]]\ntoken = \"glpat-hush\"\nwebhook_signing_tokens = [\"{KEY}\"]\nowners = [\"acme\"]\n"
    )
}

/// What is said of the file with this in place of that.
#[track_caller]
fn wrong(from: &str, to: &str, says: &str) {
    let minimal = minimal();
    assert!(minimal.contains(from), "{from}");
    assert_eq!(error(&minimal.replacen(from, to, 1), &[]), says, "{to}");
}

#[test]
fn a_gitlab_host_is_enough() {
    let config = load(&minimal(), &[]).unwrap();
    let host = &config.gitlab[0];
    assert!(config.github.is_empty());
    assert_eq!((host.url.as_str(), host.host()), ("https://gitlab.com", "gitlab.com"));
    assert_eq!(host.policy_project, "seconder-policy");
    assert_eq!(host.job_audience, "https://seconder.example.com");
    assert!(host.webhook_secret_tokens.is_empty());
}

#[test]
fn an_instance_may_lie_below_a_path() {
    let at = |url: &str| {
        let text = minimal().replacen("[[gitlab]]\n", &format!("[[gitlab]]\nurl = \"{url}\"\n"), 1);
        let host = load(&text, &[]).unwrap().gitlab.remove(0);
        (host.host().to_owned(), host.url)
    };
    assert_eq!(at("https://Git.example:8443/lab/"), ("Git.example:8443".into(), "https://Git.example:8443/lab".into()));
    assert_eq!(at("http://127.0.0.1:80"), ("127.0.0.1:80".into(), "http://127.0.0.1:80".into()));
}

#[test]
fn the_environment_names_a_host_as_well() {
    let config = load(
        &minimal(),
        &[
            ("SECONDER_GITLAB__1__URL", "https://git.example"),
            ("SECONDER_GITLAB__1__TOKEN", "glpat-2"),
            ("SECONDER_GITLAB__1__WEBHOOK_SECRET_TOKENS", "0123456789abcdef, 0123456789abcdeg"),
            ("SECONDER_GITLAB__1__OWNERS", "acme,7"),
        ],
    );
    assert_eq!(config.unwrap().gitlab[1].webhook_secret_tokens.len(), 2);
    assert_eq!(
        error(&minimal(), &[("SECONDER_GITLAB_0_TOKEN", "x")]),
        "SECONDER_GITLAB_0_TOKEN: names no key; with two underscores between its parts, it is SECONDER_GITLAB__0__TOKEN"
    );
}

#[test]
fn each_mistake_is_said_in_words() {
    let host = "[[gitlab]]\n";
    let with = |line: &str| format!("[[gitlab]]\n{line}\n");
    wrong("token =", "tokens =", "seconder.toml:6:1: unknown key `tokens`; did you mean `token`?");
    wrong(
        "token = \"glpat-hush\"\n",
        "",
        "gitlab.0.token_file: is missing; name the file that holds the access token of the server's own account",
    );
    wrong(
        &format!("[\"{KEY}\"]"),
        "[]",
        "gitlab.0.webhook_signing_tokens: must hold at least one token, as GitLab shows it when a webhook is made; for \
         versions before 19.0, webhook_secret_tokens will do",
    );
    wrong(
        KEY,
        "hush",
        "gitlab.0.webhook_signing_tokens: must hold tokens as GitLab shows them: whsec_ and base64; other secrets are \
         webhook_secret_tokens",
    );
    wrong(
        host,
        &with("webhook_secret_tokens = [\"short\"]"),
        "gitlab.0.webhook_secret_tokens: must hold tokens of at least 16 characters; make one: openssl rand -hex 32",
    );
    wrong(
        host,
        &with(&format!("webhook_secret_tokens = [\"{OTHER}\"]")),
        "gitlab.0.webhook_secret_tokens: holds a signing token, which is never sent along; it belongs among \
         webhook_signing_tokens",
    );
    wrong(
        "[\"acme\"]",
        "[]",
        "gitlab.0.owners: must name at least one top-level group or user, e.g. owners = [\"acme\"]",
    );
    wrong(
        "\"acme\"",
        "\"acme/team\"",
        "gitlab.0.owners: \"acme/team\" is not the path of a top-level group or user, such as \"acme\"",
    );
    wrong(
        host,
        &with("policy_project = \"a/b\""),
        "gitlab.0.policy_project: \"a/b\" is not the path of one project, such as \"seconder-policy\"",
    );
    wrong(
        host,
        &with("url = \"https://jo:x@git.example\""),
        "gitlab.0.url: must hold no credentials; the token is all that is needed",
    );
    wrong(
        host,
        &with("url = \"https://git.example/api/v4\""),
        "gitlab.0.url: must be the address that people open, without /api/v4",
    );
    wrong(
        host,
        &with("url = \"git.example\""),
        "gitlab.0.url: must begin with https:// (or http:// for a trial on one machine)",
    );
    wrong(
        host,
        &with("job_audience = \"\""),
        "gitlab.0.job_audience: must be one word, such as the server's own address",
    );
}

#[test]
fn no_secret_belongs_to_two_hosts() {
    let second = |secrets: &str| {
        let table =
            format!("[[gitlab]]\nurl = \"https://git.example\"\ntoken = \"t\"\n{secrets}\nowners = [\"acme\"]\n");
        load(&(minimal() + &table), &[])
    };
    let key = "gitlab.1.webhook_signing_tokens and webhook_secret_tokens";
    let Err(Error::Unusable { key: given, .. }) = second(&format!("webhook_signing_tokens = [\"{KEY}\"]")) else {
        panic!("it is the first host's")
    };
    assert_eq!(given, key);
    assert!(second(&format!("webhook_signing_tokens = [\"{OTHER}\"]")).is_ok());
}

#[test]
fn no_secret_is_shown() {
    let shown = format!("{:?}", load(&minimal(), &[]).unwrap());
    assert!(!shown.contains("glpat") && !shown.contains("whsec"), "{shown}");
    for (from, to) in [("\"glpat-hush\"", "8675309"), (KEY, "8675309"), (&format!("[\"{KEY}\"]"), "8675309")] {
        let said = error(&minimal().replacen(from, to, 1), &[]);
        assert!(!said.contains("8675309") && !said.contains("whsec_A"), "{said}");
    }
}
