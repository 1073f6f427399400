from __future__ import annotations

import re
from pathlib import Path

from serving import accounts_of, run_cli

PASSWORD = "a few words for Anna"  # noqa: S105 (a made-up password)


def test_commands_add_list_and_remove_api_keys_and_users(tmp_path: Path) -> None:
    made = run_cli(tmp_path, "keys", "add", "class board", "--scope", "read")
    key = made.stdout.strip()
    assert key.startswith("rr_")
    assert not run_cli(tmp_path, "users", "add", "anna", stdin=PASSWORD + "\n").returncode
    listed = run_cli(tmp_path, "keys", "list").stdout
    assert "class board" in listed
    assert key.split("_", 2)[2] not in listed
    with accounts_of(tmp_path) as accounts:
        assert accounts.check_key(key) is not None
        assert accounts.check_password("anna", PASSWORD) is not None
        assert not run_cli(tmp_path, "keys", "revoke", key.split("_")[1]).returncode
        assert accounts.check_key(key) is None
    wrong = run_cli(tmp_path, "users", "remove", "ben")
    assert wrong.returncode == 2
    assert wrong.stderr.startswith("roomread: there is no user 'ben'")


def test_data_folder_that_cannot_be_created_is_reported_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("no folder")
    for command in (["users", "add", "anna"], ["keys", "add", "board"], ["serve", "--port", "0"]):
        said = run_cli(tmp_path, *command, stdin=PASSWORD + "\n")
        assert said.returncode == 2
        assert re.match(r"roomread: .*data: cannot be created: .*ROOMREAD_DATA_FOLDER", said.stderr)
        assert "Traceback" not in said.stderr
