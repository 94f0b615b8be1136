//! Lines of `pg_hba` that let clients in too easily, and clients without TLS.

use crate::declare_rule;
use crate::finding::Confidence;
use crate::graph::View;
use crate::graph::clients::{Client, Part};
use crate::graph::cnpg::Cluster;
use crate::graph::services::{Access, Service, Services};
use crate::rule::{Context, Sink};
use crate::source::Sources;
use crate::yaml::Value;

declare_rule! {
    /// ## What it does
    /// Finds lines of `postgresql.pg_hba` that let clients in by `trust`, `password` or `md5`, and says whether they
    /// hold for every address. Of clients it finds connection strings and variables with `sslmode=disable` to a Cluster
    /// or Pooler.
    ///
    /// ## Why it matters
    /// The operator puts these lines before its own last one, which asks everybody for SCRAM: the first line that fits
    /// a connection decides. `trust` asks for nothing; `password` hands the server the password itself, in clear on a
    /// `host` line; `md5` takes the hash of it that some old role still has, which is as good as the password to
    /// whoever reads it, and PostgreSQL 18 calls it deprecated. A client without TLS sends every row, and takes whoever
    /// answers for the database.
    ///
    /// ## Instead
    /// `hostssl all all <network> scram-sha-256`, or `cert` for clients with certificates; no line at all where the
    /// operator's own will do. For clients
    /// `sslmode=verify-full` with the cluster's CA, or `require` at least: Clusters and Poolers have TLS by themselves.
    ///
    /// ## Limits
    /// Lines for `local` connections and for the loopback addresses, which only processes in the pod can use, and lines
    /// that ask for a client certificate are left alone. Where a service mesh carries the traffic of a namespace it
    /// encrypts it too, and the confidence is low. Under `docs`, `examples` and the like the confidence is low. A line
    /// that still holds a `${VAR}` is left undecided.
    pub static RULE {
        id: "cnpg/weak-client-authentication",
        summary: "clients get in too easily, or without TLS",
        scope: Repo,
        codes: [
            "trust" => (Warning, High, Secrets),
            "password" => (Warning, High, Secrets),
            "md5" => (Warning, High, Secrets),
            "no-tls" => (Warning, High, Secrets),
        ],
        since: "0.1.0",
        check: check,
    }
}

fn check<'w>(context: &Context<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    for cluster in context.world.resources.iter().filter_map(Cluster::of) {
        lines(&cluster, sink);
    }
    let targets = context.world.graphs.iter().zip(&context.world.clients).zip(&context.world.reaches);
    for ((graph, clients), reach) in targets {
        let services = Services::new(graph);
        for client in clients.iter() {
            let Some(service) = services.of(client) else { continue };
            let mode = client.ssl_mode.as_ref().filter(|mode| mode.text.as_deref() == Some("disable"));
            if let Some(mode) = mode {
                let in_mesh = reach.namespace_labels(&client.place).join_mesh();
                without_tls(client, (mode, context.world.sources), service, in_mesh, sink);
            }
        }
    }
}

fn without_tls<'w>(
    client: &Client<'w>,
    (mode, sources): (&Part<'w>, &Sources),
    service: &Service<'w>,
    in_mesh: bool,
    sink: &mut Sink<'_, 'w>,
) {
    let message = format!("{} talks to {} without TLS", client.resource.title(), service.owner.title());
    let beside = mode.value.identity() != client.value.identity();
    let finding = sink
        .finding("no-tls", client.resource, mode.value, message)
        .underline(if beside { mode.value.span() } else { client.span_of("sslmode=disable", sources) })
        .label("switches TLS off")
        .related(service.owner.headline().span(), "has a certificate by itself")
        .help(match service.access {
            // The certificate of a Pooler is that of its Cluster, which names the Cluster's services.
            Access::Pooler => {
                "write `sslmode=require`; `verify-full` needs the Pooler's name in `certificates.serverAltDNSNames`"
            }
            _ => "write `sslmode=verify-full` and mount the cluster's CA, or `sslmode=require`",
        });
    if in_mesh {
        finding
            .note("a service mesh carries the traffic of the client's namespace, and encrypts it to what is in the mesh, too")
            .confidence(Confidence::Low);
    } else if client.resource.is_example() {
        finding.confidence(Confidence::Low);
    }
}

fn lines<'w>(cluster: &Cluster<'w>, sink: &mut Sink<'_, 'w>) {
    for line in cluster.spec(&["postgresql", "pg_hba"]).into_iter().flat_map(Value::items) {
        if let Some(reason) = line.unknown() {
            sink.undecided(line.span(), reason);
        } else if let Some(entry) = line.as_str().and_then(|text| text.lines().find_map(weak)) {
            tell(cluster, line, &entry, sink);
        }
    }
}

