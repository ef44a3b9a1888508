import pytest

from batchpoint.http.redaction import redact

AT = ("--endpoint-name", "taxi", "--name", "ops")
URL = "https://example.com/hooks"
SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="


def test_a_webhook_of_options(run_json, service):
    created = run_json(
        "webhook", "create", *AT, "--target-url", URL, "--states", "Completed", "Failed",
        "--secret", SECRET, "--description", "operations",
    )  # fmt: skip
    assert created == {
        "name": "ops",
        "endpoint_name": "taxi",
        "url": URL,
        "states": ["Completed", "Failed"],
        "secret": SECRET,
        "description": "operations",
    }
    assert len(service.sent("PUT", "/api/endpoints/taxi/webhooks/ops")) == 1


def test_a_webhook_of_a_file(run_json, tmp_path):
    (tmp_path / "w.yml").write_text(f"name: ops\nendpoint_name: taxi\nurl: {URL}\nstates: [Failed]")
    created = run_json("webhook", "create", "--file", "w.yml", "-n", "other")
    assert created == {"name": "other", "endpoint_name": "taxi", "url": URL, "states": ["Failed"]}


def test_show_list_and_delete(run, run_json):
    for name in ("b", "a"):
        run("webhook", "create", "-e", "taxi", "-n", name, "--target-url", URL)
    assert run_json("webhook", "list", "-e", "taxi", "--query", "[].name") == ["b", "a"]
    assert run_json("webhook", "show", "-e", "taxi", "-n", "a")["url"] == URL
    run("webhook", "delete", "-e", "taxi", "-n", "a", "--yes")
    assert (
        "there is no webhook 'a'" in run("webhook", "show", "-e", "taxi", "-n", "a", code=1).stderr
    )


@pytest.mark.parametrize(
    ("options", "reason"),
    [(("-n", "a"), "there is no endpoint"), (("-e", "taxi"), "there is no name")],
)
def test_what_is_missing_is_said_before_anything_is_sent(run, service, options, reason):
    assert reason in run("webhook", "create", *options, code=1).stderr
    assert service.requests == []


def test_debugging_shows_no_secret(run):
    told = run("webhook", "create", *AT, "--target-url", URL, "--secret", SECRET, "--debug")
    assert "PUT" in told.stderr
    assert SECRET in told.stdout
    assert SECRET.removeprefix("whsec_") not in told.stderr


def test_redaction_hides_wrong_secrets_too():
    assert redact('{"secret": "hunter2", "url": "x"}') == '{"secret": "***", "url": "x"}'
