"""Makes the webhooks whose secrets are set; a provider without one is not listened to."""

from collections.abc import Mapping

from webinar_hub.adapters.webhooks import Webhook
from webinar_hub.adapters.webhooks.mailgun import MailgunWebhook
from webinar_hub.adapters.webhooks.postmark import PostmarkWebhook


def open_webhooks(*, postmark: str, mailgun: str, sendgrid: str, ses_topic: str) -> Mapping[str, Webhook]:
    """By the name in the address; "" leaves one out. Raises ValueError for a secret that cannot be one."""
    found: dict[str, Webhook] = {}
    if postmark:
        found["postmark"] = PostmarkWebhook(postmark)
    if mailgun:
        found["mailgun"] = MailgunWebhook(mailgun)
    if sendgrid:
        from webinar_hub.adapters.webhooks.sendgrid import SendgridWebhook  # noqa: PLC0415  slow import

        found["sendgrid"] = SendgridWebhook(sendgrid)
    if ses_topic:
        from webinar_hub.adapters.webhooks.ses import SesWebhook  # noqa: PLC0415  slow import

        found["ses"] = SesWebhook(ses_topic)
    return found
