//! A contract as text: YAML for review, JSON for programs, and the schema of both.

use super::FILE_NAME;
use super::model::Contract;

/// The contract as the file that is reviewed and committed.
pub fn to_yaml(contract: &Contract) -> String {
    let body = serde_yaml::to_string(contract).expect("internal: a contract is plain data");
    format!(
        "# What this platform offers to its apps: hosts, opt-in labels, roles, names of Secrets.\n\
         # Written by `tidegate contract export --output {FILE_NAME}`; `tidegate contract check` compares it.\n\
         {body}"
    )
}

/// The contract for programs.
pub fn to_json(contract: &Contract) -> String {
    serde_json::to_string_pretty(contract).expect("internal: a contract is plain data") + "\n"
}

/// The JSON schema of the file.
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(Contract).to_value()
}
