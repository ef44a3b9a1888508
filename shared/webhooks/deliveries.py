"""Tells webhooks what they are to be told, again and again until they take it or time is over."""

import logging
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from itertools import islice
from typing import Protocol

from shared.clock import Clock
from shared.invocation_logs import carried
from shared.jobs.lifecycle import JobLifecycle
from shared.jobs.model import Job
from shared.jobs.repository import JobRepository
from shared.outbound.post import Reply
from shared.storage.bulk_delete import Budget
from shared.webhooks.model import DeliveryOutcome, PendingDelivery, Webhook, settle, tried
from shared.webhooks.outbox import Outbox
from shared.webhooks.repository import StoredDelivery, WebhookRepository
from shared.webhooks.signing import signed_headers

logger = logging.getLogger(__name__)
AT_ONCE = 8
MAX_TOGETHER = 2000
CLAIM = timedelta(minutes=1)
"""How long nobody else tries what somebody does; longer than sending takes."""


class Sender(Protocol):
    """Sends requests to the outside world; `shared.outbound.post` implements it."""

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        """Posts an event, and tells what came of it."""
        ...

    def refusal(self, url: str) -> str | None:
        """Returns the reason that nothing is sent to an address; None if it may be."""
        ...


class WebhookDispatcher:
    """Makes deliveries of what jobs have untold, and delivers what is due."""

    def __init__(
        self,
        webhooks: WebhookRepository,
        jobs: JobRepository,
        lifecycle: JobLifecycle,
        outbox: Outbox,
        sender: Sender,
        clock: Clock,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._webhooks = webhooks
        self._jobs = jobs
        self._lifecycle = lifecycle
        self._outbox = outbox
        self._sender = sender
        self._clock = clock
        self._monotonic = monotonic

    def run(self, seconds: float) -> None:
        """Does all that is due.

        Args:
            seconds: When to begin nothing more; what is left waits for the next time.
        """
        budget = Budget(seconds, self._monotonic)
        for job in self._jobs.untold():
            if budget.is_spent:
                return
            self._guarded(job.name, lambda job=job: self._take_over(job))
        self._deliver(self._webhooks.pending(), budget)

    def deliver_now(self, job: str, seconds: float) -> None:
        """Delivers a job's pending notifications immediately; the timer retries failures."""
        self._guarded(job, lambda: self._deliver_job(job, seconds))

    def _deliver_job(self, name: str, seconds: float) -> None:
        stored = self._jobs.find(name)
        if stored is None or not stored.job.untold:
            return
        made = self._take_over(stored.job)
        self._deliver(made, Budget(seconds, self._monotonic))

    def _take_over(self, job: Job) -> list[StoredDelivery]:
        """Turns a job's pending notifications into deliveries, and then removes them from it."""
        made = [self._webhooks.add(delivery) for delivery in self._outbox.deliveries(job)]
        done = {item.event_id for item in job.untold}

        def without(current: Job) -> Job:
            left = tuple(item for item in current.untold if item.event_id not in done)
            return replace(current, untold=left)

        self._lifecycle.change(job.name, without)
        return [stored for stored in made if stored is not None]

    def _deliver(self, pending: Iterable[StoredDelivery], budget: Budget) -> None:
        """Delivers what is due: to several webhooks at once, to each in the order of time."""
        now = self._clock()
        due = (stored for stored in pending if stored.delivery.next_at <= now)
        queues: dict[str, list[StoredDelivery]] = defaultdict(list)
        for stored in islice(due, MAX_TOGETHER):
            queues[stored.delivery.webhook_id].append(stored)
        if not queues:
            return
        with ThreadPoolExecutor(min(AT_ONCE, len(queues))) as pool:
            for queue in queues.values():
                pool.submit(carried(self._deliver_queue), queue, budget)

    def _deliver_queue(self, queue: list[StoredDelivery], budget: Budget) -> None:
        name = queue[0].delivery.webhook
        self._guarded(name, lambda: self._deliver_in_order(queue, budget))

    def _deliver_in_order(self, queue: list[StoredDelivery], budget: Budget) -> None:
        webhook = self._find(queue[0].delivery)
        for stored in queue:
            if webhook is None:
                self._webhooks.remove(stored.delivery)
            elif budget.is_spent or not self._attempt(webhook, stored):
                return

    def _find(self, delivery: PendingDelivery) -> Webhook | None:
        found = self._webhooks.find(delivery.endpoint_name, delivery.webhook)
        is_this = found is not None and found.webhook.id == delivery.webhook_id
        return found.webhook if found is not None and is_this else None

    def _attempt(self, webhook: Webhook, stored: StoredDelivery) -> bool:
        """Tries one delivery; tells whether a further one may fare better."""
        delivery, now = stored.delivery, self._clock()
        claimed = self._webhooks.change(stored, replace(delivery, next_at=now + CLAIM))
        if claimed is None:
            return True
        body = delivery.body.encode()
        headers = {
            "Content-Type": "application/cloudevents+json; charset=utf-8",
            **signed_headers(webhook.secret, delivery.event_id, now, body),
        }
        reply = self._sender.post(webhook.url, body, headers)
        if reply.is_success:
            self._settle(webhook, delivery, DeliveryOutcome.DELIVERED, reply)
            return True
        later = tried(delivery, reply, self._clock())
        if later is None:
            self._settle(webhook, delivery, DeliveryOutcome.GIVEN_UP, reply)
            logger.error(
                "the webhook '%s' of '%s' was not told of the job %s: %s",
                webhook.name,
                webhook.endpoint_name,
                delivery.job,
                reply.message,
            )
        else:
            self._webhooks.change(claimed, later)
        return not reply.is_down

    def _settle(
        self, webhook: Webhook, delivery: PendingDelivery, outcome: DeliveryOutcome, reply: Reply
    ) -> None:
        self._webhooks.record(webhook, settle(delivery, outcome, reply, self._clock()))
        self._webhooks.remove(delivery)

    def _guarded(self, what: str, do: Callable[[], object]) -> None:
        """Lets nothing that goes wrong with one keep the others from being told."""
        try:
            do()
        except Exception:
            logger.exception("what '%s' has to tell could not be told now; later again", what)
