//! A program of the user's own that takes `leeward.alert/1`, signed so that it
//! can tell it from what anybody else sends there.

use super::{
    Receipt, Reference, Undelivered,
    alert::Alert,
    answer,
    request::{Carrier, Header, Place, Request},
};

#[derive(Clone, Debug)]
pub(super) struct Webhook {
    pub(super) url: Place,
    pub(super) secret: Reference,
}

impl Webhook {
    pub(super) fn references(&self) -> Vec<&Reference> {
        match &self.url {
            Place::Plain(_) => vec![&self.secret],
            Place::Kept(url) => vec![url, &self.secret],
        }
    }

    fn request(&self, alert: &Alert, body: &str) -> Request {
        Request::new("POST", self.url.clone())
            .header("Leeward-Delivery", Header::Plain(alert.delivery.clone()))
            .header("Leeward-Signature", Header::Signature(self.secret.clone(), answer::now()))
            .json(body)
    }

    /// Sends the letter as it was written.
    pub(super) fn deliver(
        &self,
        carrier: &Carrier<'_>,
        alert: &Alert,
        body: &str,
    ) -> Result<Receipt, Undelivered> {
        let (host, answer) = carrier.send(self.request(alert, body))?;
        let answer = answer::good(&host, answer)?;
        Ok(Receipt::new(format!("`{host}` took it with {}", answer.status)))
    }

    pub(super) fn preview(&self, alert: &Alert) -> String {
        self.request(alert, &alert.write()).shown()
    }
}
