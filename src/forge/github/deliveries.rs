//! The deliveries that GitHub recorded, and asking for one again. GitHub never repeats a failed one by itself.
//!
//! One that was missed is asked for again rather than read from the record: it then comes as any other does, signed,
//! under the same GUID, to whichever replica, and there is one way in for what deliveries say, not two.
//! <https://docs.github.com/en/webhooks/using-webhooks/handling-failed-webhook-deliveries>

use http::header::LINK;
use http::{HeaderMap, Method};
use jiff::Timestamp;

use super::client::{Call, GitHub, path};
use super::wire::rest;
use crate::forge::{Error, RecordedDelivery};

/// More pages of a hundred than three days of any App can fill at a reasonable rate. A list without end is cut off.
const MOST_PAGES: usize = 2_000;

impl GitHub {
    /// All attempts since this time that GitHub still has on record (3 days; Enterprise Server 7), newest first. One call
    /// per hundred.
    pub async fn deliveries(&self, since: Timestamp) -> Result<Vec<RecordedDelivery>, Error> {
        let what = "the App's recorded deliveries";
        let mut deliveries = Vec::new();
        let mut cursor: Option<String> = None;
        for _ in 0..MOST_PAGES {
            let mut parameters = vec![("per_page", "100")];
            parameters.extend(cursor.as_deref().map(|cursor| ("cursor", cursor)));
            let call = Call::get(path(&["app", "hook", "deliveries"], &parameters), what);
            let answer = self.send_as_app(&call).await?;
            let listed: Vec<rest::HookDelivery> = answer.json(what)?;
            let reaches_back = listed.last().is_none_or(|oldest| oldest.delivered_at < since);
            deliveries.extend(listed.into_iter().filter(|one| one.delivered_at >= since).map(RecordedDelivery::from));
            let next = next_cursor(&answer.headers).filter(|next| cursor.as_ref() != Some(next));
            match next {
                Some(next) if !reaches_back => cursor = Some(next),
                _ => return Ok(deliveries),
            }
        }
        Err(Error::broken(what, "the list does not end"))
    }

    /// Asks GitHub to send a delivery again. One too many does no harm. False when GitHub has it on record no longer.
    pub async fn redeliver(&self, id: i64) -> Result<bool, Error> {
        let what = format!("another attempt at delivery {id}");
        let path = path(&["app", "hook", "deliveries", &id.to_string(), "attempts"], &[]);
        match self.send_as_app(&Call { method: Method::POST, ..Call::get(path, what) }).await {
            Ok(_) => Ok(true),
            Err(Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

impl From<rest::HookDelivery> for RecordedDelivery {
    fn from(delivery: rest::HookDelivery) -> Self {
        Self {
            id: delivery.id,
            guid: delivery.guid,
            delivered_at: delivery.delivered_at,
            is_taken: delivery.status == "OK" || (200..300).contains(&delivery.status_code),
            status_code: delivery.status_code,
            is_repeated: delivery.redelivery,
            installation: delivery.installation_id,
        }
    }
}

/// The cursor of the next page. Only that is taken from the address in the header, which is never followed.
fn next_cursor(headers: &HeaderMap) -> Option<String> {
    let links = headers.get(LINK)?.to_str().ok()?;
    let next = links.split(',').find(|link| link.contains("rel=\"next\""))?;
    let address = next.split_once('<')?.1.split_once('>')?.0;
    let query = address.split_once('?')?.1;
    let cursor = query.split('&').find_map(|parameter| parameter.strip_prefix("cursor="))?;
    percent_encoding::percent_decode_str(cursor).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_is_known_by_its_cursor() {
        let headers = |link: &str| HeaderMap::from_iter([(LINK, link.parse().unwrap())]);
        let both = "<https://api.github.com/app/hook/deliveries?per_page=100&cursor=v1_17%3D>; rel=\"next\", \
                    <https://api.github.com/app/hook/deliveries?cursor=v1_1>; rel=\"prev\"";
        assert_eq!(next_cursor(&headers(both)).as_deref(), Some("v1_17="));
        assert_eq!(next_cursor(&headers("<https://api.github.com/x?cursor=v1_1>; rel=\"prev\"")), None);
        assert_eq!(next_cursor(&HeaderMap::new()), None);
    }
}
