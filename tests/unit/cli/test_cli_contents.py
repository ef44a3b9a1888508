import os

import pytest

from batchpoint.errors import TransferError
from batchpoint.logtail import LogTail
from batchpoint.transfer.contents import read_content
from batchpoint.transfer.local_files import UploadPlan, plan_upload


def content_of(folder, **files):
    for name, text in files.items():
        (folder / "m").mkdir(parents=True, exist_ok=True)
        (folder / "m" / name).write_text(text)
    return plan_upload([folder / "m"])


def test_an_upload_is_named_by_names_and_bytes_alone(tmp_path):
    pieces = []
    plan = content_of(tmp_path / "one", a="1", b="22")
    first = read_content(plan, pieces.append)
    os.utime(tmp_path / "one/m/a", (1, 1))
    turned = UploadPlan(plan.files[::-1], plan.root)
    assert read_content(turned, pieces.append) == first
    same = content_of(tmp_path / "two", a="1", b="22")
    assert read_content(same, pieces.append).upload_id == first.upload_id
    others = [{"a": "1", "b": "23"}, {"a": "1", "c": "22"}, {"a": "22", "b": "1"}, {"a": "122"}]
    ids = {
        read_content(content_of(tmp_path / f"o{index}", **files), pieces.append).upload_id
        for index, files in enumerate(others)
    }
    assert len(ids | {first.upload_id}) == 5
    assert len(first.upload_id) == 64
    assert sum(pieces) == 3 * 3 + 3 + 3 + 3 + 3


def test_a_file_that_is_gone_is_an_error(tmp_path):
    plan = content_of(tmp_path, a="1")
    (tmp_path / "m/a").unlink()
    with pytest.raises(TransferError, match="cannot be read"):
        read_content(plan, lambda _: None)


def test_log_tail_asks_from_the_newest_entry_on():
    asked = []
    answers = iter([[("a", 1, "x\ny"), ("b", 3, "z")], [("b", 3, "z"), ("c", 2, "w")], []])

    def fetch(since):
        asked.append(since)
        for name, second, text in next(answers):
            yield {"name": name, "mini_batch": 3, "written_at": str(second), "text": text}

    tail = LogTail(fetch)
    assert list(tail.new_lines()) == [f"[mini-batch 3] {text}" for text in "xyz"]
    assert list(tail.new_lines()) == ["[mini-batch 3] w"]
    assert list(tail.new_lines()) == []
    assert asked == [None, "3", "3"]