fn tell<'w>(cluster: &Cluster<'w>, line: Value<'w>, entry: &Entry, sink: &mut Sink<'_, 'w>) {
    let title = cluster.title();
    let from = if entry.everywhere { " from every address" } else { "" };
    let (message, label) = match entry.method {
        "trust" => (format!("{title} lets clients in{from} without a password"), "`trust` asks for nothing"),
        "password" if entry.encrypted => (
            format!("{title} takes the password itself{from} where SCRAM needs no more than a proof of it"),
            "`password`",
        ),
        "password" => (format!("{title} takes passwords in clear{from}"), "`password`, with or without TLS"),
        _ => (format!("{title} lets roles log in{from} by an MD5 hash"), "`md5`, where SCRAM is at hand"),
    };
    let finding = sink.finding(entry.method, cluster.resource(), line, message).label(label);
    let finding = match entry.method {
        "md5" => finding.note("a role whose password is kept for SCRAM uses SCRAM by this line too"),
        _ => finding,
    };
    let finding = match entry.encrypted {
        true => finding.help("write `scram-sha-256` as the method"),
        false => finding.help("write `hostssl` and the method `scram-sha-256`"),
    };
    if cluster.is_example() {
        finding.confidence(Confidence::Low);
    }
}

/// A line that lets clients in too easily.
#[derive(Debug, PartialEq, Eq)]
struct Entry {
    method: &'static str,
    /// Whether it holds for connections with TLS alone.
    encrypted: bool,
    /// Whether it holds for every address.
    everywhere: bool,
}

/// Reads one line: type, databases, users, address, perhaps a mask, method, options.
fn weak(line: &str) -> Option<Entry> {
    let words = words(line);
    let mut words = words.iter().map(String::as_str);
    let encrypted = match words.next()? {
        "host" | "hostnossl" | "hostgssenc" | "hostnogssenc" => false,
        "hostssl" => true,
        _ => return None,
    };
    let (_databases, _users, address) = (words.next()?, words.next()?, words.next()?);
    let mut method = words.next()?;
    let mut mask = None;
    if method.parse::<std::net::IpAddr>().is_ok() {
        mask = Some(method);
        method = words.next()?;
    }
    let method = ["trust", "password", "md5"].into_iter().find(|weak| *weak == method)?;
    if is_loopback(address) || words.any(|option| option.starts_with("clientcert=verify-")) {
        return None;
    }
    let everywhere = matches!((address, mask), ("all" | "0.0.0.0/0" | "::/0" | "::0/0", None))
        || matches!((address, mask), ("0.0.0.0", Some("0.0.0.0")) | ("::", Some("::")));
    Some(Entry { method, encrypted, everywhere })
}

/// Whether only processes in the pod come from there.
fn is_loopback(address: &str) -> bool {
    let host = address.split_once('/').map_or(address, |(host, _)| host);
    let narrow = address.split_once('/').and_then(|(_, bits)| bits.parse::<u8>().ok()).is_none_or(|bits| bits >= 8);
    let looped = host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
    (looped && narrow) || matches!(host, "localhost" | "samehost")
}

/// The words of a line, without quotes and comments; a list with spaces behind its commas is one word.
fn words(line: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let (mut quoted, mut inside) = (false, false);
    for letter in line.chars() {
        match letter {
            '#' if !quoted => break,
            '"' => quoted = !quoted,
            _ if letter.is_whitespace() && !quoted => {
                inside = words.last().is_some_and(|word| word.ends_with(','));
                continue;
            }
            _ => {}
        }
        if !inside {
            words.push(String::new());
            inside = true;
        }
        if let Some(word) = words.last_mut().filter(|_| letter != '"') {
            word.push(letter);
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_as_the_server_reads_them() {
        let entry = |method, encrypted, everywhere| Some(Entry { method, encrypted, everywhere });
        for (line, expected) in [
            ("host all all 0.0.0.0/0 trust", entry("trust", false, true)),
            ("host all all all md5", entry("md5", false, true)),
            ("hostssl app app 10.0.0.0/8 password", entry("password", true, false)),
            ("host all all 0.0.0.0 0.0.0.0 md5", entry("md5", false, true)),
            ("host \"all\" \"app\" 10.1.0.0 255.255.0.0 trust", entry("trust", false, false)),
            ("host app, orders all 10.0.0.0/8 md5 # old clients", entry("md5", false, false)),
            ("hostssl all all 0.0.0.0/0 scram-sha-256", None),
            ("hostssl all all 0.0.0.0/0 cert", None),
            ("hostssl all all all trust clientcert=verify-full", None),
            ("host all all 127.0.0.1/32 trust", None),
            ("host all all ::1/128 trust", None),
            ("host all all localhost trust", None),
            ("host all trust all reject", None),
            ("local all all trust", None),
            ("# host all all all trust", None),
            ("host all", None),
            ("", None),
        ] {
            assert_eq!(weak(line), expected, "{line}");
        }
    }
}
