//! What runs when a container starts and before it stops.

use super::containers::Container;
use super::probes::{self, Part};
use super::{Pod, grace};
use crate::schema::value::{code, field, is_set};
use crate::schema::{Problem, Problems};
use crate::yaml::Value;

pub(super) fn check<'w>(pod: &Pod<'w>, container: &Container<'w>, problems: &mut Problems<'w>) {
    let Some(lifecycle) = field(container.value, "lifecycle") else { return };
    for key in ["postStart", "preStop"] {
        let Some(hook) = field(lifecycle, key).filter(|hook| hook.is_mapping()) else { continue };
        let title = Part(key, container);
        probes::handler(hook, title, &["exec", "httpGet", "tcpSocket", "sleep"], problems);
        if let Some(seconds) = field(hook, "sleep").and_then(|sleep| field(sleep, "seconds")) {
            sleep(pod, title, seconds, problems);
        }
    }
    if let Some(signal) = field(lifecycle, "stopSignal")
        && !is_set(pod.spec, "os")
    {
        problems.push(
            Problem::new(
                code::CROSS_FIELD,
                signal,
                format!("{} has a `stopSignal`, and the Pod does not say its operating system", container),
            )
            .at_key()
            .help("set `os.name` of the Pod"),
        );
    }
}

fn sleep<'w>(pod: &Pod<'w>, title: Part<'_, 'w>, seconds: Value<'w>, problems: &mut Problems<'w>) {
    let (Some(number), Some(grace)) = (seconds.as_int(), grace(pod.spec)) else { return };
    let message = if number < 0 {
        format!("{title} sleeps {number} seconds")
    } else if number > grace {
        format!("{title} sleeps {number} seconds, and the Pod has {grace} to stop")
    } else {
        return;
    };
    let mut problem = Problem::new(code::BOUND, seconds, message);
    if let Some(period) = field(pod.spec, "terminationGracePeriodSeconds") {
        problem = problem.related(period.span(), "the time to stop");
    }
    problems.push(problem.help(format!("sleep from 0 to {grace} seconds, or raise `terminationGracePeriodSeconds`")));
}
