import httpx
import pytest

from batchpoint.errors import ApiError, BatchpointError, ServiceUnreachableError
from batchpoint.http.redaction import redact
from batchpoint.http.retrying import RetryPolicy, send
from batchpoint.http.transport import segment


class Calls:
    def __init__(self, *outcomes):
        self.outcomes = list(outcomes)
        self.delays = []
        self.policy = RetryPolicy(attempts=3, sleep=self.delays.append)

    def __call__(self):
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


def test_idempotent_requests_are_repeated_with_growing_delays():
    calls = Calls(httpx.ReadError("lost"), httpx.Response(503), httpx.Response(200))
    sent = send(calls, calls.policy, idempotent=True)
    assert sent.response.status_code == 200
    assert sent.repeated
    assert 0.15 <= calls.delays[0] <= 0.25
    assert 0.3 <= calls.delays[1] <= 0.5


def test_other_requests_are_repeated_only_where_nothing_was_sent():
    calls = Calls(httpx.ConnectError("refused"), httpx.Response(201))
    assert not send(calls, calls.policy, idempotent=False).repeated
    for outcome in [httpx.ReadError("lost"), httpx.ReadTimeout("")]:
        calls = Calls(outcome)
        with pytest.raises(ServiceUnreachableError):
            send(calls, calls.policy, idempotent=False)
    assert send(Calls(httpx.Response(503)), calls.policy, idempotent=False)


def test_attempts_are_bounded_and_retry_after_is_heard():
    busy = httpx.Response(503, headers={"Retry-After": "7"})
    calls = Calls(busy, busy, busy)
    assert send(calls, calls.policy, idempotent=True).response.status_code == 503
    assert all(delay > 5 for delay in calls.delays)
    refused = httpx.ConnectError("refused")
    calls = Calls(refused, refused, refused)
    with pytest.raises(ServiceUnreachableError, match="refused"):
        send(calls, calls.policy, idempotent=False)


def test_errors_of_any_shape_are_read():
    body = {"error": {"code": "C", "message": "m", "target": None, "details": None}}
    error = ApiError.from_answer(422, body, "")
    assert (error.code, error.message, error.target, error.details) == ("C", "m", "", ())
    assert str(ApiError(422, "C", "a.b: wrong", "a.b")) == "a.b: wrong"
    assert str(ApiError(422, "C", "wrong", "a.b")) == "a.b: wrong"
    for other in [None, [], {"error": "x"}, {"error": None}]:
        text = str(ApiError.from_answer(502, other, "<html>\nBad gateway"))
        assert text == "the service answered 502: <html> Bad gateway"


def test_names_are_one_segment_of_a_path():
    assert segment("a/b?c") == "a%2Fb%3Fc"
    for bad in ["", ".", ".."]:
        with pytest.raises(BatchpointError):
            segment(bad)


def test_secrets_are_redacted():
    assert redact("https://a/b?x=1&sig=abc%2F&code=k") == "https://a/b?x=1&sig=***&code=***"


def test_a_service_with_too_much_to_do_is_asked_again_whatever_was_asked():
    calls = Calls(httpx.Response(429), httpx.Response(201))
    assert send(calls, calls.policy, idempotent=False).response.status_code == 201
    calls = Calls(httpx.Response(408), httpx.Response(200))
    assert send(calls, calls.policy, idempotent=True).response.status_code == 200
