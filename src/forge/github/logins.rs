//! From logins, which people write, to numbers, which are keys.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;

use super::Error;
use super::client::GitHub;
use super::query::{QueryError, QueryFailure};
use crate::gate::ids::Login;

/// How many logins are asked for in one call.
const AT_ONCE: usize = 100;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct User {
    database_id: Option<i64>,
}

impl GitHub {
    /// The numbers of users, by login in lower case. Logins that nobody has are left out; bots and organisations are
    /// nobody's. One call per hundred.
    pub async fn resolve_logins(&self, installation: i64, logins: &[Login]) -> Result<BTreeMap<String, i64>, Error> {
        let mut numbers = BTreeMap::new();
        for logins in logins.chunks(AT_ONCE) {
            let document = document(logins.len());
            let named = logins.iter().enumerate().map(|(i, login)| (format!("l{i}"), login.as_str()));
            let variables: HashMap<String, &str> = named.collect();
            let is_nobody = |error: &QueryError| {
                error.kind.as_deref() == Some("NOT_FOUND") && error.path.as_ref().is_some_and(|path| path.len() == 1)
            };
            let answer = self.query(installation, "accounts by login", &document, &variables, is_nobody).await;
            let (users, _): (BTreeMap<String, Option<User>>, _) = answer.map_err(|failure| match failure {
                QueryFailure::Call(error) => error,
                QueryFailure::Incomplete(why) => {
                    Error::Transient { what: "accounts by login".to_owned(), why, is_heavy: false }
                }
            })?;
            for (i, login) in logins.iter().enumerate() {
                let user = users.get(&format!("u{i}")).and_then(Option::as_ref);
                if let Some(number) = user.and_then(|user| user.database_id) {
                    numbers.insert(login.as_str().to_ascii_lowercase(), number);
                }
            }
        }
        Ok(numbers)
    }
}

/// The query for so many logins. The logins themselves travel as variables.
pub fn document(count: usize) -> String {
    let parameters: Vec<String> = (0..count).map(|i| format!("$l{i}: String!")).collect();
    let users: Vec<String> = (0..count).map(|i| format!("u{i}: user(login: $l{i}) {{ databaseId }}")).collect();
    format!("query Users({}) {{ {} }}", parameters.join(", "), users.join(" "))
}
