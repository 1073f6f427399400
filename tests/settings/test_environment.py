from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path

import pytest

from roomread.errors import RoomreadError
from roomread.settings import environment as settings
from roomread.settings.environment import load_settings
from roomread.settings.intended_use import Purpose


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "config" / "roomread.toml"
    monkeypatch.setattr(settings, "settings_file", lambda: path)
    monkeypatch.delenv("ROOMREAD_PURPOSE")
    return path


@pytest.mark.usefixtures("file")
def test_default_settings_name_no_network_service_and_no_purpose_of_use() -> None:
    values = load_settings()
    assert values.purpose is None
    assert values.ice_servers == []
    assert values.alert_urls == []
    assert not values.local_files


def test_environment_variables_override_the_settings_file(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.parent.mkdir()
    file.write_text('purpose = "research"\nmax_cameras = 3\n')
    monkeypatch.setenv("ROOMREAD_MAX_CAMERAS", "5")
    monkeypatch.setenv("ROOMREAD_ICE_SERVERS", '[{"urls": ["turn:turn.example.org"]}]')
    values = load_settings()
    assert values.purpose is Purpose.RESEARCH
    assert values.max_cameras == 5
    assert values.ice_servers == [{"urls": ["turn:turn.example.org"]}]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("max_cameras = 0", "max_cameras"),
        ('purpose = "school in the EU"', "purpose"),
        ("cameras = 3", "cameras"),
        ("purpose =", "cannot be read"),
    ],
)
def test_invalid_setting_is_reported_with_its_name(file: Path, text: str, words: str) -> None:
    file.parent.mkdir()
    file.write_text(text)
    with pytest.raises(RoomreadError, match=words):
        load_settings()


@pytest.mark.usefixtures("file")
@pytest.mark.parametrize(
    "value", ['["10.0.0.0/8", "192.168.1.1"]', "10.0.0.0/8,192.168.1.1", " 10.0.0.0/8 192.168.1.1 "]
)
def test_list_setting_may_be_json_or_values_separated_by_commas_or_spaces(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("ROOMREAD_TRUSTED_PROXIES", value)
    assert load_settings().trusted_proxies == [
        ip_network("10.0.0.0/8"),
        ip_network("192.168.1.1"),
    ]


@pytest.mark.usefixtures("file")
@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        (
            "ice_servers",
            "turn:turn.example.org",
            "'ice_servers' is invalid: the value is not JSON",
        ),
        (
            "turn_urls",
            '["turn:turn.example.org"',
            "'turn_urls' is invalid: the value is not JSON",
        ),
        ("trusted_proxies", "balancer", "'trusted_proxies.*' is invalid"),
    ],
)
def test_list_setting_that_cannot_be_parsed_is_reported_with_its_name(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str
) -> None:
    monkeypatch.setenv(f"ROOMREAD_{name.upper()}", value)
    with pytest.raises(RoomreadError, match=words):
        load_settings()


def test_missing_home_folder_is_reported_with_the_variables_to_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def no_home(_path: str) -> str:
        return "~/.config"

    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    # For a user id that the system does not know, "~" is not expanded.
    monkeypatch.setattr("os.path.expanduser", no_home)
    with pytest.raises(RoomreadError, match="no home folder"):
        load_settings()


@pytest.mark.usefixtures("file")
def test_alert_urls_and_secret_are_hidden_in_the_representation_of_settings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ROOMREAD_ALERT_URLS", '["https://example.org/hooks/t0ken"]')
    monkeypatch.setenv("ROOMREAD_ALERT_SECRET", "s3cret")
    values = load_settings()
    assert [url.get_secret_value() for url in values.alert_urls] == [
        "https://example.org/hooks/t0ken"
    ]
    assert "t0ken" not in repr(values)
    assert "s3cret" not in repr(values)
